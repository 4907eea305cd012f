"""Leads added and changed by hand. Two who change one person at once lose nothing of what they typed."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from accounts.models import Client
from accounts.tenancy import Actor
from crm.editing import EditConflict, changed_fields
from crm.extras import as_lines, joined, set_aside, typeable
from crm.identity import work_domain
from crm.models import Lead
from crm.services.companies import company_for
from crm.services.statuses import refresh_status
from crm.services.timeline import tell
from lib import phones

PLAIN = (
    "first_name", "last_name", "display_name", "email", "email_status", "phone", "company_name", "title", "seniority",
    "linkedin_url", "industry", "location", "city", "state", "country", "timezone", "source", "external_ref", "value",
    "currency", "notes",
)  # fmt: skip
FIELDS = (*PLAIN, "extras")
WORDS = {
    "email": "e-mail", "email_status": "e-mail status", "display_name": "name as shown", "company_name": "company",
    "linkedin_url": "LinkedIn", "external_ref": "reference", "notes": "remarks", "extras": "further facts",
    "value": "expected value",
}  # fmt: skip


class EmailTaken(Exception):
    """Another lead of the client has the address."""


def region_of(client: Client) -> str:
    """The country whose numbers people of the client write without a prefix."""
    return client.phone_country


def as_text(lead: Lead) -> dict[str, str]:
    """What the form shows of ``lead``, by field."""
    said = {name: _text(getattr(lead, name)) for name in PLAIN}
    return {**said, "extras": as_lines(typeable(lead.enrichment_data))}


def _text(value: Any) -> str:
    return "" if value is None else str(value)


@transaction.atomic
def create_lead(*, actor: Actor, client_id: UUID, values: Mapping[str, Any], now: datetime) -> Lead:
    """Add a person to a client of the actor. ``values`` holds ``FIELDS``. Raises `EmailTaken`."""
    client: Client = Client.objects.for_actor(actor).get(pk=client_id, archived_at=None)
    lead = Lead(agency_id=client.agency_id, client=client)
    _write(lead, values, FIELDS)
    _save(lead, new=True)
    tell(
        about=lead,
        lead_id=lead.pk,
        actor=actor,
        action="lead_created",
        metadata={"source": lead.source},
        now=now,
    )
    refresh_status(agency_id=lead.agency_id, lead_ids=[lead.pk])
    return lead


@transaction.atomic
def update_lead(
    *, actor: Actor, lead_id: UUID, seen: Mapping[str, str], values: Mapping[str, Any], now: datetime
) -> list[str]:
    """Write what differs from ``seen``, which is how the form first showed the lead; return those fields.

    What others changed meanwhile stays, unless the same field was changed to something else: then nothing is written.
    Raises `Lead.DoesNotExist`, `EditConflict`, `EmailTaken`.
    """
    rows = Lead.objects.for_actor(actor).select_related("client").select_for_update(of=("self",))
    lead: Lead = rows.get(pk=lead_id, erased_at=None, merged_into=None)
    current, mine = as_text(lead), {name: _typed(name, values[name]) for name in FIELDS}
    changed = changed_fields(seen=seen, mine=mine, current=current)
    if "extras" in changed and set(values["extras"]) & set(set_aside(lead.enrichment_data)):
        raise EditConflict({"extras": current["extras"]}, current)  # came up since the form looked
    if changed:
        _write(lead, values, changed)
        _save(lead)
        names = [WORDS.get(name, name.replace("_", " ")) for name in changed]
        tell(
            about=lead,
            lead_id=lead.pk,
            actor=actor,
            action="lead_changed",
            metadata={"fields": names},
            now=now,
        )
        refresh_status(agency_id=lead.agency_id, lead_ids=[lead.pk])
    return changed


def _typed(name: str, value: Any) -> str:
    if name == "extras":
        return as_lines(value)
    if isinstance(value, Decimal):
        return f"{value:.2f}"
    return _text(value)


def _write(lead: Lead, values: Mapping[str, Any], names: list[str] | tuple[str, ...]) -> None:
    before = f"{lead.first_name} {lead.last_name}".strip()
    follows = lead.display_name in ("", before)
    for name in names:
        if name != "extras":
            setattr(lead, name, values[name])
    if "extras" in names:
        lead.enrichment_data = joined(lead.enrichment_data, values["extras"])
    if ("display_name" not in names and follows) or not lead.display_name:
        lead.display_name = f"{lead.first_name} {lead.last_name}".strip() or lead.display_name
    if "phone" in names:
        lead.phone_e164 = phones.parse(lead.phone, region_of(lead.client)).e164
        lead.phone_is_wrong = False
    if {"company_name", "email"} & set(names):
        lead.company = company_for(
            agency_id=lead.agency_id,
            client_id=lead.client_id,
            name=lead.company_name,
            domain=work_domain(lead.email),
        )
        lead.company_name = lead.company_name or (lead.company.name if lead.company else "")


def _save(lead: Lead, *, new: bool = False) -> None:
    try:
        with transaction.atomic():
            lead.save(force_insert=new)
    except IntegrityError as error:
        if "lead_email_once_per_client" in str(error):
            raise EmailTaken from None
        raise
