"""People of the demo who never called: added by hand, with a company, a note and a fact or two. All invented."""

from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.models import Client, User
from accounts.principal import load_principal
from accounts.scope import agency_scope, scoped
from crm.models import Lead
from crm.services.leads import FIELDS, create_lead
from crm.services.notes import add_note

BLANK: dict[str, Any] = {
    **dict.fromkeys(FIELDS, ""), "email_status": "unknown", "source": "manual", "value": None, "currency": "USD",
    "extras": {},
}  # fmt: skip
# slug of the client, what is known, the note
PEOPLE: tuple[tuple[str, dict[str, Any], str], ...] = (
    (
        "brightside-dental",
        {
            "first_name": "Marguerite", "last_name": "Okonkwo", "title": "HR manager",
            "company_name": "Harbor Textiles",
            "email": "marguerite@harbortextiles.example", "email_status": "verified", "phone": "(410) 555-0119",
            "city": "Baltimore", "state": "MD", "extras": {"Staff": "140", "Insurance": "Delta Dental"},
        },
        "Wants a quote for check-ups of the whole staff. @Theo, can you call her on Monday?",
    ),
    (
        "brightside-dental",
        {
            "first_name": "Marguerite", "last_name": "O.", "phone": "410-555-0119", "city": "Baltimore",
            "source": "form", "notes": "Left her number at the street fair.",
        },
        "May be Marguerite Okonkwo: same number.",
    ),
    (
        "delgado-plumbing-heating",
        {
            "first_name": "Ignatius", "last_name": "Bell", "title": "Property manager",
            "company_name": "Bell & Daughters",
            "email": "ignatius@bellproperties.example", "phone": "(512) 555-0163", "city": "Austin", "state": "TX",
            "value": Decimal("8400.00"), "extras": {"Buildings": "11"},
        },
        "Eleven buildings, all boilers from 1998. Ask for the keys at the front desk.",
    ),
)  # fmt: skip


def add_people(client: Client, author: User) -> None:
    """Add those of ``client``, once."""
    principal = load_principal(author.pk)
    actor = principal.actor() if principal else None
    wanted = [(values, note) for slug, values, note in PEOPLE if slug == client.slug]
    if actor is None or not wanted:
        return
    with agency_scope(client.agency_id), transaction.atomic():
        if Lead.unscoped.filter(client=client, phone=wanted[0][0]["phone"]).exists():
            return
    now = timezone.now()
    with scoped(actor.scope), transaction.atomic():
        for values, note in wanted:
            lead = create_lead(actor=actor, client_id=client.pk, values={**BLANK, **values}, now=now)
            add_note(actor=actor, lead_id=lead.pk, body=note, now=now)
