"""A client's own weights: what they would change is looked at first, and a change is a new version."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from accounts.services.audit import Origin, record_by
from accounts.services.clients import hold_client
from accounts.tenancy import Actor
from crm.models import Lead, ScoringModel, ScoringRound
from crm.score_weights import WEIGHTS
from crm.scoring import Score, score
from crm.services.score_facts import gather
from crm.services.score_learning import as_learned, learn
from crm.services.scoring import Weighing, weighings

PREVIEWED = 8


class WeightsChanged(Exception):
    """Somebody saved another version meanwhile. ``newest`` is what counts now."""

    def __init__(self, newest: Weighing) -> None:
        super().__init__(f"version {newest.version}")
        self.newest = newest


@dataclass(frozen=True, slots=True)
class Effect:
    lead: Lead
    before: Score
    after: Score

    @property
    def differs(self) -> bool:
        return (self.before.total, self.before.tier) != (self.after.total, self.after.tier)


@transaction.atomic
def save_weights(
    *,
    actor: Actor,
    client_id: UUID,
    weights: Mapping[str, int],
    seen: int,
    now: datetime,
    origin: Origin,
    learned: bool = False,
) -> Weighing:
    """Let ``weights`` count as the next version, and all leads of the client be added up anew in the background.

    ``seen`` is the version that was changed. Weights as they stand make no version. Those that began with a suggestion
    are ``learned``, and remember it. Raises `WeightsChanged`.
    """
    client = hold_client(actor, client_id)  # one after the other
    newest = weighings(client.agency_id, [client_id])[client_id]
    if newest.version != seen:
        raise WeightsChanged(newest)
    chosen = {each.name: weights[each.name] for each in WEIGHTS}
    changed = {name: [newest.weights[name], to] for name, to in chosen.items() if newest.weights[name] != to}
    if not changed:
        return newest
    made = ScoringModel.unscoped.create(
        agency_id=client.agency_id, client=client, version=newest.version + 1, weights=chosen, made_by_id=actor.user_id,
        learned_from=as_learned(learn(actor=actor, client_id=client_id, now=now)) if learned else {},
    )  # fmt: skip
    _begin_anew(actor, client_id, now)
    record_by(
        actor, "scoring_weights_changed", now=now, client_id=client_id, target=client.name, origin=origin,
        details={"version": made.version, "changed": changed},
    )  # fmt: skip
    return Weighing(made.version, chosen)


def _begin_anew(actor: Actor, client_id: UUID, now: datetime) -> None:
    own = {"agency_id": actor.agency_id, "client_id": client_id}
    ScoringRound.unscoped.bulk_create([ScoringRound(**own, due_at=now)], ignore_conflicts=True)
    held = ScoringRound.unscoped.select_for_update().get(**own)
    held.after, held.due_at = None, now
    held.save(update_fields=["after", "due_at", "updated_at"])


@transaction.atomic
def preview(*, actor: Actor, client_id: UUID, weights: Mapping[str, int], now: datetime) -> list[Effect]:
    """What ``weights`` would make of the sums of the people who were in contact last. Nothing is written."""
    leads = list(Lead.objects.for_actor(actor).filter(client_id=client_id).recently_active()[:PREVIEWED])
    facts = gather(agency_id=actor.agency_id, leads=leads, now=now)
    current = weighings(actor.agency_id, [client_id])[client_id].weights
    return [Effect(lead, score(facts[lead.pk], current), score(facts[lead.pk], weights)) for lead in leads]
