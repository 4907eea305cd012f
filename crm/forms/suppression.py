"""Adding to a do-not-contact list, by hand and by file."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django import forms

from accounts.directory import ClientFacts
from accounts.months import start_of_day
from accounts.permissions import Level
from accounts.tenancy import Actor
from crm.forms.moments import DayField
from crm.models import Channel
from crm.services.suppression import Entry
from crm.services.suppression_import import MOST_BYTES
from crm.suppression import STICKY, Kind, Reason, guess, normalised
from crm.suppression_page import AGENCY
from lib.payloads import clean_text
from lib.phones import INTERNATIONAL

BY_HAND = (Reason.MANUAL, Reason.DO_NOT_CONTACT, Reason.UNSUBSCRIBED, Reason.OPTED_OUT, Reason.INVALID,
           Reason.HARD_BOUNCE, Reason.COMPLAINT)  # fmt: skip
WAYS = [(each.value, each.label) for each in Channel if each != Channel.OTHER]


def scopes(actor: Actor, clients: Sequence[ClientFacts]) -> list[tuple[str, str]]:
    """For whom somebody of the agency may stop a person; nothing to choose for a client's own people."""
    if not actor.is_staff:
        return []
    whole = [(AGENCY, "All clients of the agency")] if actor.client_ids is None else []
    return [*whole, *((each.slug, each.name) for each in clients)]


class _Scoped(forms.Form):
    client = forms.ChoiceField(
        label="For whom", error_messages={"invalid_choice": "Choose one of your clients."}
    )

    def __init__(self, *args: Any, actor: Actor, clients: Sequence[ClientFacts], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._ids = {each.slug: each.id for each in clients}
        self._own = clients[0].id if clients and not actor.is_staff else None
        self._regions = {each.id: each.phone_country for each in clients}
        if found := scopes(actor, clients):
            self.fields["client"].choices = found  # type: ignore[attr-defined]
        else:
            del self.fields["client"]

    @property
    def client_id(self) -> UUID | None:
        """None is the whole agency."""
        return self._ids.get(self.cleaned_data["client"]) if "client" in self.fields else self._own

    @property
    def region(self) -> str:
        """In which a number without its country's code was dialled."""
        return self._regions.get(self.client_id, INTERNATIONAL) if self.client_id else INTERNATIONAL


class SuppressForm(_Scoped):
    value = forms.CharField(
        label="Address, number, domain or profile",
        max_length=400,
        help_text="Such as ann@example.com, (512) 555-0148, example.com or linkedin.com/in/ann.",
        error_messages={"required": "Write whom nobody should contact."},
    )
    kind = forms.ChoiceField(label="What it is", choices=[("", "Work it out"), *Kind.choices], required=False)
    reason = forms.ChoiceField(label="Why", choices=[(each.value, each.label) for each in BY_HAND])
    channels = forms.MultipleChoiceField(
        label="Ways of contact",
        choices=WAYS,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="Tick none to stop every way.",
    )
    until = DayField(
        label="Last day", required=False,
        help_text="Leave it empty to stop for good. From the day after, they may be contacted again.",
    )  # fmt: skip
    note = forms.CharField(label="Note", max_length=300, required=False)

    def __init__(
        self,
        *args: Any,
        actor: Actor,
        clients: Sequence[ClientFacts],
        zone: str,
        now: datetime,
        **kwargs: Any,
    ) -> None:
        """Days are days of the client, and of ``zone`` where it is for all. Who could not take a reason away that
        stays for good is not offered it.
        """
        super().__init__(*args, actor=actor, clients=clients, **kwargs)
        self._zone, self._now = zone, now
        self._zones = {each.id: each.timezone for each in clients}
        if not actor.can("suppression.remove", Level.ADMINISTER):
            self.fields["reason"].choices = [  # type: ignore[attr-defined]
                (each.value, each.label) for each in BY_HAND if each not in STICKY
            ]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        given, kind = clean_text(data.get("value", "")), data.get("kind", "")
        if {"value", "kind", "client"} & set(self.errors):
            return data
        if not kind:
            kind, _ = guess(given, self.region)
        if not kind or not normalised(kind, given, self.region):
            self.add_error("value", _unread(given, self.region))
        data["kind"], data["value"] = kind, given
        if self.expires_at and data.get("reason") in STICKY:
            self.add_error("until", "For this reason they are never contacted again. Leave the day empty.")
        elif self.expires_at and self.expires_at <= self._now:
            self.add_error("until", "This day has passed. Choose one that is still to come, or none.")
        return data

    @property
    def expires_at(self) -> datetime | None:
        """When the last day is over; None is for good."""
        last: date | None = self.cleaned_data.get("until")
        zone = self._zones[self.client_id] if self.client_id else self._zone
        return start_of_day(last + timedelta(days=1), zone) if last else None

    @property
    def entry(self) -> Entry:
        data = self.cleaned_data
        return Entry(data["kind"], data["value"], data["reason"], clean_text(data["note"]))


def _unread(given: str, region: str) -> str:
    if region == INTERNATIONAL and sum(each.isdigit() for each in given) > 6 and "@" not in given:
        return (
            "This counts for all your clients, and they need not be in one country: write the number with its "
            "country code, such as +1 512 555 0148."
        )
    return "Write the whole of it, a number with its area code. We can’t read this one."


TOO_LARGE = f"The file is larger than {MOST_BYTES // 1_000_000} MB. Split it and send the parts."


class SuppressFileForm(_Scoped):
    file = forms.FileField(
        label="CSV file",
        help_text="One address, number, domain or profile a line; or columns: kind, value, channels, "
        "reason, note, until (UTC). Numbers for all clients need their country code.",
        error_messages={"required": "Choose a file.", "empty": "The file is empty."},
        widget=forms.FileInput(attrs={"accept": ".csv,text/csv,text/plain"}),
    )

    def clean_file(self) -> bytes:
        file = self.cleaned_data["file"]
        if file.size > MOST_BYTES:
            raise forms.ValidationError(TOO_LARGE)
        raw: bytes = file.read()
        return raw

    def refuse(self, field: str, words: str) -> None:
        """Show ``words`` beside a field of a form whose answer was not read."""
        self.is_bound, self.cleaned_data, self._errors = True, {}, forms.utils.ErrorDict()
        self.add_error(field, words)
