"""The stages of a client's pipeline: made, changed, put in order, taken away."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, connection, transaction

from accounts.services.audit import Origin, record_by
from accounts.services.clients import hold_client
from accounts.tenancy import Actor
from crm.models import Lead, PipelineStage
from crm.services.timeline import line, tell_all
from lib.ranks import spread

STAGE_FIELDS = ("name", "hue", "is_won_stage", "is_lost_stage", "chance", "rests_after_days")
EMPTY_INTO = """
UPDATE crm_lead AS l SET stage_id = %s, stage_entered_at = %s, board_rank = p.rank, updated_at = %s,
  lost_reason = CASE WHEN %s THEN l.lost_reason ELSE '' END
FROM unnest(%s::uuid[], %s::text[]) AS p(id, rank) WHERE l.id = p.id AND l.agency_id = %s AND l.client_id = %s
"""


class StageNameTaken(Exception):
    """The pipeline has another stage of this name."""


class StageNotEmpty(Exception):
    """People are in the stage, and no other was named for them."""


class StageRefused(Exception):
    """The stage that was named can't take these people. The text says why."""


@transaction.atomic
def save_stage(
    *,
    actor: Actor,
    client_id: UUID,
    stage_id: UUID | None,
    values: Mapping[str, Any],
    now: datetime,
    origin: Origin,
) -> PipelineStage:
    """Add a stage at the end of the client's pipeline, or change one. Raises `StageNameTaken`."""
    held = _hold_pipeline(actor, client_id)
    if stage_id is None:
        client = hold_client(actor, client_id)
        stage = PipelineStage(agency_id=client.agency_id, client=client, position=_next(held))
    else:
        stage = _among(held, stage_id)
    for name in STAGE_FIELDS:
        setattr(stage, name, values[name])
    try:
        with transaction.atomic():
            stage.save()
    except IntegrityError:
        raise StageNameTaken from None
    record_by(actor, "pipeline_changed", now=now, client_id=client_id, target=stage.name, origin=origin,
              details={"stage": "changed" if stage_id else "added"})  # fmt: skip
    return stage


@transaction.atomic
def shift_stage(
    *, actor: Actor, client_id: UUID, stage_id: UUID, by: int, now: datetime, origin: Origin
) -> PipelineStage:
    """Move the stage ``by`` places to the right, or to the left when it is negative. Beyond an end it stays there."""
    held = _hold_pipeline(actor, client_id)
    stage = _among(held, stage_id)
    at = held.index(stage)
    wanted = max(0, min(len(held) - 1, at + by))
    held.insert(wanted, held.pop(at))
    for position, each in enumerate(held):
        each.position = position
    PipelineStage.unscoped.bulk_update(held, ["position"])
    if wanted != at:
        record_by(actor, "pipeline_changed", now=now, client_id=client_id, target=stage.name, origin=origin,
                  details={"stage": "moved"})  # fmt: skip
    return stage


@transaction.atomic
def remove_stage(
    *, actor: Actor, client_id: UUID, stage_id: UUID, into: UUID | None, now: datetime, origin: Origin
) -> int:
    """Take the stage away; who is in it goes to the bottom of ``into``. Returns how many went.

    Raises `StageNotEmpty` when somebody is there and ``into`` names no stage, `StageRefused` when it can't be that one.
    """
    held = _hold_pipeline(actor, client_id)
    stage = _among(held, stage_id)
    target = _among(held, into) if into else None
    leads = list(
        Lead.unscoped.filter(client_id=client_id, stage=stage)
        .order_by("board_rank", "pk")
        .select_for_update(of=("self",))
    )
    if leads:
        if target is None or target == stage:
            raise StageNotEmpty
        if target.is_lost_stage and not stage.is_lost_stage:
            raise StageRefused("People can’t be lost all at once without a reason. Choose another stage.")
        _empty(actor, stage, target, leads, now)
    name = stage.name
    stage.delete()
    record_by(actor, "pipeline_changed", now=now, client_id=client_id, target=name, origin=origin,
              details={"stage": "removed", "people": len(leads)})  # fmt: skip
    return len(leads)


def _empty(
    actor: Actor, stage: PipelineStage, target: PipelineStage, leads: list[Lead], now: datetime
) -> None:
    there = Lead.unscoped.filter(client_id=stage.client_id, stage=target).order_by("-board_rank")
    last = there.values_list("board_rank", flat=True).first() or ""
    with connection.cursor() as cursor:
        cursor.execute(EMPTY_INTO, [target.pk, now, now, target.is_lost_stage, [each.pk for each in leads],
                                    spread(len(leads), last), stage.agency_id, stage.client_id])  # fmt: skip
    told = {"from": str(stage.pk), "to": str(target.pk), "from_name": stage.name, "to_name": target.name}
    tell_all(
        line(about=each, lead_id=each.pk, action="stage_changed", actor=actor, now=now, metadata=told)
        for each in leads
    )


def _hold_pipeline(actor: Actor, client_id: UUID) -> list[PipelineStage]:
    """Lock all stages of the client, in their order. Raises `Client.DoesNotExist` for somebody else's."""
    hold_client(actor, client_id)
    rows = PipelineStage.objects.for_actor(actor).filter(client_id=client_id).order_by("pk")
    return sorted(rows.select_for_update(of=("self",)), key=lambda each: (each.position, each.name))


def _among(held: list[PipelineStage], stage_id: UUID) -> PipelineStage:
    for each in held:
        if each.pk == stage_id:
            return each
    raise PipelineStage.DoesNotExist


def _next(held: list[PipelineStage]) -> int:
    return held[-1].position + 1 if held else 0
