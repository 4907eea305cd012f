"""Which lead a call belongs to. Identity goes by e-mail address first, then by number."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db.models import Count, Q
from django.db.models.functions import Lower
from django.utils import timezone

from accounts.models import Client
from crm.models import Call, Lead
from crm.providers.records import CallRecord
from crm.services.merged_away import kept_people

NO_NAMES = {
    "wireless caller",
    "unavailable",
    "unknown",
    "anonymous",
    "unknown caller",
    "toll free call",
    "restricted",
}


FILLED = (
    "first_name", "last_name", "display_name", "phone", "phone_e164", "email", "city", "state", "last_call_at",
)  # fmt: skip


class LeadBook:
    """The leads that one page of calls touches: looked up in two queries, written in two."""

    def __init__(
        self,
        client: Client,
        records: Iterable[CallRecord],
        held: Iterable[UUID] = (),
        source: Lead.Source = Lead.Source.CTM,
    ) -> None:
        """``held`` are leads that calls of the page have already: they keep them, archived or not. ``source`` is
        that of people met for the first time.
        """
        records = list(records)
        numbers = {record.from_e164 for record in records if record.from_e164}
        emails = {record.email for record in records if record.email}
        self._client = client
        self._source = source
        self._by_number: dict[str, Lead] = {}
        self._by_email: dict[str, Lead] = {}
        known = Lead.objects.for_client(client).annotate(address=Lower("email"))
        active = Q(archived_at=None) & (Q(phone_e164__in=numbers) | Q(address__in=emails))
        merged = kept_people(
            agency_id=client.agency_id, client_id=client.pk, asked={"phone_e164": numbers, "email": emails}
        )
        also = {*held, *merged["phone_e164"].values(), *merged["email"].values()}
        found = known.filter(active | Q(pk__in=also)).order_by("created_at", "pk")
        self._old = {lead.pk: lead for lead in found.select_for_update(of=("self",))}
        for lead in self._old.values():
            if lead.archived_at is None:
                self._learn(lead)
        # Whoever has it now comes before whoever took it over.
        for known_by, taken in ((self._by_number, merged["phone_e164"]), (self._by_email, merged["email"])):
            for value, kept in taken.items():
                known_by.setdefault(value, self._old[kept])
        counted = Call.objects.for_client(client).filter(from_e164__in=numbers).values_list("from_e164")
        self._calls = dict(counted.annotate(Count("pk")))
        self._changed: dict[UUID, Lead] = {}

    def lead_for(self, record: CallRecord, held: UUID | None = None) -> Lead | None:
        """The lead of ``record``, made when there is none; None for a caller who left neither number nor address."""
        if not held and not record.from_e164 and not record.email:
            return None
        lead = self._old[held] if held in self._old else self._find(record)
        if lead is None:
            lead = Lead(agency_id=self._client.agency_id, client_id=self._client.pk, source=self._source)
        before = [getattr(lead, name) for name in FILLED]
        self._fill(lead, record)
        if before != [getattr(lead, name) for name in FILLED]:
            self._changed[lead.pk] = lead
            if lead.archived_at is None:
                self._learn(lead)
        return lead

    def knew(self, lead: Lead | None) -> bool:
        """Whether ``lead`` was there before this page."""
        return lead is not None and lead.pk in self._old

    def is_erased(self, lead_id: UUID | None) -> bool:
        """Whether what is known of the person was destroyed, so that nothing of theirs may be written again."""
        return lead_id in self._old and self._old[lead_id].erased_at is not None

    def calls_before(self, record: CallRecord) -> int:
        return int(self._calls.get(record.from_e164, 0))

    def save(self) -> None:
        Lead.unscoped.bulk_create(lead for pk, lead in self._changed.items() if pk not in self._old)
        old = [lead for pk, lead in self._changed.items() if pk in self._old]
        for lead in old:
            lead.updated_at = timezone.now()
        Lead.unscoped.bulk_update(old, (*FILLED, "updated_at"))

    def _find(self, record: CallRecord) -> Lead | None:
        if lead := self._by_email.get(record.email):
            return lead
        lead = self._by_number.get(record.from_e164)
        # Families and front desks share numbers: another address is another person.
        return lead if lead and not (record.email and lead.email) else None

    def _learn(self, lead: Lead) -> None:
        if lead.phone_e164:
            self._by_number.setdefault(lead.phone_e164, lead)
        if lead.email:
            self._by_email.setdefault(lead.email.lower(), lead)

    def _fill(self, lead: Lead, record: CallRecord) -> None:
        """Blanks are filled; what is known is never overwritten by a call."""
        name = "" if record.caller_name.casefold() in NO_NAMES else record.caller_name
        if name and not lead.display_name:
            lead.display_name = name
            lead.first_name, _, lead.last_name = (part[:100] for part in name.partition(" "))
        if record.from_e164 and not lead.phone_e164:
            lead.phone, lead.phone_e164 = record.from_number, record.from_e164
        if record.email and not lead.email and record.email not in self._by_email:
            lead.email = record.email
        lead.city, lead.state = lead.city or record.city, lead.state or record.state
        lead.last_call_at = _later(lead.last_call_at, record.started_at)


def _later(one: datetime | None, other: datetime) -> datetime:
    return other if one is None or other > one else one
