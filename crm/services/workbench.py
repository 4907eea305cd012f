"""What people do with a call: rate it, name its category, tag it, move its lead, mark it read."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from django.db import transaction

from accounts.tenancy import Actor
from crm.models import Call, CallClassification, CallTag, Lead, PipelineStage, Tag
from crm.models.calls import Verdict
from crm.services import board
from crm.services.ctm_writes import queue_rating
from crm.services.judging import adopt_human_rating
from crm.services.sequences import count_sequences
from crm.services.tags import named_tag
from crm.services.timeline import tell

JUDGED = ("rating", "rating_by", "rated_at", "category", "category_by", "updated_at")


def _hold(actor: Actor, call_id: UUID) -> Call:
    """Lock the call among those that ``actor`` may see. Raises `Call.DoesNotExist`."""
    held: Call = (
        Call.objects.for_actor(actor)
        .defer("raw", "transcript")
        .select_for_update(of=("self",))
        .get(pk=call_id)
    )
    return held


@transaction.atomic
def rate_call(*, actor: Actor, call_id: UUID, stars: int | None, now: datetime) -> Call:
    """Give the call ``stars`` (1 to 5, None takes them away). CTM is told after the commit, and not believed when
    it tells us back. Five stars make the call ``converted``.
    """
    call = _hold(actor, call_id)
    if call.rating == stars and call.rating_by == Verdict.HUMAN:
        return call
    before, was = call.rating, call.category
    adopt_human_rating(call, stars, now)
    call.save(update_fields=JUDGED)
    _remember(call, actor, was)
    _tell(call, actor, "rating_changed", {"from": before, "to": stars, "by": "human"}, now)
    queue_rating(call=call, now=now)
    return call


@transaction.atomic
def choose_category(*, actor: Actor, call_id: UUID, category: str, now: datetime) -> Call:
    """Let a person's category stand for good: no machine changes it any more."""
    call = _hold(actor, call_id)
    if call.category == category and call.category_by == Verdict.HUMAN:
        return call
    was = call.category
    call.category, call.category_by = category, Verdict.HUMAN
    call.save(update_fields=JUDGED)
    _remember(call, actor, was)
    _tell(call, actor, "category_changed", {"from": was, "to": category}, now)
    return call


def _remember(call: Call, actor: Actor, was: str) -> None:
    CallClassification.unscoped.create(
        agency_id=call.agency_id,
        client_id=call.client_id,
        call=call,
        by=call.category_by,
        actor_id=actor.user_id,
        category=call.category,
        rating=call.rating,
        reason="chosen by a person",
    )
    if "converted" in (was, call.category) and was != call.category:
        count_sequences(agency_id=call.agency_id, client_id=call.client_id, numbers=[call.from_e164])


def _tell(call: Call, actor: Actor, action: str, metadata: Mapping[str, object], now: datetime) -> None:
    tell(
        about=call,
        lead_id=call.lead_id,
        call_id=call.pk,
        actor=actor,
        action=action,
        metadata=metadata,
        now=now,
    )


@transaction.atomic
def tag_call(*, actor: Actor, call_id: UUID, name: str, now: datetime) -> Tag:
    """Put a tag on the call, making the tag when the client has none of that name (capitals don't matter)."""
    call = _hold(actor, call_id)
    tag = named_tag(agency_id=call.agency_id, client_id=call.client_id, name=name)
    own = {"agency_id": call.agency_id, "client_id": call.client_id, "call": call, "tag": tag}
    if not CallTag.unscoped.filter(**own).exists():
        CallTag.unscoped.bulk_create([CallTag(**own)], ignore_conflicts=True)
        _tell(call, actor, "call_tagged", {"name": tag.name}, now)
    return tag


@transaction.atomic
def untag_call(*, actor: Actor, call_id: UUID, tag_id: UUID, now: datetime) -> None:
    call = _hold(actor, call_id)
    found = CallTag.objects.for_actor(actor).filter(call=call, tag_id=tag_id).select_related("tag").first()
    if found:
        found.delete()
        _tell(call, actor, "call_untagged", {"name": found.tag.name}, now)


@transaction.atomic
def move_lead(
    *, actor: Actor, call_id: UUID, stage: PipelineStage | None, now: datetime, reason: str = ""
) -> Lead | None:
    """Put the caller's lead on top of ``stage``, which must be of the same client; None when the call has no lead
    that is still around. Raises `crm.services.board.ReasonMissing` on the way into a lost stage.
    """
    call = _hold(actor, call_id)
    if call.lead_id is None:
        return None
    try:
        return board.move_lead(
            actor=actor, lead_id=call.lead_id, stage_id=stage.pk if stage else None, reason=reason, now=now,
            call_id=call.pk,
        ).lead  # fmt: skip
    except Lead.DoesNotExist:
        return None


@transaction.atomic
def mark_seen(*, actor: Actor, call_id: UUID, seen: bool, now: datetime) -> None:
    """Take the call off the unread list for everybody of the agency, or put it back."""
    rows = Call.objects.for_actor(actor).filter(pk=call_id)
    if seen:
        rows.filter(seen_at=None).update(seen_at=now, seen_by_id=actor.user_id)
    else:
        rows.update(seen_at=None, seen_by=None)
