"""Writing a call down, and saying how it ended."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django import forms

from accounts.mail_addresses import clean_address
from crm.dispositions import CALLBACK_REQUESTED, CHOICES
from crm.models import Call
from crm.services.calling import Told
from crm.services.disposing import Choice, Refused
from lib.payloads import clean_text

LOCAL = "%Y-%m-%dT%H:%M"
MOST_MINUTES = 24 * 60
AHEAD = timedelta(minutes=5)  # clocks differ


class LocalTimeField(forms.DateTimeField):
    """An instant, typed as the wall clock of a zone, which the form sets before use."""

    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format=LOCAL)
    zone: ZoneInfo = ZoneInfo("UTC")

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(input_formats=[LOCAL, "%Y-%m-%dT%H:%M:%S"], **kwargs)

    def prepare_value(self, value: Any) -> Any:
        return value.astimezone(self.zone).strftime(LOCAL) if isinstance(value, datetime) else value

    def to_python(self, value: Any) -> datetime | None:
        if not value:
            return None
        try:
            naive = super().to_python(value)
        except forms.ValidationError:
            raise forms.ValidationError(self.error_messages["invalid"]) from None
        if naive is None:
            return None
        local = naive.replace(tzinfo=self.zone)
        back = datetime.fromtimestamp(local.timestamp(), self.zone)
        if back.replace(tzinfo=None) != naive.replace(tzinfo=None):
            raise forms.ValidationError(
                "The clocks go forward that night, and this time does not exist. Choose another."
            )
        return local


class DispositionForm(forms.Form):
    """How a call ended. Which of the other fields count depends on it."""

    disposition = forms.ChoiceField(
        label="How it ended", choices=[("", "Not said"), *CHOICES], required=False,
        error_messages={"invalid_choice": "Choose one of the nine."},
    )  # fmt: skip
    callback_at = LocalTimeField(
        label="Call back at", required=False, error_messages={"invalid": "Choose a date and a time."}
    )
    callback_for = forms.TypedChoiceField(
        label="Who calls back", coerce=UUID, empty_value=None, required=False
    )
    callback_note = forms.CharField(label="About what", max_length=500, required=False)
    booked_elsewhere = forms.CharField(
        label="Where the meeting is booked", max_length=200, required=False,
        help_text="Such as “Practice calendar, Tuesday 3 PM”.",
    )  # fmt: skip

    def __init__(
        self, *args: Any, now: datetime, callee_zone: str, colleagues: Mapping[UUID, str], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self._now = now
        self.fields["callback_at"].zone = ZoneInfo(callee_zone)  # type: ignore[attr-defined]
        self.fields["callback_at"].help_text = f"On their clock ({callee_zone.replace('_', ' ')})."
        self.fields["callback_for"].choices = [("", "Me"), *colleagues.items()]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if not self.errors:
            try:
                self.choice.check(self._now)
            except Refused as refused:
                self.add_error(refused.field, str(refused))
        return data

    @property
    def choice(self) -> Choice:
        data = self.cleaned_data
        words = data.get("disposition", "")
        if words != CALLBACK_REQUESTED:
            return Choice(words, booked_elsewhere=clean_text(data.get("booked_elsewhere", "")))
        return Choice(
            words,
            data.get("callback_at"),
            clean_text(data.get("callback_note", "")),
            data.get("callback_for"),
        )


class CallForm(DispositionForm):
    """``person`` True asks for whom it was with: the call is logged from nowhere."""

    field_order = (
        "name", "phone", "email", "direction", "started_at", "called_by", "minutes", "seconds", "notes"
    )  # fmt: skip

    name = forms.CharField(label="Name", max_length=200, required=False)
    phone = forms.CharField(label="Their number", max_length=40, required=False)
    email = forms.CharField(label="E-mail", max_length=254, required=False)
    direction = forms.ChoiceField(
        label="Who called whom", widget=forms.RadioSelect, initial=Call.Direction.OUTBOUND,
        choices=[(Call.Direction.OUTBOUND, "We called them"), (Call.Direction.INBOUND, "They called us")],
    )  # fmt: skip
    started_at = LocalTimeField(
        label="When",
        error_messages={"required": "When was the call?", "invalid": "Choose a date and a time."},
    )
    minutes = forms.IntegerField(
        label="Minutes", min_value=0, max_value=MOST_MINUTES, required=False, initial=0
    )
    seconds = forms.IntegerField(label="Seconds", min_value=0, max_value=59, required=False, initial=0)
    called_by = forms.TypedChoiceField(
        label="Who was on the phone for us", coerce=UUID, empty_value=None, required=False
    )
    notes = forms.CharField(
        label="Notes", max_length=10_000, required=False, widget=forms.Textarea(attrs={"rows": 4})
    )

    def __init__(self, *args: Any, zone: str, person: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._asks_who = person
        self.fields["started_at"].zone = ZoneInfo(zone)  # type: ignore[attr-defined]
        self.fields["started_at"].help_text = f"On your clock ({zone.replace('_', ' ')})."
        self.fields["called_by"].choices = self.fields["callback_for"].choices  # type: ignore[attr-defined]
        if not person:
            del self.fields["name"], self.fields["email"]

    def clean_email(self) -> str:
        return clean_address(self.cleaned_data["email"]) if self.cleaned_data["email"] else ""

    def clean_started_at(self) -> datetime:
        at: datetime = self.cleaned_data["started_at"]
        if at > self._now + AHEAD:
            raise forms.ValidationError("This is still to come. When was the call?")
        return at

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        if (
            self._asks_who
            and not any(data.get(name) for name in ("name", "phone", "email"))
            and not self.errors
        ):
            self.add_error("phone", "Write a number, a name or an address, so that we know who it was.")
        return data

    def told(self, caller: UUID | None) -> Told:
        data = self.cleaned_data
        return Told(
            direction=data["direction"],
            phone=clean_text(data["phone"]).strip(),
            started_at=data["started_at"],
            duration_seconds=(data["minutes"] or 0) * 60 + (data["seconds"] or 0),
            called_by=data["called_by"] or caller,
            notes=clean_text(data["notes"]).strip(),
            name=" ".join(clean_text(data.get("name", "")).split()),
            email=data.get("email", ""),
        )
