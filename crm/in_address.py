"""What filters of lists share: the address of the page holds the whole of them."""

from dataclasses import dataclass, replace
from typing import Any, Self
from urllib.parse import urlencode
from uuid import UUID

from crm.paging import Place

LONGEST = 100
ALL = "all"  # the view that narrows nothing: the list as it is, whatever one's list begins with


def one_line(text: str) -> str:
    """What somebody typed into a search box, without what no box can hold."""
    return " ".join(text.replace("\x00", "").split())[:LONGEST]


def view_of(text: str) -> str:
    if text == ALL:
        return text
    try:
        return str(UUID(text))
    except ValueError:
        return ""


@dataclass(frozen=True, slots=True)
class InAddress:
    """A filter that can be written into an address and read from one. What means nothing is left out of both."""

    view: str = ""  # the saved view it was opened by: its id, "all" or nothing

    @property
    def kept(self) -> dict[str, str]:
        """What a saved view keeps of it."""
        raise NotImplementedError

    @property
    def params(self) -> dict[str, str]:
        return {"view": self.view, **self.kept} if self.view else self.kept

    @property
    def query(self) -> str:
        """``?client=…`` or nothing."""
        return f"?{urlencode(self.params)}" if self.params else ""

    def address(self, path: str, **place: Place) -> str:
        """``path`` with this filter, at ``before=…`` or ``after=…``."""
        return f"{path}?{urlencode({**self.params, **place})}"

    def with_(self, **changes: Any) -> Self:
        return replace(self, **changes)
