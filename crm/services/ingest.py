"""Calls coming in, from whichever door: one page, one transaction, every call exactly once."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection, transaction

from accounts.models import Client
from crm.models import Activity, Call, CallClassification, CallTag, ClassificationPolicy, Tag
from crm.providers.ctm.records import CallRecord
from crm.services.judging import adopt_ctm_rating, judge_by_machine, machine_verdict
from crm.services.matching import LeadBook
from integrations.models import WriteLog
from integrations.services import outbox

CALL_ARRIVED = "crm.call_arrived"
NEWS_FOR = timedelta(hours=24)  # older calls arrive by back-fill: they are history, not news
ECHO_FOR = timedelta(minutes=15)

COPIED = (
    "external_sid", "kind", "direction", "from_number", "from_e164", "to_number", "tracking_label", "caller_name",
    "started_at", "duration_seconds", "talk_seconds", "status", "answered", "vendor_source", "recording_url",
    "transcript", "notes", "redacted", "raw", "content_hash",
)  # fmt: skip
UPDATED = (
    *COPIED, "lead", "transcript_turns", "rating", "rating_by", "rated_at", "ctm_rating", "category", "category_by",
    "summary", "ai_summary", "updated_at",
)  # fmt: skip


@dataclass
class Ingested:
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    calls: list[Call] = field(default_factory=list)  # created or updated


@transaction.atomic
def ingest_calls(
    *, client: Client, records: Sequence[CallRecord], read_at: datetime, now: datetime
) -> Ingested:
    """Write ``records`` of one client: each call once, however often and in whatever order it is seen.

    ``read_at`` is when we began to read from the vendor: stars that a person of ours gave since then are newer than
    what the page says. Ingests of one client wait for each other, so that two first calls of one stranger make
    one lead. News is published for fresh calls, in the same transaction.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"ingest:{client.pk}"])
    latest = {record.external_id: record for record in records}
    known = _known_calls(client, latest)
    book = LeadBook(client, latest.values())
    writes = _rating_writes(client, latest)
    policy = ClassificationPolicy.objects.for_client(client).first()
    auto_star = policy.auto_star_enabled if policy else True
    result, verdicts, history = Ingested(), [], []
    fresh: list[Call] = []
    for external_id, record in latest.items():
        call = known.get(external_id)
        if call is not None and (call.content_hash == record.content_hash or _is_older(record, call)):
            result.unchanged += 1
            continue
        if call is None:
            call = Call(
                agency_id=client.agency_id,
                client_id=client.pk,
                source=Call.Source.CTM,
                external_id=external_id,
            )
            call.rating = call.ctm_rating = record.rating
            call.rating_by = "ctm" if record.rating else ""
            fresh.append(call)
        else:
            history += _reconcile_rating(call, record, writes.get(external_id, []), read_at, now)
        _copy(record, call)
        call.lead = book.lead_for(record) or call.lead
        verdict = machine_verdict(
            record, is_known=book.knew(record), previous_calls=book.calls_before(record)
        )
        if said := judge_by_machine(call, verdict, auto_star=auto_star):
            verdicts.append(said)
        call.updated_at = now
        result.calls.append(call)
    book.save()
    Call.unscoped.bulk_create(fresh)
    changed = [call for call in result.calls if call.external_id in known]
    Call.unscoped.bulk_update(changed, UPDATED, batch_size=100)
    CallClassification.unscoped.bulk_create(verdicts)
    Activity.unscoped.bulk_create(history)
    _tag(client, result.calls, latest)
    _count_sequences(client, {call.from_e164 for call in result.calls if call.from_e164})
    for call in fresh:
        if now - call.started_at < NEWS_FOR:
            outbox.publish(topic=CALL_ARRIVED, agency_id=client.agency_id, client_id=client.pk,
                           payload={"call_id": str(call.pk)}, now=now)  # fmt: skip
    result.created, result.updated = len(fresh), len(changed)
    return result


def _known_calls(client: Client, external_ids: Iterable[str]) -> dict[str, Call]:
    rows = Call.objects.for_client(client).filter(source=Call.Source.CTM, external_id__in=list(external_ids))
    return {call.external_id: call for call in rows.defer("raw").select_for_update(of=("self",))}


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


def _reconcile_rating(
    call: Call, record: CallRecord, writes: list[WriteLog], read_at: datetime, now: datetime
) -> list[Activity]:
    """Decide between our stars and CTM's. The later change wins; the other value stays in the history."""
    theirs, before = record.rating, call.ctm_rating
    call.ctm_rating = theirs
    if theirs == before or theirs == call.rating:
        return []
    ours_waits = any(write.status == WriteLog.Status.PENDING for write in writes)
    ours_is_later = bool(call.rating_by == "human" and call.rated_at and call.rated_at >= read_at)
    old_echo = any(w.value == theirs and w.sent_at and now - w.sent_at < ECHO_FOR for w in writes)
    if ours_waits or ours_is_later or old_echo:
        if old_echo:
            return []
        return [_rated(call, now, {"kept": call.rating, "ctm": theirs})]
    event = _rated(call, now, {"from": call.rating, "to": theirs, "by": "ctm"})
    adopt_ctm_rating(call, theirs, now)
    return [event]


def _rated(call: Call, now: datetime, metadata: dict[str, object]) -> Activity:
    return Activity(
        agency_id=call.agency_id,
        client_id=call.client_id,
        lead_id=call.lead_id,
        call=call,
        action="rating_changed",
        metadata=metadata,
        occurred_at=now,
    )


def _copy(record: CallRecord, call: Call) -> None:
    for name in COPIED:
        setattr(call, name, getattr(record, name))
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
    tags = {tag.name.casefold(): tag for tag in Tag.objects.for_client(client)}
    missing = {name.casefold(): name for _, name in wanted if name.casefold() not in tags}
    for name in missing.values():
        tag = Tag(agency_id=client.agency_id, client_id=client.pk, name=name)
        tag.save()
        tags[name.casefold()] = tag
    CallTag.unscoped.bulk_create(
        (
            CallTag(agency_id=client.agency_id, client_id=client.pk, call=call, tag=tags[name.casefold()])
            for call, name in wanted
        ),
        ignore_conflicts=True,
    )


SEQUENCES = """
UPDATE crm_call AS c SET call_sequence = s.n, caller_type = s.type
FROM (
  SELECT id, n, CASE WHEN bought THEN 'returning_customer' WHEN n > 1 THEN 'repeat' ELSE 'new' END AS type
  FROM (
    SELECT id, row_number() OVER w AS n,
      coalesce(bool_or(category = 'converted')
        OVER (w ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), false) AS bought
    FROM crm_call WHERE agency_id = %s AND client_id = %s AND from_e164 = ANY(%s)
    WINDOW w AS (PARTITION BY from_e164 ORDER BY started_at, id)
  ) AS counted
) AS s
WHERE c.id = s.id AND c.agency_id = %s AND (c.call_sequence, c.caller_type) IS DISTINCT FROM (s.n, s.type)
"""


def _count_sequences(client: Client, numbers: set[str]) -> None:
    """Number the calls of each caller anew: late arrivals move the later ones along."""
    if numbers:
        with connection.cursor() as cursor:
            cursor.execute(SEQUENCES, [client.agency_id, client.pk, sorted(numbers), client.agency_id])


def recount_caller(*, agency_id: UUID, client_id: UUID, from_e164: str) -> None:
    """Number one caller's calls anew, after a person changed what an earlier call was."""
    if from_e164:
        with connection.cursor() as cursor:
            cursor.execute(SEQUENCES, [agency_id, client_id, [from_e164], agency_id])
