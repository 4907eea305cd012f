"""Forms that remember what they showed, so that nobody's change is overwritten unseen (`crm.editing`)."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from django import forms

from crm.editing import EditConflict


class SeenForm(forms.Form):
    """``seen`` is what the form showed at first, by field, as text."""

    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    @property
    def seen_values(self) -> dict[str, str]:
        """Whatever cannot be read is nothing: then every difference counts as another's."""
        try:
            told = json.loads(str(self.data.get("seen", "")) or "{}")
        except ValueError:
            return {}
        return {str(name): str(value) for name, value in told.items()} if isinstance(told, dict) else {}

    def is_untouched(self, name: str) -> bool:
        """Whether the field says what it showed: it is not written then, and what stands there may stand."""
        return name in self.seen_values and self._typed(name) == _plain(self.seen_values[name])

    def renewed(self, theirs: Mapping[str, str], current: Mapping[str, str]) -> dict[str, Any]:
        """The data to show again after others' changes: what was typed here, and theirs where nothing was typed."""
        typed, seen = {name: self.data[name] for name in self.data}, self.seen_values
        news = {
            name: text
            for name, text in current.items()
            if name not in theirs and self._typed(name) == _plain(seen.get(name, ""))
        }
        return {**typed, **news, "seen": json.dumps(dict(current))}

    def _typed(self, name: str) -> str:
        return _plain(str(self.data.get(name, "")))


def _plain(text: str) -> str:
    """As a browser sends the end of a line, and as everybody else writes it, is one."""
    return text.replace("\r\n", "\n")


def say_conflict(
    form: forms.Form, conflict: EditConflict, words: Callable[[str, str], str] = lambda _, text: text
) -> None:
    """Say beside each field what others made of it. ``words`` tells a value as a reader knows it."""
    form.is_valid()
    for name, theirs in conflict.theirs.items():
        stands = f"“{words(name, theirs)[:120]}”" if theirs else "nothing"
        form.add_error(
            name,
            f"Somebody changed this while you were typing: it says {stands} now. Save again to use yours instead.",
        )
