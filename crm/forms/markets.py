from collections.abc import Sequence
from typing import Any

from django import forms

from accounts.directory import ClientFacts
from lib.payloads import clean_text

HOUSE = "all"  # of the agency, for all its clients


class MarketForm(forms.Form):
    field_order = ("whose", "name", "region", "description")
    name = forms.CharField(
        label="Name", max_length=120, error_messages={"required": "Give the market a name."},
        help_text="Such as “Family dentists” or “Roofers after hail”.",
    )  # fmt: skip
    region = forms.CharField(
        label="Region", max_length=120, required=False, help_text="Where it is, if that matters."
    )
    description = forms.CharField(
        label="Description", max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        for name in ("name", "region", "description"):
            if name in data:
                data[name] = clean_text(data[name]).strip()
        if "name" in data and not data["name"]:
            self.add_error("name", "Give the market a name.")
        return data


class NewMarketForm(MarketForm):
    whose = forms.ChoiceField(
        label="Whose campaigns it is for", error_messages={"required": "Choose whose it is.",
                                                           "invalid_choice": "Choose one from the list."},
    )  # fmt: skip

    def __init__(
        self, *args: Any, clients: Sequence[ClientFacts], may_keep_house: bool, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        choices = [(HOUSE, "All clients")] if may_keep_house else []
        choices += [(client.slug, client.name) for client in clients]
        self.fields["whose"].choices = choices  # type: ignore[attr-defined]
