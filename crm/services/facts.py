"""What people say of a lead beside its fields: its status by hand, its sentiment, its owner."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from django.db import transaction

from accounts.models import User
from accounts.tenancy import Actor
from crm.editing import changed_fields
from crm.models import Lead
from crm.services.readers import WORKING, colleagues
from crm.services.statuses import refresh_status
from crm.services.timeline import tell


class NoSuchOwner(Exception):
    """Leads of the client can't be given to this person."""


def as_text(lead: Lead) -> dict[str, str]:
    """What the form shows of ``lead``, by field."""
    return {
        "status_by_hand": lead.status_by_hand,
        "sentiment": lead.sentiment,
        "owner": str(lead.owner_id or ""),
    }


@transaction.atomic
def set_facts(
    *,
    actor: Actor,
    lead_id: UUID,
    status_by_hand: str,
    sentiment: str,
    owner_id: UUID | None,
    now: datetime,
    seen: Mapping[str, str] | None = None,
) -> Lead:
    """Write what a person chose, where it differs from ``seen``, which is how the form first showed the lead.

    Raises `Lead.DoesNotExist`, `NoSuchOwner` for who may not work with the client, and `crm.editing.EditConflict`.
    """
    rows = Lead.objects.for_actor(actor).select_for_update(of=("self",))
    lead: Lead = rows.get(pk=lead_id, erased_at=None, merged_into=None)
    before = as_text(lead)
    mine = {"status_by_hand": status_by_hand, "sentiment": sentiment, "owner": str(owner_id or "")}
    changed = changed_fields(seen=before if seen is None else seen, mine=mine, current=before)
    if not changed:
        return lead
    if "status_by_hand" in changed:
        lead.status_by_hand = status_by_hand
    if "sentiment" in changed:
        lead.sentiment = sentiment
    if "owner" in changed:
        lead.owner = _owner(actor, lead, owner_id)
    lead.save(update_fields=[*changed, "updated_at"])
    for name in changed:
        _tell(actor, lead, name, before[name], now)
    if "status_by_hand" in changed:
        refresh_status(agency_id=lead.agency_id, lead_ids=[lead.pk])
    return lead


def _tell(actor: Actor, lead: Lead, name: str, before: str, now: datetime) -> None:
    if name == "owner":
        action = "owner_changed"
        told = {"to": str(lead.owner_id or ""), "name": lead.owner.name if lead.owner else ""}
    else:
        action = "status_set" if name == "status_by_hand" else "sentiment_set"
        told = {"from": before, "to": getattr(lead, name)}
    tell(about=lead, lead_id=lead.pk, actor=actor, action=action, metadata=told, now=now)


def _owner(actor: Actor, lead: Lead, owner_id: UUID | None) -> User | None:
    if owner_id is None:
        return None
    if owner_id != lead.owner_id and owner_id not in colleagues(actor, lead.client_id, WORKING):
        raise NoSuchOwner
    return User.objects.get(pk=owner_id)
