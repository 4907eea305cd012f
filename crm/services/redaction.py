"""Destroying what people told in confidence, so many days after it was last needed.

Of a journey go its concerns, its service, its notes and summary, why it was lost, and the messages and notes of its
steps; a step's name goes where it holds one of the concerns. Of an agreement goes which service it was. People, prices,
days and states stay. What is left behind is a receipt: a keyed digest of the words, never the words.
Calls and their transcripts are records of their own and not touched here.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Coalesce

from accounts.models import Client, ClientProfile
from accounts.months import start_of_day
from accounts.scope import PlatformUse, agency_scope, platform_scope
from accounts.services.audit import Origin, record_by
from accounts.services.clients import hold_client
from accounts.tenancy import Actor
from crm.models import Activity, Conversion, Journey, JourneyStep, Note, RedactionReceipt, ServiceAgreement
from crm.services.digests import digest
from crm.services.timeline import tell

Kind = RedactionReceipt.Kind
GONE = "[redacted]"
Redaction = Callable[[UUID, "Deadline", datetime], bool]
DEFAULT_DAYS: int = ClientProfile._meta.get_field("redaction_days").default  # until a client says otherwise
A_SWEEP = 500  # rows of each kind and client; the next sweep goes on


@dataclass(frozen=True, slots=True)
class Deadline:
    """What is due at a client on one of its days: closed before ``instant``, or agreed on ``day`` or before."""

    days: int
    day: date
    instant: datetime


def deadline(*, days: int, on: date, zone: str) -> Deadline:
    """The policy of ``days`` as it holds on the day ``on`` of ``zone``: full days have passed since."""
    last = on - timedelta(days=days)
    return Deadline(days, last, start_of_day(last + timedelta(days=1), zone))


def due_journeys(journeys: QuerySet[Journey], at: Deadline) -> QuerySet[Journey]:
    closed = Coalesce("closed_at", "archived_at")
    rows = journeys.filter(symptoms_redacted=False).exclude(status__in=("pending", "in_progress"))
    return rows.annotate(over_at=closed).filter(over_at__lt=at.instant).order_by("over_at", "pk")


def due_agreements(agreements: QuerySet[ServiceAgreement], at: Deadline) -> QuerySet[ServiceAgreement]:
    return agreements.filter(redacted_at=None, agreed_date__lte=at.day).order_by("agreed_date", "pk")


def redact_due(*, now: datetime) -> int:
    """Redact what is due at every client, by its own calendar; return how many rows. Safe to run at any time and twice.

    Each row is a transaction of its own.
    """
    done = 0
    with transaction.atomic(), platform_scope(PlatformUse.SWEEP):
        chosen = dict(ClientProfile.unscoped.values_list("client_id", "redaction_days"))
        clients = list(Client.unscoped.order_by("pk").values_list("agency_id", "pk", "timezone"))
    for agency_id, client_id, zone in clients:
        days = chosen.get(client_id, DEFAULT_DAYS)
        at = deadline(days=days, on=now.astimezone(ZoneInfo(zone)).date(), zone=zone)
        with agency_scope(agency_id):
            done += _redact_client(client_id, at, now)
    return done


def _redact_client(client_id: UUID, at: Deadline, now: datetime) -> int:
    with transaction.atomic():
        journeys = due_journeys(Journey.unscoped.filter(client_id=client_id), at)
        agreements = due_agreements(ServiceAgreement.unscoped.filter(client_id=client_id), at)
        due: list[tuple[Redaction, UUID]] = [
            (_redact_journey, pk) for pk in journeys.values_list("pk", flat=True)[:A_SWEEP]
        ]
        due += [(_redact_agreement, pk) for pk in agreements.values_list("pk", flat=True)[:A_SWEEP]]
    return sum(deed(pk, at, now) for deed, pk in due)


@transaction.atomic
def _redact_journey(journey_id: UUID, at: Deadline, now: datetime) -> bool:
    """Whether it was still due once it was held."""
    if not due_journeys(Journey.unscoped.filter(pk=journey_id), at).exists():
        return False
    journey = Journey.unscoped.select_for_update(of=("self",)).get(pk=journey_id)
    if not due_journeys(Journey.unscoped.filter(pk=journey_id), at).exists():
        return False
    steps = list(
        JourneyStep.unscoped.select_for_update(of=("self",)).filter(journey=journey).order_by("position")
    )
    notes = list(Note.unscoped.select_for_update(of=("self",)).filter(journey=journey).order_by("pk"))
    words = _words_of(journey, steps, notes)
    told = [each.casefold() for each in journey.symptoms]
    _receipt(journey, Kind.JOURNEY, words, at, now)
    journey.symptoms, journey.symptoms_redacted, journey.service = [], True, None
    journey.notes_summary = journey.lost_reason = ""
    journey.save(
        update_fields=(
            "symptoms",
            "symptoms_redacted",
            "service",
            "notes_summary",
            "lost_reason",
            "updated_at",
        )
    )
    for step in steps:
        step.message = step.notes = ""
        if any(each in step.label.casefold() for each in told):
            step.label = f"Step {step.position + 1}"
        step.save(update_fields=("message", "notes", "label", "updated_at"))
    for note in notes:
        note.body, note.metadata = GONE, {}
        note.save(update_fields=("body", "metadata", "updated_at"))
    Conversion.unscoped.filter(journey=journey).update(before={})
    _clear_history(journey, told)
    tell(about=journey, journey_id=journey.pk, lead_id=journey.lead_id, action="redacted", now=now,
         metadata={"kind": Kind.JOURNEY.value, "days": at.days})  # fmt: skip
    return True


def _words_of(journey: Journey, steps: Iterable[JourneyStep], notes: Iterable[Note]) -> dict[str, Any]:
    """What is destroyed, by the name of its field; fields without words are left out."""
    every = {
        "symptoms": list(journey.symptoms),
        "service": str(journey.service_id or ""),
        "notes_summary": journey.notes_summary,
        "lost_reason": journey.lost_reason,
        "steps": [[step.label, step.message, step.notes] for step in steps],
        "notes": [note.body for note in notes],
    }
    return {name: words for name, words in every.items() if words}


def _clear_history(journey: Journey, told: list[str]) -> None:
    """Take the words out of the timeline, which the product's own role may not change."""
    with platform_scope(PlatformUse.REDACTION):
        rows = Activity.unscoped.filter(
            agency_id=journey.agency_id, client_id=journey.client_id, journey=journey
        )
        for activity in rows:
            metadata = _without(activity.metadata, told)
            if activity.content_snapshot or metadata != activity.metadata:
                rows.filter(pk=activity.pk).update(content_snapshot="", metadata=metadata)


def _without(value: Any, told: list[str]) -> Any:
    if isinstance(value, Mapping):
        return {name: _without(each, told) for name, each in value.items()}
    if isinstance(value, list):
        return [_without(each, told) for each in value]
    if isinstance(value, str) and any(each in value.casefold() for each in told):
        return GONE
    return value


@transaction.atomic
def _redact_agreement(agreement_id: UUID, at: Deadline, now: datetime) -> bool:
    agreement = ServiceAgreement.unscoped.select_for_update(of=("self",)).filter(pk=agreement_id).first()
    if agreement is None or agreement.redacted_at or agreement.agreed_date > at.day:
        return False
    words = {"service": str(agreement.service_id or ""), "service_name": agreement.service_name}
    _receipt(agreement, Kind.AGREEMENT, {name: each for name, each in words.items() if each}, at, now)
    agreement.service, agreement.service_name, agreement.redacted_at = None, "", now
    agreement.save(update_fields=("service", "service_name", "redacted_at", "updated_at"))
    return True


def _receipt(
    row: Journey | ServiceAgreement, kind: str, words: Mapping[str, Any], at: Deadline, now: datetime
) -> None:
    text = json.dumps(words, sort_keys=True, ensure_ascii=False) if words else ""
    RedactionReceipt.unscoped.create(
        agency_id=row.agency_id, client_id=row.client_id, kind=kind, object_id=row.pk, fields=sorted(words),
        digest=digest(f"redacted {kind} {row.pk}", text), length=len(text), policy_days=at.days, redacted_at=now,
    )  # fmt: skip


@transaction.atomic
def save_policy(*, actor: Actor, client_id: UUID, days: int, now: datetime, origin: Origin) -> None:
    """Redact after so many days from now on. A shorter time makes more due tonight."""
    client = hold_client(actor, client_id)
    profile = _profile(client)
    was, profile.redaction_days = profile.redaction_days, days
    if was != days:
        profile.save(update_fields=("redaction_days", "updated_at"))
        record_by(actor, "redaction_policy_changed", now=now, client_id=client_id, target=client.name, origin=origin,
                  details={"from": was, "to": days})  # fmt: skip


@transaction.atomic
def let_agency_read(*, actor: Actor, client_id: UUID, lets: bool, now: datetime, origin: Origin) -> None:
    """A client's word on whether its agency may read concerns. Raises `PermissionError` for anybody else's."""
    if actor.is_staff or actor.acting:
        raise PermissionError("Only the client's own people can say so.")
    client = hold_client(actor, client_id)
    profile = _profile(client)
    if profile.shares_concerns != lets:
        profile.shares_concerns = lets
        profile.save(update_fields=("shares_concerns", "updated_at"))
        record_by(actor, "concerns_consent_changed", now=now, client_id=client_id, target=client.name, origin=origin,
                  details={"to": lets})  # fmt: skip


def _profile(client: Client) -> ClientProfile:
    profile, _ = ClientProfile.unscoped.get_or_create(agency_id=client.agency_id, client=client)
    return profile
