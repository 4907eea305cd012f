"""What people say of a lead beside its fields: its status by hand, its sentiment, its owner."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from accounts.models import User
from accounts.tenancy import Actor
from crm.models import Lead
from crm.services.readers import WORKING, colleagues
from crm.services.statuses import refresh_status
from crm.services.timeline import tell


class NoSuchOwner(Exception):
    """Leads of the client can't be given to this person."""


@transaction.atomic
def set_facts(
    *, actor: Actor, lead_id: UUID, status_by_hand: str, sentiment: str, owner_id: UUID | None, now: datetime
) -> Lead:
    """Write what a person chose. Raises `Lead.DoesNotExist`, and `NoSuchOwner` for who may not work with the client."""
    lead: Lead = (
        Lead.objects.for_actor(actor)
        .select_for_update(of=("self",))
        .get(pk=lead_id, erased_at=None, merged_into=None)
    )
    was = (lead.status_by_hand, lead.owner_id)
    owner = _owner(actor, lead, owner_id)
    lead.status_by_hand, lead.sentiment, lead.owner = status_by_hand, sentiment, owner
    lead.save(update_fields=["status_by_hand", "sentiment", "owner", "updated_at"])
    if was[0] != status_by_hand:
        tell(
            about=lead, lead_id=lead.pk, actor=actor, action="status_set",
            metadata={"from": was[0], "to": status_by_hand}, now=now,
        )  # fmt: skip
        refresh_status(agency_id=lead.agency_id, lead_ids=[lead.pk])
    if was[1] != owner_id:
        told = {"to": str(owner_id or ""), "name": owner.name if owner else ""}
        tell(about=lead, lead_id=lead.pk, actor=actor, action="owner_changed", metadata=told, now=now)
    return lead


def _owner(actor: Actor, lead: Lead, owner_id: UUID | None) -> User | None:
    if owner_id is None:
        return None
    if owner_id != lead.owner_id and owner_id not in colleagues(actor, lead.client_id, WORKING):
        raise NoSuchOwner
    return User.objects.get(pk=owner_id)
