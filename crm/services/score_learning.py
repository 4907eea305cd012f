"""Weights suggested by who bought and who did not. A person looks at the evidence and decides."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction

from accounts.tenancy import Actor
from crm.models import Lead
from crm.score_learning import Suggestion, suggest
from crm.services.score_facts import gather
from crm.services.scoring import weighings

MOST = 1000  # people of each kind, the newest
RIPE = timedelta(days=30)  # whoever came later may still buy


@transaction.atomic
def learn(*, actor: Actor, client_id: UUID, now: datetime) -> Suggestion:
    """Compare the client's leads that are converted with those known for ``RIPE`` that are not. Nothing is written."""
    rows = (
        Lead.objects.for_actor(actor)
        .filter(client_id=client_id, archived_at=None)
        .order_by("-created_at", "-pk")
    )
    converted = list(rows.filter(status=Lead.Status.CONVERTED)[:MOST])
    others = list(rows.filter(created_at__lte=now - RIPE).exclude(status=Lead.Status.CONVERTED)[:MOST])
    facts = gather(agency_id=actor.agency_id, leads=[*converted, *others], now=now)
    held = weighings(actor.agency_id, [client_id])[client_id].weights
    return suggest((facts[lead.pk] for lead in converted), (facts[lead.pk] for lead in others), held)


def as_learned(suggestion: Suggestion) -> dict[str, Any]:
    """What a version of weights remembers of the suggestion that it was made of."""
    return {"bought": suggestion.bought, "others": suggestion.others, "suggested": suggestion.weights}
