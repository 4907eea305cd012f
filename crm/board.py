"""A pipeline as data: its stages, the first people of each, and what they add up to."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from accounts.statements import fetch
from accounts.tenancy import Actor
from crm import reach
from crm.models import Lead, PipelineStage

FIRST = 50  # of a stage, and of each further helping
NO_STAGE = UUID(int=0)
# The few first of every stage in one go; people without a stage come newest first.
FIRSTS = """
SELECT s.id, l.id FROM crm_pipelinestage s CROSS JOIN LATERAL (
  SELECT c.id, c.board_rank FROM crm_lead c
  WHERE c.agency_id = s.agency_id AND c.client_id = s.client_id AND c.stage_id = s.id AND c.archived_at IS NULL
    AND (%s::uuid IS NULL OR c.owner_id = %s) {own}
  ORDER BY c.board_rank, c.id LIMIT {most}
) l WHERE {scope} AND s.client_id = %s
UNION ALL SELECT NULL, n.id FROM (
  SELECT s.id FROM crm_lead s WHERE {unplaced} AND s.client_id = %s AND s.stage_id IS NULL AND s.archived_at IS NULL
    AND (%s::uuid IS NULL OR s.owner_id = %s)
  ORDER BY s.board_rank DESC, s.id DESC LIMIT {most}
) n
"""
SUMS = """
SELECT c.stage_id, c.currency, count(*), coalesce(sum(c.value), 0) FROM crm_lead c
WHERE {scope} AND c.client_id = %s AND c.stage_id IS NOT NULL AND c.archived_at IS NULL
  AND (%s::uuid IS NULL OR c.owner_id = %s)
GROUP BY c.stage_id, c.currency
"""
NEXT_STEPS = """
SELECT DISTINCT ON (lead_id) lead_id, due_at, words FROM (
  SELECT c.lead_id, c.due_at, 'Call back' AS words FROM crm_callback c
  WHERE {callbacks} AND c.lead_id = ANY(%s) AND c.done_at IS NULL
  UNION ALL
  SELECT j.lead_id, t.due_at, t.label FROM crm_journeystep t JOIN crm_journey j ON j.id = t.journey_id
  WHERE {journeys} AND %s AND j.lead_id = ANY(%s) AND t.completed_at IS NULL AND t.due_at IS NOT NULL
    AND NOT j.paused AND j.status IN ('pending', 'in_progress')
  UNION ALL
  SELECT j.lead_id, j.next_action_at, 'Next step' FROM crm_journey j
  WHERE {journeys} AND j.lead_id = ANY(%s) AND j.next_action_at IS NOT NULL
    AND NOT j.paused AND j.status IN ('pending', 'in_progress')
) steps ORDER BY lead_id, due_at
"""
SHOWN = (
    "id", "display_name", "phone", "phone_e164", "email", "company_name", "value", "currency", "stage_id",
    "stage_entered_at", "board_rank", "owner__id", "owner__email", "owner__display_name", "owner__first_name",
    "owner__last_name", "lost_reason", "created_at",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class NextStep:
    due_at: datetime
    words: str


@dataclass(frozen=True, slots=True)
class Card:
    lead: Lead
    days: int | None  # in the stage; None where nobody knows since when
    rests: bool  # longer than the stage says is good
    next_step: NextStep | None


@dataclass(slots=True)
class Lane:
    stage: PipelineStage | None  # None: people without a stage
    cards: list[Card] = field(default_factory=list)
    count: int = 0
    sums: dict[str, Decimal] = field(default_factory=dict)  # by currency
    more: str = ""  # where the next helping begins

    @property
    def key(self) -> str:
        return str(self.stage.pk) if self.stage else ""


def stages_of(actor: Actor, client_id: UUID) -> list[PipelineStage]:
    return list(PipelineStage.objects.for_actor(actor).filter(client_id=client_id))


def lanes(actor: Actor, client_id: UUID, now: datetime, *, owner_id: UUID | None = None) -> list[Lane]:
    """The stages of one client in their order, each with its first people and its sums. Five statements.

    People without a stage come first, if there are any. With ``owner_id`` only those whom that person looks after.
    """
    scope, values = actor.scope.condition("s")
    own, of_own = reach.own(actor, "c.id")
    unplaced, of_unplaced = reach.leads(actor, "s")
    found = fetch(
        FIRSTS.format(scope=scope, own=own, unplaced=unplaced, most=FIRST + 1),
        [owner_id, owner_id, *of_own, *values, client_id, *of_unplaced, client_id, owner_id, owner_id],
    )
    by_stage: dict[UUID | None, list[UUID]] = {}
    for stage_id, lead_id in found:
        by_stage.setdefault(stage_id, []).append(lead_id)
    every = {stage.pk: Lane(stage) for stage in stages_of(actor, client_id)}
    ordered: list[Lane] = [*([Lane(None)] if None in by_stage else []), *every.values()]
    _add_up(actor, client_id, owner_id, every)
    cards = _cards(
        actor, [pk for ids in by_stage.values() for pk in ids], {k: v.stage for k, v in every.items()}, now
    )
    for lane in ordered:
        _fill(
            lane, [cards[pk] for pk in by_stage.get(lane.stage.pk if lane.stage else None, []) if pk in cards]
        )
    return ordered


def sums_of(actor: Actor, client_id: UUID, *, owner_id: UUID | None = None) -> list[Lane]:
    """The stages with their sums alone."""
    every = {stage.pk: Lane(stage) for stage in stages_of(actor, client_id)}
    _add_up(actor, client_id, owner_id, every)
    return list(every.values())


def helping(
    actor: Actor, stage: PipelineStage | None, client_id: UUID, after: str, now: datetime,
    *, owner_id: UUID | None = None,
) -> Lane:  # fmt: skip
    """The next people of one stage, from the place ``after`` on; from the beginning where that is none."""
    rows = Lead.objects.for_actor(actor).filter(client_id=client_id, stage=stage, archived_at=None)
    if owner_id:
        rows = rows.filter(owner_id=owner_id)
    place = _place(after)
    if stage is None:
        rows = rows.order_by("-pk") if place is None else rows.filter(pk__lt=place[1]).order_by("-pk")
    else:
        rows = rows.order_by("board_rank", "pk") if place is None else rows.after_on_board(*place)
    ids = list(rows.values_list("pk", flat=True)[: FIRST + 1])
    cards = _cards(actor, ids, {stage.pk: stage} if stage else {}, now)
    lane = Lane(stage)
    _fill(lane, [cards[pk] for pk in ids if pk in cards])
    return lane


def card_of(actor: Actor, lead: Lead, now: datetime) -> Card:
    stages: Mapping[UUID, PipelineStage | None] = {lead.stage_id: lead.stage} if lead.stage_id else {}
    return _cards(actor, [lead.pk], stages, now)[lead.pk]


def _add_up(actor: Actor, client_id: UUID, owner_id: UUID | None, every: dict[UUID, Lane]) -> None:
    scope, values = reach.leads(actor, "c")
    for stage_id, currency, count, value in fetch(
        SUMS.format(scope=scope), [*values, client_id, owner_id, owner_id]
    ):
        if lane := every.get(stage_id):
            lane.count += count
            if value:
                lane.sums[currency] = value


def _fill(lane: Lane, cards: list[Card]) -> None:
    lane.cards = cards[:FIRST]
    if len(cards) > FIRST:
        last = cards[FIRST - 1].lead
        lane.more = f"{last.board_rank}~{last.pk}"
    if lane.stage is None:
        lane.count = len(lane.cards)


def _cards(
    actor: Actor, ids: list[UUID], stages: Mapping[UUID, PipelineStage | None], now: datetime
) -> dict[UUID, Card]:
    leads = Lead.objects.for_actor(actor).filter(pk__in=ids).select_related("owner").only(*SHOWN)
    steps = next_steps(actor, ids)
    return {lead.pk: _card(lead, stages.get(lead.stage_id), steps.get(lead.pk), now) for lead in leads}


def _card(lead: Lead, stage: PipelineStage | None, step: NextStep | None, now: datetime) -> Card:
    days = (now - lead.stage_entered_at).days if stage and lead.stage_entered_at else None
    limit = stage.rests_after_days if stage and not (stage.is_won_stage or stage.is_lost_stage) else None
    return Card(lead, days, rests=days is not None and limit is not None and days > limit, next_step=step)


def next_steps(actor: Actor, lead_ids: list[UUID]) -> dict[UUID, NextStep]:
    """What is due first for each: a promised call, a step of a journey, or the journey's next action.

    Who may not see journeys is not told of their steps.
    """
    callbacks, of_callbacks = reach.of_leads(actor, "c")
    journeys, of_journeys = reach.of_leads(actor, "j")
    may = actor.can("journeys.edit")
    known = lead_ids if may else []
    values: list[Any] = [*of_callbacks, lead_ids, *of_journeys, may, known, *of_journeys, known]
    rows = fetch(NEXT_STEPS.format(callbacks=callbacks, journeys=journeys), values)
    return {lead_id: NextStep(due_at, words) for lead_id, due_at, words in rows}


def _place(text: str) -> tuple[str, UUID] | None:
    rank, _, pk = text.partition("~")
    try:
        return rank[:60].replace("\x00", ""), UUID(pk)
    except ValueError:
        return None
