"""The way of one person from a concern to a customer: begun, changed, paused, closed, put away.

What people told in confidence is written on the journey alone. Nothing of it goes to the timeline, the audit log or
anywhere else, so that redaction finds it.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from accounts.models import Client
from accounts.services.audit import Origin, record_by
from accounts.tenancy import Actor
from crm.concerns import may_read_concerns, may_write_concerns
from crm.models import Call, Journey, JourneyTemplate, Lead, Service
from crm.services.journey_steps import copy_steps
from crm.services.timeline import tell

Status = Journey.Status
OPEN = (Status.PENDING, Status.IN_PROGRESS)
CLOSED = (Status.WON, Status.LOST)
CHANGEABLE = ("service", "owner_id", "call", "parent", "next_action_at", "notes_summary")


class JourneyRefused(Exception):
    """What was asked for doesn't fit the journey as it is now. The text says why."""


class ChangedMeanwhile(JourneyRefused):
    """Somebody else saved the row since it was shown."""


def hold_journey(actor: Actor, journey_id: UUID) -> Journey:
    """Lock the journey among those of ``actor``. Raises `Journey.DoesNotExist`."""
    held: Journey = Journey.objects.for_actor(actor).select_for_update(of=("self",)).get(pk=journey_id)
    return held


@transaction.atomic
def start_journey(*, actor: Actor, lead_id: UUID, values: Mapping[str, Any], now: datetime) -> Journey:
    """Begin a journey of the lead. ``values``: service, call, parent and template (rows of the same client or None),
    started_on, next_action_at, notes_summary and concerns, which are kept only from somebody who may read them.

    A template brings its steps along. Raises `Lead.DoesNotExist`, `JourneyRefused`.
    """
    lead: Lead = Lead.objects.for_actor(actor).select_related("client").get(pk=lead_id, archived_at=None)
    service, call, parent = values.get("service"), values.get("call"), values.get("parent")
    template: JourneyTemplate | None = values.get("template")
    _same_client(lead, service, call, parent)
    journey = Journey(
        agency_id=lead.agency_id, client_id=lead.client_id, lead=lead, service=service, call=call, parent=parent,
        template=template, owner_id=actor.user_id, name=lead.name[:200], phone=lead.phone_e164 or lead.phone,
        email=lead.email, started_on=values["started_on"], next_action_at=values.get("next_action_at"),
        notes_summary=values.get("notes_summary", ""),
    )  # fmt: skip
    if may_write_concerns(actor, lead.client_id):
        journey.symptoms = list(values.get("concerns", ()))
    journey.save(force_insert=True)
    if template:
        copy_steps(journey, template, lead.client.timezone)
    tell_of(journey, actor, "journey_started", now)
    return journey


def _same_client(lead: Lead, service: Service | None, call: Call | None, parent: Journey | None) -> None:
    for row in (service, call, parent):
        if row is not None and row.client_id != lead.client_id:
            raise JourneyRefused("That belongs to another client.")
    for of_lead in (call, parent):
        if of_lead is not None and of_lead.lead_id != lead.pk:
            raise JourneyRefused("That belongs to somebody else.")


@transaction.atomic
def change_journey(
    *, actor: Actor, journey_id: UUID, values: Mapping[str, Any], seen: datetime | None = None
) -> Journey:
    """Change what ``values`` names of ``CHANGEABLE``; call and parent are rows of the same person.

    Raises `JourneyRefused` for words about a redacted one, `ChangedMeanwhile` when it was saved after ``seen``.
    """
    journey = hold_journey(actor, journey_id)
    if seen and journey.updated_at != seen:
        raise ChangedMeanwhile(
            "Somebody changed this journey while you were writing. What you wrote is below and not saved yet: look at "
            "theirs, then save to put yours in its place."
        )
    if journey.lead and (values.get("call") or values.get("parent")):
        _same_client(journey.lead, None, values.get("call"), values.get("parent"))
    if values.get("parent") and _leads_back(values["parent"], journey):
        raise JourneyRefused("A journey can’t follow one that came after it.")
    if journey.symptoms_redacted and (values.get("notes_summary") or values.get("service")):
        raise JourneyRefused(
            "What was said on this journey has been destroyed. Begin a new one for new words."
        )
    changed = [name for name in CHANGEABLE if name in values and getattr(journey, name) != values[name]]
    for name in changed:
        setattr(journey, name, values[name])
    if changed:
        journey.save(update_fields=(*(name.removesuffix("_id") for name in changed), "updated_at"))
    return journey


def _leads_back(parent: Journey, journey: Journey) -> bool:
    """Whether ``parent`` is the journey itself or follows it, however many are between."""
    seen: set[UUID] = set()
    at: Journey | None = parent
    while at is not None and at.pk not in seen:
        if at.pk == journey.pk:
            return True
        seen.add(at.pk)
        at = Journey.unscoped.filter(pk=at.parent_id).first() if at.parent_id else None
    return False


@transaction.atomic
def write_concerns(*, actor: Actor, journey_id: UUID, concerns: Sequence[str]) -> Journey:
    """Keep the concerns of a journey. Raises `JourneyRefused` once they are redacted, or for who may not read them."""
    journey = hold_journey(actor, journey_id)
    if not may_write_concerns(actor, journey.client_id):
        raise JourneyRefused("The client has not let your agency read what people tell them.")
    if journey.symptoms_redacted:
        raise JourneyRefused(
            "What was said on this journey has been destroyed. Begin a new one for new words."
        )
    journey.symptoms = list(concerns)
    journey.save(update_fields=("symptoms", "updated_at"))
    return journey


@transaction.atomic
def read_concerns(*, actor: Actor, journey_id: UUID, now: datetime, origin: Origin) -> list[str]:
    """The concerns of a journey; that somebody of the agency read them is written down first.

    Raises `Journey.DoesNotExist` also for somebody who may not read them.
    """
    journey: Journey = Journey.objects.for_actor(actor).get(pk=journey_id)
    if not may_read_concerns(actor, journey.client_id):
        raise Journey.DoesNotExist
    if actor.is_staff:
        record_by(
            actor,
            "concerns_read",
            now=now,
            client_id=journey.client_id,
            target=str(journey.pk),
            origin=origin,
        )
    return list(journey.symptoms)


@transaction.atomic
def set_status(*, actor: Actor, journey_id: UUID, status: str, reason: str = "", now: datetime) -> Journey:
    """Go on, begin again, or close a journey as won or lost. Raises `JourneyRefused`.

    Becoming a customer is a deed of its own (``crm.services.conversions``), and so is the archive.
    """
    journey = hold_journey(actor, journey_id)
    if status not in (*OPEN, *CLOSED):
        raise JourneyRefused("Choose one of the states in the list.")
    if journey.status in (Status.ARCHIVED, Status.ACTIVE_CLIENT):
        raise JourneyRefused(
            f"This journey is {journey.get_status_display().lower()}; that can’t be set by hand."
        )
    if status == Status.LOST and not reason:
        raise JourneyRefused("Say why nothing came of it.")
    if journey.symptoms_redacted and status in OPEN:
        raise JourneyRefused("What was said on this journey has been destroyed. Begin a new one.")
    if journey.status == status:
        return journey
    was, journey.status = journey.status, status
    journey.closed_at = now if status in CLOSED else None
    journey.lost_reason = reason if status == Status.LOST else ""
    journey.save(update_fields=("status", "closed_at", "lost_reason", "updated_at"))
    tell_of(journey, actor, "journey_status", now, {"from": was, "to": status})
    return journey


@transaction.atomic
def pause_journey(*, actor: Actor, journey_id: UUID, paused: bool, now: datetime) -> Journey:
    """Let the journey rest, or go on. Its steps are not asked for while it rests."""
    journey = hold_journey(actor, journey_id)
    if journey.paused != paused:
        journey.paused = paused
        journey.save(update_fields=("paused", "updated_at"))
        tell_of(journey, actor, "journey_paused" if paused else "journey_resumed", now)
    return journey


@transaction.atomic
def archive_journey(*, actor: Actor, journey_id: UUID, archived: bool, now: datetime) -> Journey:
    """Put the journey away, or take it out again as it was."""
    journey = hold_journey(actor, journey_id)
    if (journey.status == Status.ARCHIVED) == archived:
        return journey
    if archived:
        journey.status_before_archive, journey.status = journey.status, Status.ARCHIVED
        journey.archived_at = now
    else:
        journey.status, journey.status_before_archive = journey.status_before_archive or Status.PENDING, ""
        journey.archived_at = None
    journey.save(update_fields=("status", "status_before_archive", "archived_at", "updated_at"))
    tell_of(journey, actor, "journey_archived" if archived else "journey_restored", now)
    return journey


def tell_of(
    journey: Journey, actor: Actor, action: str, now: datetime, metadata: Mapping[str, Any] | None = None,
    *, customer_id: UUID | None = None,
) -> None:  # fmt: skip
    """Say on the timeline what became of the journey: that, and never what it is about."""
    tell(
        about=journey, journey_id=journey.pk, lead_id=journey.lead_id, customer_id=customer_id or journey.customer_id,
        action=action, actor=actor, now=now, metadata=metadata,
    )  # fmt: skip


def client_of(journey: Journey) -> Client:
    return Client.unscoped.get(pk=journey.client_id)
