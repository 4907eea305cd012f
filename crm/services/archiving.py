"""Leads put into the archive and taken out of it."""

from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction

from accounts.services.audit import Origin, record_by
from accounts.tenancy import Actor
from crm.models import Lead
from crm.services.timeline import tell


class AddressInUse(Exception):
    """Somebody active has the e-mail address by now."""


@transaction.atomic
def archive_lead(*, actor: Actor, lead_id: UUID, now: datetime, origin: Origin) -> Lead:
    """Take the lead off every list. Their next call makes a new lead. Raises `Lead.DoesNotExist`."""
    lead = _hold(actor, lead_id)
    if lead.archived_at is None:
        lead.archived_at = now
        lead.save(update_fields=["archived_at", "updated_at"])
        _remember(actor, lead, "lead_archived", now, origin)
    return lead


@transaction.atomic
def restore_lead(*, actor: Actor, lead_id: UUID, now: datetime, origin: Origin) -> Lead:
    """Raises `Lead.DoesNotExist`, `AddressInUse`."""
    lead = _hold(actor, lead_id)
    if lead.archived_at is not None:
        lead.archived_at = None
        try:
            with transaction.atomic():
                lead.save(update_fields=["archived_at", "updated_at"])
        except IntegrityError:
            raise AddressInUse from None
        _remember(actor, lead, "lead_restored", now, origin)
    return lead


def _hold(actor: Actor, lead_id: UUID) -> Lead:
    rows = Lead.objects.for_actor(actor).select_for_update(of=("self",))
    lead: Lead = rows.get(pk=lead_id, erased_at=None, merged_into=None)
    return lead


def _remember(actor: Actor, lead: Lead, what: str, now: datetime, origin: Origin) -> None:
    tell(about=lead, lead_id=lead.pk, actor=actor, action=what, now=now)
    record_by(actor, what, now=now, client_id=lead.client_id, target=str(lead.pk), origin=origin)
