"""What waits for one person today, read from everywhere it may wait: promises, journeys, calls nobody opened, meetings.

Each source is asked for the few that come first, through the same doors as its own pages: what those would not show
this reader is not here either.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Q

from accounts.tenancy import Actor
from crm import today_words as words
from crm.models import Call, Callback, Journey, JourneyStep, Lead
from crm.presenting import caller_name
from crm.services.queue import PROMISE_KEPT_FOR
from crm.today import Kind, Part, merged

AHEAD = timedelta(days=7)
MEETINGS_STAY = timedelta(
    days=7
)  # what was booked elsewhere has no date of its own, and leaves the list by itself
MOST = 40  # of each source
MOST_UNREAD = 5
COUNTED = 100
NOBODY = UUID(int=0)


@dataclass(frozen=True, slots=True)
class Row:
    kind: Kind
    id: UUID
    at: datetime
    name: str  # of the person
    why: str
    client_id: UUID
    lead: Lead | None
    about: Any  # the row itself, for the addresses of what may be done
    to_call: bool = False
    whole_day: bool = False
    zone: str = "UTC"


@dataclass(frozen=True, slots=True)
class Day:
    parts: list[Part[Row]]
    more_unread: int  # beyond those that are shown; as many as `COUNTED` stands for that and more
    cut: bool  # of some source not all are here

    @property
    def rows(self) -> list[Row]:
        return [row for part in self.parts for row in part.rows]

    @property
    def unread(self) -> list[Row]:
        return [row for row in self.rows if row.kind == Kind.UNREAD]


@dataclass(frozen=True, slots=True)
class Reader:
    """``me``: who acts, or in whose name they do."""

    actor: Actor
    zone: str
    now: datetime

    @property
    def me(self) -> UUID:
        return self.actor.on_behalf_of or self.actor.user_id or NOBODY

    @property
    def today(self) -> Any:
        return self.now.astimezone(ZoneInfo(self.zone)).date()

    def local(self, moment: datetime) -> datetime:
        return moment.astimezone(ZoneInfo(self.zone))


def day_of(actor: Actor, *, zone: str, now: datetime) -> Day:
    """``zone`` is the reader's. What a source has too much of is cut off at its end."""
    reader = Reader(actor, zone, now)
    unread, waiting = _unread(reader)
    sources = [_promises(reader), _left(reader), *_journeys(reader), _meetings(reader)]
    parts = merged([unread, *(source[:MOST] for source in sources)], now, zone)
    return Day(parts, max(0, waiting - len(unread)), any(len(source) > MOST for source in sources))


def _promises(reader: Reader) -> list[Row]:
    rows = Callback.objects.for_actor(reader.actor).filter(assigned_to=reader.me)
    return [_callback(reader, each, "") for each in _open(rows, reader)]


def _left(reader: Reader) -> list[Row]:
    """What others promised to the reader's leads, when its time is long over."""
    rows = Callback.objects.for_actor(reader.actor).left_to(reader.me, reader.now - PROMISE_KEPT_FOR)
    found = _open(rows.select_related("assigned_to"), reader)
    return [
        _callback(reader, each, each.assigned_to.name if each.assigned_to else "Somebody") for each in found
    ]


def _open(rows: Any, reader: Reader) -> Iterable[Callback]:
    soon = rows.open().of_reachable().filter(due_at__lt=reader.now + AHEAD).soonest_first()
    found: Iterable[Callback] = soon.select_related("lead")[: MOST + 1]
    return found


def _callback(reader: Reader, each: Callback, by: str) -> Row:
    why = words.promised(reader.local(each.due_at), reader.today, there=each.due_there, by=by, note=each.note)
    return Row(
        Kind.CALLBACK,
        each.pk,
        each.due_at,
        each.lead.name,
        why,
        each.client_id,
        each.lead,
        each,
        to_call=True,
    )


def _journeys(reader: Reader) -> tuple[list[Row], list[Row]]:
    """The next step of each, and next actions; of a client also those that nobody has taken on."""
    actor = reader.actor
    if not actor.can("journeys.edit"):
        return [], []
    mine = Journey.objects.for_actor(actor).at_work()
    mine = mine.cared_for_by(
        reader.me, late_before=reader.now - PROMISE_KEPT_FOR, or_nobody=not actor.is_staff
    )
    until = reader.now + AHEAD
    steps = JourneyStep.objects.for_actor(actor).filter(journey__in=mine.values("pk")).next_of_each(until)
    steps = steps.select_related("journey__lead", "journey__service", "client")
    actions = mine.filter(next_action_at__lt=until).select_related("lead", "service")
    return (
        [_step(reader, each) for each in steps[: MOST + 1]],
        [_action(reader, each) for each in actions.order_by("next_action_at", "pk")[: MOST + 1]],
    )


def _step(reader: Reader, step: Any) -> Row:
    journey, zone = step.journey, ZoneInfo(step.client.timezone)
    day, today = step.due_at.astimezone(zone).date(), reader.now.astimezone(zone).date()
    why = words.step_due(step.position + 1, _service(journey), day, today, owner=_owner(reader, journey))
    return Row(
        Kind.STEP, step.pk, step.due_at, _whose(journey), f"{step.label}. {why}", step.client_id, journey.lead, step,
        to_call=step.channel == "voice", whole_day=True, zone=step.client.timezone,
    )  # fmt: skip


def _action(reader: Reader, journey: Any) -> Row:
    at = journey.next_action_at
    why = words.action_due(_service(journey), reader.local(at), reader.today, owner=_owner(reader, journey))
    return Row(Kind.ACTION, journey.pk, at, _whose(journey), why, journey.client_id, journey.lead, journey)


def _service(journey: Journey) -> str:
    return journey.service.name if journey.service else ""


def _whose(journey: Journey) -> str:
    return journey.lead.name if journey.lead else journey.name or "Unnamed"


def _owner(reader: Reader, journey: Journey) -> str:
    if journey.owner_id == reader.me:
        return "the journey is yours"
    return "you own the lead" if journey.lead and journey.lead.owner_id else "nobody has taken it on yet"


def _unread(reader: Reader) -> tuple[list[Row], int]:
    """The newest calls that nobody of the agency opened, and how many there are, counted as far as `COUNTED`. To a
    client that says nothing."""
    if not reader.actor.is_staff:
        return [], 0
    calls = Call.objects.for_actor(reader.actor).unread().newest_first()
    ids = list(calls.values_list("pk", flat=True)[:COUNTED])
    newest = _light(calls.filter(pk__in=ids[:MOST_UNREAD]))
    return [_of_call(reader, Kind.UNREAD, each) for each in newest], len(ids)


def _meetings(reader: Reader) -> list[Row]:
    """Booked by the reader or with their leads; to a client's people all that were booked for them."""
    calls = Call.objects.for_actor(reader.actor).meetings_since(reader.now - MEETINGS_STAY)
    if reader.actor.is_staff:
        calls = calls.filter(Q(called_by=reader.me) | Q(lead__owner=reader.me))
    calls = calls.filter(client__archived_at=None).select_related("called_by")
    return [_of_call(reader, Kind.MEETING, each) for each in _light(calls)[: MOST + 1]]


def _light(calls: Any) -> Any:
    return calls.select_related("lead").defer("raw", "transcript", "transcript_turns", "ai_summary")


def _of_call(reader: Reader, kind: Kind, call: Any) -> Row:
    lead = call.lead
    name = caller_name(lead and lead.name, call.caller_name, call.from_e164, call.from_number)
    mine = lead is not None and lead.owner_id == reader.me
    if kind == Kind.UNREAD:
        at = call.started_at
        why = words.unread(reader.local(at), reader.today, sequence=call.call_sequence, mine=mine)
    else:
        at = call.disposed_at
        by = "" if call.called_by_id == reader.me else call.called_by.name if call.called_by else "Somebody"
        booked = reader.local(at).date()
        why = words.meeting(booked, reader.today, by=by, where=call.booked_elsewhere, mine=mine)
    return Row(kind, call.pk, at, name, why, call.client_id, lead, call, to_call=kind == Kind.UNREAD)
