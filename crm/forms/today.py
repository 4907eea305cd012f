"""Putting something of the day's list off, with a reason."""

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms

from crm.forms.calling import LocalTimeField
from crm.forms.moments import DayField
from lib.payloads import clean_text

PASSED = "This has passed. Choose one that is still to come."


class _Reasoned(forms.Form):
    reason = forms.CharField(
        label="Why", max_length=200, error_messages={"required": "Say in a few words why."},
        help_text="It stands in the person’s timeline.",
    )  # fmt: skip

    def clean_reason(self) -> str:
        reason = " ".join(clean_text(self.cleaned_data["reason"]).split())
        if not reason:
            raise forms.ValidationError("Say in a few words why.")
        return reason


class MoveCallbackForm(_Reasoned):
    field_order = ("due_at",)
    due_at = LocalTimeField(
        label="Call back at",
        error_messages={"required": "When instead?", "invalid": "Choose a date and a time."},
    )

    def __init__(self, *args: Any, now: datetime, zone: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._now = now
        self.fields["due_at"].zone = ZoneInfo(zone)  # type: ignore[attr-defined]
        self.fields["due_at"].help_text = f"On their clock ({zone.replace('_', ' ')})."

    def clean_due_at(self) -> datetime:
        at: datetime = self.cleaned_data["due_at"]
        if at <= self._now:
            raise forms.ValidationError(PASSED)
        return at


class PostponeStepForm(_Reasoned):
    field_order = ("day",)
    day = DayField(label="Due on")

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._today = today

    def clean_day(self) -> date:
        day: date = self.cleaned_data["day"]
        if day <= self._today:
            raise forms.ValidationError("Choose a day that is still to come.")
        return day
