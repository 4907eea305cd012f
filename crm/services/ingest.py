"""Calls coming in, from whichever door: one page, one transaction, every call exactly once."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import connection, transaction

from accounts.models import Client
from crm.models import Activity, Call, CallClassification, CallTag, ClassificationPolicy, Lead
from crm.providers.records import CallRecord
from crm.services.judging import judge_by_machine, machine_verdict
from crm.services.matching import LeadBook
from crm.services.reconciling import Reading, reconcile_rating
from crm.services.sequences import count_sequences
from crm.services.statuses import refresh_status
from crm.services.tags import named_tags
from crm.services.timeline import contact_line, tell_all
from integrations.models import WriteLog
from integrations.services import outbox

CALL_ARRIVED = "crm.call_arrived"
CALL_JUDGED = "crm.call_judged"
NEWS_FOR = timedelta(hours=24)  # older calls arrive by back-fill: they are history, not news

COPIED = (
    "external_sid", "kind", "direction", "from_number", "from_e164", "to_number", "tracking_label", "caller_name",
    "started_at", "duration_seconds", "talk_seconds", "status", "answered", "vendor_source", "recording_url",
    "transcript", "notes", "redacted", "raw", "content_hash",
)  # fmt: skip
LATE = ("recording_url", "transcript")
UPDATED = (
    *COPIED, "lead", "transcript_turns", "rating", "rating_by", "rated_at", "ctm_rating", "category", "category_by",
    "summary", "ai_summary", "updated_at",
)  # fmt: skip


@dataclass
class Ingested:
    fresh: list[Call] = field(default_factory=list)
    changed: list[Call] = field(default_factory=list)
    unchanged: int = 0
    judged: list[Call] = field(default_factory=list)  # those whose category is not what it was
    verdicts: list[CallClassification] = field(default_factory=list)
    history: list[Activity] = field(default_factory=list)

    @property
    def calls(self) -> list[Call]:
        return [*self.fresh, *self.changed]


@transaction.atomic
def ingest_calls(
    *,
    client: Client,
    records: Sequence[CallRecord],
    reading: Reading,
    now: datetime,
    source: Call.Source = Call.Source.CTM,
) -> Ingested:
    """Write ``records`` of one client and one ``source``: each call once, however often
    and in whatever order it is seen.

    Ingests of one client wait for each other, so that two first calls of one stranger make one lead. News is
    published for fresh calls, in the same transaction.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"ingest:{client.pk}"])
    latest = {record.external_id: record for record in records}
    known = _known_calls(client, source, latest)
    held = {call.lead_id for call in known.values() if call.lead_id}
    book = LeadBook(client, latest.values(), held, Lead.Source(source.value))
    writes = _rating_writes(client, latest)
    policy = ClassificationPolicy.objects.for_client(client).first()
    result = Ingested()
    for external_id, record in latest.items():
        call = known.get(external_id)
        if call is not None and (
            _is_unchanged(record, call) or _is_older(record, call) or book.is_erased(call.lead_id)
        ):
            result.unchanged += 1
            continue
        settled = True
        if call is None:
            call = _new_call(client, source, record)
            result.fresh.append(call)
        else:
            history, settled = reconcile_rating(
                call, record.rating, writes.get(external_id, []), reading, now
            )
            result.history += history
            result.changed.append(call)
        _copy(record, call)
        if not settled:
            call.content_hash = ""  # so that the next reading looks again
        _judge(call, record, book, auto_star=policy.auto_star_enabled if policy else True, result=result)
        call.updated_at = now
    _save(result, book)
    _tag(client, result.calls, latest)
    numbers = [call.from_e164 for call in result.calls]
    count_sequences(agency_id=client.agency_id, client_id=client.pk, numbers=numbers)
    refresh_status(agency_id=client.agency_id, lead_ids=(call.lead_id for call in result.calls))
    _publish(result, now)
    return result


def _new_call(client: Client, source: Call.Source, record: CallRecord) -> Call:
    return Call(
        agency_id=client.agency_id,
        client_id=client.pk,
        source=source,
        external_id=record.external_id,
        rating=record.rating,
        ctm_rating=record.rating,
        rating_by="ctm" if record.rating else "",
    )


def _judge(call: Call, record: CallRecord, book: LeadBook, *, auto_star: bool, result: Ingested) -> None:
    was, had_lead = call.category, call.lead_id is not None
    call.lead = book.lead_for(record, call.lead_id)
    if call.lead and not had_lead:
        result.history.append(contact_line(call))
    verdict = machine_verdict(record, is_known=book.knew(call.lead), previous_calls=book.calls_before(record))
    if said := judge_by_machine(call, verdict, auto_star=auto_star):
        result.verdicts.append(said)
    if call.category != was:
        result.judged.append(call)


def _save(result: Ingested, book: LeadBook) -> None:
    book.save()
    Call.unscoped.bulk_create(result.fresh)
    Call.unscoped.bulk_update(result.changed, UPDATED, batch_size=100)
    CallClassification.unscoped.bulk_create(result.verdicts)
    tell_all(result.history)


def _publish(result: Ingested, now: datetime) -> None:
    """Tell of calls that are new, and of those whose category became another when more of them was known."""
    told = [(CALL_ARRIVED, call) for call in result.fresh]
    told += [(CALL_JUDGED, call) for call in result.judged if call not in result.fresh]
    for topic, call in told:
        if now - call.started_at < NEWS_FOR:
            outbox.publish(topic=topic, agency_id=call.agency_id, client_id=call.client_id,
                           payload={"call_id": str(call.pk)}, now=now)  # fmt: skip


def _known_calls(client: Client, source: Call.Source, external_ids: Iterable[str]) -> dict[str, Call]:
    rows = Call.objects.for_client(client).filter(source=source, external_id__in=list(external_ids))
    return {call.external_id: call for call in rows.defer("raw").select_for_update(of=("self",))}


def _is_unchanged(record: CallRecord, call: Call) -> bool:
    """The stars count apart: ours may have been written there, and taken back, since these words were last seen."""
    return call.content_hash == record.content_hash and call.ctm_rating == record.rating


def _is_older(record: CallRecord, call: Call) -> bool:
    """A start event that comes after the end event must not take the ending back."""
    over = call.status not in ("", "in-progress", "ringing", "queued")
    return (
        over
        and record.status in ("in-progress", "ringing", "queued")
        and record.duration_seconds <= call.duration_seconds
    )


def _rating_writes(client: Client, external_ids: Iterable[str]) -> dict[str, list[WriteLog]]:
    rows = WriteLog.objects.for_client(client).filter(
        provider="ctm", field="rating", external_id__in=list(external_ids)
    )
    writes: dict[str, list[WriteLog]] = {}
    for row in rows.order_by("created_at", "pk"):
        writes.setdefault(row.external_id, []).append(row)
    return writes


def _copy(record: CallRecord, call: Call) -> None:
    """Take over what CTM says. What came late stays when an older delivery does not have it yet."""
    arrived = {} if record.redacted else {name: getattr(call, name) for name in LATE}
    for name in COPIED:
        setattr(call, name, getattr(record, name) or arrived.get(name) or getattr(record, name))
    if record.transcript or record.redacted:
        call.transcript_turns = [
            {"speaker": turn.speaker, "text": turn.text, "start_s": turn.start_s} for turn in record.turns
        ]
    if record.message_body and not call.transcript:
        call.transcript = record.message_body


def _tag(client: Client, calls: Sequence[Call], records: dict[str, CallRecord]) -> None:
    """Give calls the tags that CTM shows. Tags are added, never taken away: people of ours may have set them."""
    wanted = [(call, name) for call in calls for name in records[call.external_id].tags]
    if not wanted:
        return
    names = [name for _, name in wanted]
    tags = named_tags(agency_id=client.agency_id, client_id=client.pk, names=names)
    CallTag.unscoped.bulk_create(
        (
            CallTag(agency_id=client.agency_id, client_id=client.pk, call=call, tag=tags[name.casefold()])
            for call, name in wanted
        ),
        ignore_conflicts=True,
    )
