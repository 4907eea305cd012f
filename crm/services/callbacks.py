"""Promises to call back: kept, not kept after all, or moved to another time."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from accounts.tenancy import Actor
from crm.dispositions import BY_WORDS, DO_NOT_CONTACT
from crm.models import Call, Callback, CampaignMember
from crm.services.timeline import tell

EARLY = timedelta(minutes=15)  # before its time a promised call counts as made
RUNNING = (CampaignMember.Status.ACTIVE, CampaignMember.Status.PAUSED)


class AlreadyKept(Exception):
    """The call was made already; there is nothing left to move."""


@transaction.atomic
def keep_callback(*, actor: Actor, callback_id: UUID, kept: bool, now: datetime) -> Callback:
    """Say that the call was made, or that it was not after all. Saying it twice does nothing twice.

    Raises `Callback.DoesNotExist`.
    """
    callback = _hold(actor, callback_id)
    if bool(callback.done_at) == kept:
        return callback
    callback.done_at, callback.done_by_id = (now, actor.user_id) if kept else (None, None)
    callback.save(update_fields=("done_at", "done_by", "updated_at"))
    _tell(callback, "callback_kept" if kept else "callback_reopened", actor, now)
    return callback


def met_by(call: Call, *, words: str, actor: Actor, now: datetime) -> dict[str, Any]:
    """Keep the promises that ``call``, made by us, has met: what was due, and where the disposition ``words`` ends it
    what was still to come, of its campaign if it was for one. Returns what `open_again` needs, {} for nothing.
    """
    if call.direction != Call.Direction.OUTBOUND or call.lead_id is None:
        return {}
    rows = Callback.unscoped.filter(
        agency_id=call.agency_id, lead=call.lead_id, done_at=None, created_at__lt=call.created_at
    )
    due = Q(due_at__lte=call.started_at + EARLY)
    if not BY_WORDS[words].ends:
        rows = rows.filter(due)
    elif call.campaign_id and words != DO_NOT_CONTACT:
        rows = rows.filter(due | Q(campaign=call.campaign_id))
    kept = list(rows.values_list("pk", flat=True))
    if not kept:
        return {}
    Callback.unscoped.filter(pk__in=kept).update(done_at=now, done_by=actor.user_id, updated_at=now)
    return {"ids": [str(pk) for pk in kept], "at": now.isoformat()}


def open_again(agency_id: UUID, met: Mapping[str, Any]) -> None:
    """Take back `met_by`, as far as nobody has said anything of the promises since."""
    rows = Callback.unscoped.filter(agency_id=agency_id, pk__in=met["ids"])
    rows.filter(done_at=datetime.fromisoformat(met["at"])).update(done_at=None, done_by=None)


@transaction.atomic
def move_callback(
    *, actor: Actor, callback_id: UUID, due_at: datetime, reason: str, now: datetime
) -> Callback:
    """Promise another time. Campaigns that hold the person back until the old time hold them until the new one.

    Raises `Callback.DoesNotExist`, `AlreadyKept`.
    """
    found: Callback = Callback.objects.for_actor(actor).get(pk=callback_id)
    members = CampaignMember.unscoped.filter(
        agency_id=found.agency_id, lead=found.lead_id, status__in=RUNNING, hold_until__isnull=False
    )  # held before the promise, as the call queue does
    held = list(members.order_by("pk").select_for_update(of=("self",)))
    callback = _hold(actor, callback_id)
    if callback.done_at:
        raise AlreadyKept
    before = callback.due_at
    for member in held:
        if member.hold_until == before:
            member.hold_until = due_at
            member.save(update_fields=("hold_until", "updated_at"))
    callback.due_at = due_at
    callback.save(update_fields=("due_at", "updated_at"))
    _tell(callback, "callback_moved", actor, now, reason)
    return callback


def _hold(actor: Actor, callback_id: UUID) -> Callback:
    held: Callback = Callback.objects.for_actor(actor).select_for_update(of=("self",)).get(pk=callback_id)
    return held


def _tell(callback: Callback, action: str, actor: Actor, now: datetime, reason: str = "") -> None:
    told = {"callback": str(callback.pk), "due": callback.due_at.isoformat()}
    tell(
        about=callback, lead_id=callback.lead_id, call_id=callback.call_id, campaign_id=callback.campaign_id,
        action=action, actor=actor, now=now, metadata={**told, "reason": reason} if reason else told,
    )  # fmt: skip
