"""Forms about a client's connections to providers of calls. Secrets are never sent back to the browser."""

import re
from datetime import date, timedelta
from typing import Any

from django import forms

from crm.forms.moments import DayField
from crm.services.ghl_connect import GHLKeys

LONGEST_BACKFILL = timedelta(days=366)


class GHLForm(forms.Form):
    location_id = forms.CharField(
        label="Location id",
        max_length=60,
        help_text="In GoHighLevel under Settings, Business profile; also in the address bar, after /location/.",
        error_messages={
            "required": "Enter the location id.",
            "max_length": "That is longer than any location id.",
        },
    )
    token = forms.CharField(
        label="Private integration token",
        max_length=200,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text=(
            "In GoHighLevel under Settings, Private integrations. "
            "Let it view conversations, messages, contacts and locations."
        ),
        error_messages={"required": "Enter the token.", "max_length": "That is longer than any token."},
    )

    def clean_location_id(self) -> str:
        given: str = self.cleaned_data["location_id"].strip()
        if not re.fullmatch(r"[\w-]+", given, re.ASCII):
            raise forms.ValidationError("A location id is made of letters and digits alone.")
        return given

    def clean_token(self) -> str:
        given: str = self.cleaned_data["token"].strip()
        if not re.fullmatch(r"[!-~]+", given):  # it travels in a header
            raise forms.ValidationError("A token has no spaces or special letters. Copy it once more.")
        return given

    @property
    def keys(self) -> GHLKeys:
        return GHLKeys(self.cleaned_data["location_id"], self.cleaned_data["token"])


class BackFillForm(forms.Form):
    """Days to read again. ``today`` is that of the client."""

    source = forms.ChoiceField(
        label="From", error_messages={"invalid_choice": "Choose one of the connections in the list."}
    )
    first = DayField(label="First day")
    last = DayField(label="Last day")

    def __init__(self, *args: Any, sources: list[tuple[str, str]], today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["source"].choices = sources  # type: ignore[attr-defined]
        self._today = today

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        first, last = data.get("first"), data.get("last")
        if last and last > self._today:
            self.add_error("last", "That day has not come yet.")
        elif first and last and first > last:
            self.add_error("last", "The last day comes before the first one.")
        elif first and last and last - first > LONGEST_BACKFILL:
            self.add_error("first", "Read at most a year at once, and the rest after it.")
        return data
