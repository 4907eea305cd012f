"""How a list was opened: by which saved view, and whether the address has left it since."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlencode
from uuid import UUID

from accounts.tenancy import Actor
from crm.in_address import ALL, InAddress
from crm.models import SavedView
from crm.services.saved_views import default_view, find_view, may_change, query_of, views_of

Parse = Callable[[Mapping[str, str]], InAddress]


@dataclass(frozen=True, slots=True)
class Opened:
    resource: str
    path: str
    view: SavedView | None
    chosen: InAddress
    modified: bool
    may_save: bool

    @property
    def reset_url(self) -> str:
        return address_of(self.view, self.path) if self.view else self.path

    @property
    def name(self) -> str:
        return self.view.name if self.view else ""


def address_of(view: SavedView, path: str) -> str:
    return f"{path}?{urlencode({'view': view.pk, **query_of(view)})}"


def opened(actor: Actor, resource: str, path: str, chosen: InAddress, parse: Parse) -> Opened:
    """A view that is gone, or was never the reader's, is as if it had not been named."""
    view = None
    if chosen.view and chosen.view != ALL:
        try:
            view = find_view(actor, UUID(chosen.view))
        except SavedView.DoesNotExist:
            chosen = chosen.with_(view="")
    modified = view is not None and parse(query_of(view)).kept != chosen.kept
    may_save = view is not None and may_change(actor, view)
    return Opened(resource, path, view, chosen, modified, may_save)


def default_address(actor: Actor, resource: str, path: str) -> str:
    """Where a list that is opened without a query begins for this person, "" where it simply begins."""
    view = default_view(actor, resource)
    return address_of(view, path) if view else ""


@dataclass(frozen=True, slots=True)
class Offered:
    view: SavedView
    url: str
    may_change: bool
    is_own: bool
    begins: bool  # whether the reader's list begins with it


def offered_views(actor: Actor, resource: str, path: str, parse: Parse) -> list[Offered]:
    """The views to choose among; not those of a client that the reader does not see."""
    first = default_view(actor, resource)
    return [
        Offered(
            each,
            address_of(each, path),
            may_change(actor, each),
            each.owner_id == actor.user_id,
            begins=first is not None and first.pk == each.pk,
        )
        for each in views_of(actor, resource)
        if parse(query_of(each)).params.get("client", "") == each.filters.get("client", "")
    ]
