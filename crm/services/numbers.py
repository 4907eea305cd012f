"""Whether a person's number is right."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from accounts.tenancy import Actor
from crm.models import Lead
from crm.services.timeline import tell


@transaction.atomic
def clear_wrong_number(*, actor: Actor, lead_id: UUID, reason: str, now: datetime) -> Lead:
    """The number is right after all: the person may come up in call queues again. Saying it twice does nothing twice.

    Raises `Lead.DoesNotExist`.
    """
    rows = Lead.objects.for_actor(actor).select_for_update(of=("self",))
    lead: Lead = rows.get(pk=lead_id, erased_at=None, merged_into=None)
    if not lead.phone_is_wrong:
        return lead
    lead.phone_is_wrong = False
    lead.save(update_fields=("phone_is_wrong", "updated_at"))
    tell(
        about=lead,
        lead_id=lead.pk,
        actor=actor,
        action="number_cleared",
        metadata={"reason": reason},
        now=now,
    )
    return lead
