"""Scores written down: each as the sum it is, a new row only where something changed."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.db import transaction

from crm.models import Lead, LeadScore, ScoringModel
from crm.models.scoring import LeadScoreQuerySet
from crm.score_weights import HOT, PRODUCT, USUAL, complete, tier_of
from crm.scoring import Facts, Score, score
from crm.services.score_facts import gather
from crm.services.statuses import refresh_status
from integrations.services import outbox

LEAD_HOT = "crm.lead_hot"


@dataclass(frozen=True, slots=True)
class Weighing:
    """What the scores of one client are added up with at present."""

    version: int = PRODUCT
    weights: Mapping[str, int] = field(default_factory=lambda: dict(USUAL))


@dataclass(slots=True)
class Rescored:
    written: list[LeadScore] = field(default_factory=list)
    busy: list[UUID] = field(default_factory=list)  # somebody is at them: to be asked for again


def weighings(agency_id: UUID, client_ids: Iterable[UUID]) -> dict[UUID, Weighing]:
    """The newest weights of each client, else the product's own."""
    wanted = set(client_ids)
    rows = ScoringModel.unscoped.filter(agency_id=agency_id, client_id__in=wanted)
    newest = rows.order_by("client_id", "-version").distinct("client_id")
    own = {each.client_id: Weighing(each.version, complete(each.weights)) for each in newest}
    return {pk: own.get(pk) or Weighing() for pk in wanted}


def scores_in_force(leads: Iterable[Lead]) -> dict[UUID, LeadScore]:
    """The row that each lead's score stands on, by lead."""
    wanted = [lead.pk for lead in leads if lead.scored_at is not None]
    if not wanted:
        return {}
    rows = LeadScoreQuerySet(LeadScore).filter(lead__in=wanted)
    return {row.lead_id: row for row in rows.in_force()}


@transaction.atomic
def rescore(*, agency_id: UUID, lead_ids: Iterable[UUID], now: datetime, is_news: bool = True) -> Rescored:
    """Add up anew the scores of active leads among ``lead_ids``, in the scope of their agency.

    Writes where total or components changed; a person's override goes along. Never waits: leads that others hold are
    returned as busy. Who becomes hot is published, if ``is_news``.
    """
    wanted = set(lead_ids)
    rows = Lead.unscoped.filter(agency_id=agency_id, pk__in=wanted, archived_at=None, erased_at=None)
    # Held first and read afterwards, so that of two at once the later sees what the earlier wrote.
    held = list(rows.order_by("pk").select_for_update(of=("self",), skip_locked=True))
    result = Rescored(busy=sorted(set(rows.values_list("pk", flat=True)) - {lead.pk for lead in held}))
    if not held:
        return result
    weighed = weighings(agency_id, (lead.client_id for lead in held))
    known, facts = scores_in_force(held), gather(agency_id=agency_id, leads=held, now=now)
    changed, first, hot = [], [], []
    for lead in held:
        weighing = weighed[lead.client_id]
        found, was, before = score(facts[lead.pk], weighing.weights), known.get(lead.pk), lead.tier
        if was is None or was.total != found.total or was.components != found.told():
            was = _row(lead, found, weighing, was, now)
            result.written.append(was)
            if lead.scored_at is None:
                first.append(lead.pk)
            lead.scored_at = now
        elif (lead.score, lead.tier) == standing(was, weighing):
            continue
        lead.score, lead.tier = standing(was, weighing)
        changed.append(lead)
        if is_news and before != HOT == lead.tier and _is_news(facts[lead.pk], known.get(lead.pk)):
            hot.append(was)
    LeadScore.unscoped.bulk_create(result.written)
    Lead.unscoped.bulk_update(changed, ["score", "tier", "scored_at"], batch_size=500)
    refresh_status(agency_id=agency_id, lead_ids=first)
    for row in hot:
        publish_hot(row, now)
    return result


def standing(row: LeadScore, weighing: Weighing) -> tuple[int, str]:
    """The number that counts, and what it is called."""
    return row.number, tier_of(row.number, weighing.weights)


def _row(lead: Lead, found: Score, weighing: Weighing, was: LeadScore | None, now: datetime) -> LeadScore:
    return LeadScore(
        agency_id=lead.agency_id, client_id=lead.client_id, lead=lead, total=found.total, tier=found.tier,
        components=found.told(), weights_version=weighing.version, override=was.override if was else None,
        reason=was.reason if was and was.override is not None else "", scored_at=now,
    )  # fmt: skip


def _is_news(facts: Facts, was: LeadScore | None) -> bool:
    """Somebody scored for the first time is news only if they were in contact within the last day."""
    return was is not None or facts.contact_days == 0


def publish_hot(row: LeadScore, now: datetime, *, by: UUID | None = None) -> None:
    """Tell of a lead that has become hot with ``row``; ``by`` is who made it so by hand, and knows."""
    payload = {"lead_id": str(row.lead_id), "score_id": str(row.pk), "by": str(by or "")}
    outbox.publish(topic=LEAD_HOT, agency_id=row.agency_id, client_id=row.client_id, payload=payload, now=now)
