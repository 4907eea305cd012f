"""The steps of a journey, and those a template brings."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Max

from accounts.models import Client
from accounts.tenancy import Actor
from crm.due_dates import due_after, due_on
from crm.models import Channel, Journey, JourneyStep, JourneyTemplate, JourneyTemplateStep
from crm.services.timeline import tell

STEP_FIELDS = ("label", "channel", "message", "notes")


class StepRefused(Exception):
    """What was asked for doesn't fit the journey as it is now. The text says why."""


@transaction.atomic
def save_step(
    *, actor: Actor, journey_id: UUID, step_id: UUID | None, values: Mapping[str, Any]
) -> JourneyStep:
    """Add a step at the end, or change one. ``values``: ``STEP_FIELDS``, and ``offset_weeks`` or ``due_on`` or neither.

    Raises `JourneyStep.DoesNotExist`, `StepRefused`.
    """
    journey = _hold(actor, journey_id)
    if journey.symptoms_redacted:
        raise StepRefused("What was said on this journey has been destroyed. Begin a new one for new words.")
    if step_id is None:
        last = JourneyStep.unscoped.filter(journey=journey).aggregate(at=Max("position"))["at"]
        step = JourneyStep(
            agency_id=journey.agency_id, client_id=journey.client_id, journey=journey,
            position=0 if last is None else last + 1,
        )  # fmt: skip
    else:
        step = JourneyStep.unscoped.get(pk=step_id, journey=journey)
    for name in STEP_FIELDS:
        setattr(step, name, values[name])
    step.offset_weeks = values["offset_weeks"]
    step.due_at = _due(journey, values["offset_weeks"], values["due_on"])
    step.save()
    return step


@transaction.atomic
def complete_step(*, actor: Actor, journey_id: UUID, step_id: UUID, done: bool, now: datetime) -> JourneyStep:
    """Mark the step as done, or as not done after all. A journey that waits begins with its first step."""
    journey = _hold(actor, journey_id)
    step = JourneyStep.unscoped.get(pk=step_id, journey=journey)
    if bool(step.completed_at) == done:
        return step
    step.completed_at, step.completed_by_id = (now, actor.user_id) if done else (None, None)
    step.save(update_fields=("completed_at", "completed_by", "updated_at"))
    if done and journey.status == Journey.Status.PENDING:
        journey.status = Journey.Status.IN_PROGRESS
        journey.save(update_fields=("status", "updated_at"))
    tell(about=journey, journey_id=journey.pk, lead_id=journey.lead_id, customer_id=journey.customer_id,
         action="step_done" if done else "step_undone", actor=actor, now=now, channel=Channel(step.channel),
         metadata={"step": str(step.pk), "number": step.position + 1})  # fmt: skip
    return step


@transaction.atomic
def postpone_step(
    *, actor: Actor, journey_id: UUID, step_id: UUID, day: date, reason: str, now: datetime
) -> JourneyStep:
    """Let the step be due on another day, in the client's zone; it no longer counts weeks from the start.

    Raises `JourneyStep.DoesNotExist`, `StepRefused`.
    """
    journey = _hold(actor, journey_id)
    step = JourneyStep.unscoped.get(pk=step_id, journey=journey)
    if step.completed_at:
        raise StepRefused("This step is done already.")
    step.offset_weeks, step.due_at = None, _due(journey, None, day)
    step.save(update_fields=("offset_weeks", "due_at", "updated_at"))
    tell(about=journey, journey_id=journey.pk, lead_id=journey.lead_id, customer_id=journey.customer_id,
         action="step_moved", actor=actor, now=now, channel=Channel(step.channel),
         metadata={"step": str(step.pk), "number": step.position + 1, "reason": reason})  # fmt: skip
    return step


@transaction.atomic
def shift_step(*, actor: Actor, journey_id: UUID, step_id: UUID, by: int) -> None:
    """Move the step ``by`` places down, or up when it is negative. Beyond an end it stays there."""
    journey = _hold(actor, journey_id)
    steps = list(JourneyStep.unscoped.filter(journey=journey).order_by("position"))
    at = next((n for n, each in enumerate(steps) if each.pk == step_id), None)
    if at is None:
        raise JourneyStep.DoesNotExist
    steps.insert(max(0, min(len(steps) - 1, at + by)), steps.pop(at))
    _number(steps)


@transaction.atomic
def remove_step(*, actor: Actor, journey_id: UUID, step_id: UUID) -> None:
    """Take away a step that is not done yet: what was done stays. Raises `StepRefused`."""
    journey = _hold(actor, journey_id)
    step = JourneyStep.unscoped.get(pk=step_id, journey=journey)
    if step.completed_at:
        raise StepRefused("What was done stays. Mark the step as not done first.")
    step.delete()
    _number(list(JourneyStep.unscoped.filter(journey=journey).order_by("position")))


@transaction.atomic
def apply_template(*, actor: Actor, journey_id: UUID, template: JourneyTemplate, now: datetime) -> int:
    """Add the template's steps at the end of the journey; return how many. Raises `StepRefused`."""
    journey = _hold(actor, journey_id)
    if journey.symptoms_redacted:
        raise StepRefused("What was said on this journey has been destroyed. Begin a new one.")
    journey.template = template
    journey.save(update_fields=("template", "updated_at"))
    added = copy_steps(journey, template, Client.unscoped.get(pk=journey.client_id).timezone)
    tell(about=journey, journey_id=journey.pk, lead_id=journey.lead_id, action="template_applied", actor=actor, now=now,
         metadata={"template": str(template.pk), "steps": added})  # fmt: skip
    return added


def copy_steps(journey: Journey, template: JourneyTemplate, zone: str) -> int:
    """Part of another deed, which holds the journey."""
    last = JourneyStep.unscoped.filter(journey=journey).aggregate(at=Max("position"))["at"]
    first = 0 if last is None else last + 1
    made = [
        JourneyStep(
            agency_id=journey.agency_id, client_id=journey.client_id, journey=journey, position=first + n,
            label=each.label, channel=each.channel, message=each.message, offset_weeks=each.offset_weeks,
            due_at=due_after(journey.started_on, each.offset_weeks, zone),
        )
        for n, each in enumerate(JourneyTemplateStep.unscoped.filter(template=template).order_by("position"))
    ]  # fmt: skip
    JourneyStep.unscoped.bulk_create(made)
    return len(made)


def _hold(actor: Actor, journey_id: UUID) -> Journey:
    held: Journey = Journey.objects.for_actor(actor).select_for_update(of=("self",)).get(pk=journey_id)
    return held


def _due(journey: Journey, weeks: int | None, day: date | None) -> datetime | None:
    zone = Client.unscoped.get(pk=journey.client_id).timezone
    if weeks is not None:
        return due_after(journey.started_on, weeks, zone)
    return due_on(day, zone) if day else None


def _number(steps: list[JourneyStep]) -> None:
    for position, step in enumerate(steps):
        step.position = position
    JourneyStep.unscoped.bulk_update(steps, ["position"])
