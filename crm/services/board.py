"""Moving people through a pipeline: into a stage, and to a place among the others there.

The order of a stage is decided under a lock of the stage, so that no two people get the same place. Locks are taken
in one order everywhere: call, stage, lead.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Max, Min, QuerySet

from accounts.tenancy import Actor
from crm.models import Lead, PipelineStage
from crm.services.timeline import tell
from lib.ranks import between, spread

LONGEST = 48  # of a place; then the stage is spread anew, long before the column is full
SPREAD = """
UPDATE crm_lead AS l SET board_rank = p.rank FROM unnest(%s::uuid[], %s::text[]) AS p(id, rank)
WHERE l.id = p.id AND l.agency_id = %s AND l.client_id = %s
"""


class Unsaid(Enum):
    """What the mover did not say, as opposed to saying that there is none."""

    UNSAID = 0


UNSAID = Unsaid.UNSAID


class BoardChanged(Exception):
    """The person was moved by somebody else since the mover looked. Nothing was done; the text says where they are."""


class ReasonMissing(Exception):
    """A person who is lost is lost for a reason."""


@dataclass(frozen=True, slots=True)
class Spot:
    """Where in the stage: between two neighbours as the mover saw them, None for none. ``below`` may be unsaid.

    Without neighbours it is the top, or with ``at_end`` the bottom.
    """

    above: UUID | None = None
    below: UUID | Unsaid | None = None
    at_end: bool = False
    seen_empty: bool = False  # whether "no neighbours" is what the mover saw, rather than no wish


@dataclass(frozen=True, slots=True)
class Move:
    lead: Lead
    exact: bool  # whether the place is the one that was named


TOP = Spot(below=UNSAID)


@transaction.atomic
def move_lead(
    *,
    actor: Actor,
    lead_id: UUID,
    stage_id: UUID | None,
    now: datetime,
    spot: Spot = TOP,
    seen: UUID | Unsaid | None = UNSAID,
    reason: str = "",
    call_id: UUID | None = None,
) -> Move:
    """Put the lead into a stage of its client, or into none, at ``spot`` or as near to it as the board of now allows.

    ``seen`` is the stage it was in when the mover looked. Another ``reason`` for who is lost already takes the place of
    the first. Raises `BoardChanged` when the lead is no longer where it was seen, `ReasonMissing` on the way into a
    lost stage, `Lead.DoesNotExist` and `PipelineStage.DoesNotExist`.
    """
    found = Lead.objects.for_actor(actor).filter(archived_at=None).only("client_id").get(pk=lead_id)
    stage = _hold_stage(actor, found.client_id, stage_id)
    lead: Lead = (
        Lead.objects.for_actor(actor).select_for_update(of=("self",)).get(pk=lead_id, archived_at=None)
    )
    before = PipelineStage.unscoped.filter(pk=lead.stage_id).first() if lead.stage_id else None
    if seen is not UNSAID and lead.stage_id != seen:
        where = before.name if before else "no stage"
        raise BoardChanged(f"Somebody else has just moved {lead.name} to {where}. They stay there.")
    enters = lead.stage_id != stage_id
    if enters and stage and stage.is_lost_stage and not reason:
        raise ReasonMissing(f"Say why {lead.name} is lost.")
    if not enters and reason and stage and stage.is_lost_stage:
        _restate(actor, lead, reason, now)
    if not enters and spot == TOP:
        return Move(lead, exact=True)
    lead.board_rank, exact = _place(stage, lead, spot) if stage else ("", True)
    if enters:
        _enter(lead, stage, reason, now)
    lead.save(update_fields=("stage", "stage_entered_at", "board_rank", "lost_reason", "updated_at"))
    if enters:
        tell(about=lead, lead_id=lead.pk, call_id=call_id, action="stage_changed", actor=actor, now=now,
             metadata=_told(before, stage))  # fmt: skip
    return Move(lead, exact)


def _enter(lead: Lead, stage: PipelineStage | None, reason: str, now: datetime) -> None:
    lead.stage, lead.stage_entered_at = stage, now if stage else None
    lead.lost_reason = reason if stage and stage.is_lost_stage else ""


def _restate(actor: Actor, lead: Lead, reason: str, now: datetime) -> None:
    """Another reason for who is lost already."""
    if lead.lost_reason == reason:
        return
    lead.lost_reason = reason
    lead.save(update_fields=("lost_reason", "updated_at"))
    told = {"fields": ["why nothing came of it"]}
    tell(about=lead, lead_id=lead.pk, actor=actor, action="lead_changed", metadata=told, now=now)


def _told(before: PipelineStage | None, after: PipelineStage | None) -> dict[str, str]:
    """By names too: a stage may be gone when somebody reads it."""
    return {
        "from": str(before.pk) if before else "",
        "to": str(after.pk) if after else "",
        "from_name": before.name if before else "",
        "to_name": after.name if after else "",
    }


def _hold_stage(actor: Actor, client_id: UUID, stage_id: UUID | None) -> PipelineStage | None:
    """Lock the stage against other moves. Rows that refer to it may still be written."""
    if stage_id is None:
        return None
    stages = PipelineStage.objects.for_actor(actor).filter(client_id=client_id)
    held: PipelineStage = stages.select_for_update(of=("self",), no_key=True).get(pk=stage_id)
    return held


def _place(stage: PipelineStage, lead: Lead, spot: Spot) -> tuple[str, bool]:
    others = Lead.unscoped.filter(client_id=stage.client_id, stage=stage, archived_at=None).exclude(
        pk=lead.pk
    )
    _rank_unranked(stage, others)
    low, high, exact = _gap(others, spot)
    place = between(low, high)
    if len(place) > LONGEST:
        ids = others.order_by("board_rank", "pk").values_list("pk", flat=True)
        _write(stage, list(ids), spread(len(ids)))
        place = between(*_gap(others, spot)[:2])
    return place, exact


def _gap(others: QuerySet[Lead], spot: Spot) -> tuple[str, str, bool]:
    """The places on either side, "" at an end, and whether they are the named ones."""
    near = {
        each.pk: each.board_rank
        for each in others.filter(pk__in=[pk for pk in (spot.above, spot.below) if isinstance(pk, UUID)])
    }
    above, below = near.get(spot.above) if spot.above else None, None
    if isinstance(spot.below, UUID):
        below = near.get(spot.below)
    if above is not None:
        following = others.filter(board_rank__gt=above).aggregate(at=Min("board_rank"))["at"] or ""
        as_seen = spot.below is UNSAID or (
            following == (below or "") and (below is not None) == bool(spot.below)
        )
        return above, following, as_seen
    if below is not None:
        preceding = others.filter(board_rank__lt=below).aggregate(at=Max("board_rank"))["at"] or ""
        return preceding, below, spot.above is None and not preceding
    ends = others.aggregate(first=Min("board_rank"), last=Max("board_rank"))
    named = spot.above is not None or isinstance(spot.below, UUID)
    exact = not named and not (spot.seen_empty and ends["first"])
    return (ends["last"] or "", "", exact) if spot.at_end else ("", ends["first"] or "", exact)


def _rank_unranked(stage: PipelineStage, others: QuerySet[Lead]) -> None:
    """Give those who came into the stage without a place one above all who have one, in the order they are shown."""
    ids = list(others.filter(board_rank="").order_by("pk").values_list("pk", flat=True))
    if ids:
        first = others.exclude(board_rank="").aggregate(at=Min("board_rank"))["at"] or ""
        _write(stage, ids, spread(len(ids), "", first))


def _write(stage: PipelineStage, ids: list[UUID], places: list[str]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(SPREAD, [ids, places, stage.agency_id, stage.client_id])
