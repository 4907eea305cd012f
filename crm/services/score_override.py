"""A person's own number beside the sum. It counts until it is lifted; what the machine adds up stays in sight."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from accounts.tenancy import Actor
from crm.models import Lead, LeadScore
from crm.score_weights import HOT
from crm.services.scoring import publish_hot, rescore, scores_in_force, standing, weighings
from crm.services.timeline import tell


@transaction.atomic
def override_score(*, actor: Actor, lead_id: UUID, number: int, reason: str, now: datetime) -> Lead:
    """Let ``number`` (0 to 100) count for the lead. Of two who say so at once the later is right; both stay in the
    history. Raises `Lead.DoesNotExist`.
    """
    return _write(actor, lead_id, number, reason, now)


@transaction.atomic
def lift_override(*, actor: Actor, lead_id: UUID, now: datetime) -> Lead:
    """Let the sum count again. Lifting what is not there changes nothing. Raises `Lead.DoesNotExist`."""
    return _write(actor, lead_id, None, "", now)


def _write(actor: Actor, lead_id: UUID, number: int | None, reason: str, now: datetime) -> Lead:
    rows = Lead.objects.for_actor(actor).select_for_update(of=("self",))
    lead: Lead = rows.get(pk=lead_id, archived_at=None, erased_at=None, merged_into=None)
    was = _in_force(lead, now)
    if (was.override, was.reason) == (number, reason):
        return lead
    weighing = weighings(lead.agency_id, [lead.client_id])[lead.client_id]
    row = LeadScore(
        agency_id=lead.agency_id, client_id=lead.client_id, lead=lead, total=was.total, tier=was.tier,
        components=was.components, weights_version=was.weights_version, override=number, reason=reason,
        scored_by_id=actor.user_id, scored_at=now,
    )  # fmt: skip
    row.save(force_insert=True)
    before, had = lead.score, lead.tier
    lead.score, lead.tier = standing(row, weighing)
    lead.scored_at = now
    lead.save(update_fields=["score", "tier", "scored_at", "updated_at"])
    told = {"from": before, "to": lead.score}
    action = "score_lifted" if number is None else "score_set"
    tell(about=lead, lead_id=lead.pk, actor=actor, action=action, metadata=told, now=now)
    if had != HOT == lead.tier:
        publish_hot(row, now, by=actor.user_id)
    return lead


def _in_force(lead: Lead, now: datetime) -> LeadScore:
    """What the score stands on; added up at once for somebody who was never scored."""
    known = scores_in_force([lead])
    if not known:
        [row] = rescore(agency_id=lead.agency_id, lead_ids=[lead.pk], now=now, is_news=False).written
        lead.refresh_from_db()
        return row
    return known[lead.pk]
