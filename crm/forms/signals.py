"""News about a person or a company, as somebody writes it down."""

from datetime import UTC, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError

from accounts.forms.packages import WordsField
from crm.forms.moments import DayField
from crm.models import Signal

NOON = time(12)  # of a day that is over: nobody remembers the hour


class SignalForm(forms.Form):
    kind = forms.ChoiceField(
        label="Kind", choices=Signal.Kind, error_messages={"invalid_choice": "Choose one of the list."}
    )
    summary = WordsField(
        label="What is new", max_length=500, help_text="Such as: looks for a second hygienist.",
        error_messages={"required": "Say what is new.", "max_length": "Keep it under 500 characters."},
    )  # fmt: skip
    url = forms.URLField(
        label="Where it stands", max_length=500, required=False, assume_scheme="https",
        help_text="The address of the page, if there is one.",
        error_messages={"invalid": "Enter a whole address, such as https://example.com/news."},
    )  # fmt: skip
    day = DayField(label="Since when")

    def __init__(self, data: Any = None, *, now: datetime, zone: str) -> None:
        """``zone`` is the reader's."""
        self._now, self._zone = now, ZoneInfo(zone)
        self._today = now.astimezone(self._zone).date()
        super().__init__(data, initial={"kind": Signal.Kind.OTHER, "day": self._today})

    def clean_day(self) -> datetime:
        """The instant for which the day stands."""
        day = self.cleaned_data["day"]
        if day > self._today:
            raise ValidationError("This day is still to come.")
        if day.year < 2000:
            raise ValidationError("Choose a day since 2000.")
        return self._now if day == self._today else datetime.combine(day, NOON, self._zone).astimezone(UTC)

    @property
    def values(self) -> dict[str, Any]:
        """As the service takes them."""
        told = dict(self.cleaned_data)
        day = told.pop("day")
        return {**told, "occurred_at": day}
