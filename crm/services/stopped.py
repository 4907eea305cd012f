"""What the timelines of people say when somebody puts their number or address on the do-not-contact list by hand."""

from datetime import datetime
from uuid import UUID

from django.db.models import Q

from accounts.tenancy import Actor
from crm.models import Lead
from crm.services.timeline import line, tell_all
from crm.suppression import Kind

MOST = 50  # people of one number or address
COLUMNS = {Kind.PHONE: "phone_e164", Kind.EMAIL: "email__iexact", Kind.LINKEDIN: "linkedin_url"}


def tell_stopped(
    *, actor: Actor, client_id: UUID | None, kind: str, value: str, action: str, now: datetime
) -> int:
    """Tell ``action`` in the timelines of those whose ``value`` this is, of one client or of the agency; return how
    many. A domain, and a value that is kept as a digest alone, names nobody.
    """
    column = COLUMNS.get(Kind(kind))
    if not column or not value:
        return 0
    written = f"https://www.{value}" if kind == Kind.LINKEDIN else value  # as a person's page has it
    people = Lead.objects.for_actor(actor).filter(Q(**{column: written}), merged_into=None, erased_at=None)
    if client_id:
        people = people.filter(client_id=client_id)
    found = list(people.order_by("pk")[:MOST])
    told = {"kind": kind}
    tell_all(
        line(about=lead, lead_id=lead.pk, actor=actor, action=action, metadata=told, now=now)
        for lead in found
    )
    return len(found)
