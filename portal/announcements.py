"""News that becomes notices to people."""

from datetime import datetime
from uuid import UUID

from django.urls import reverse

from accounts.models import ClientAssignment, Membership
from accounts.permissions import allowed
from accounts.principal import load_principal
from accounts.roles import AGENCY_ROLES, Role
from crm.models import Call, Lead
from crm.score_weights import HOT
from crm.services.readers import sees_lead
from integrations.models import OutboxEvent
from notifications.services.notices import notify

TITLES = {
    "needs_attention": "{who} wants a call back from {client}",
    "very_good": "{who} is ready to book with {client}",
}


def announce_call(event: OutboxEvent, now: datetime) -> None:  # noqa: ARG001  every subscriber is told the time
    """Tell the people who work for the client about a caller who waits or wants to buy. Idempotent."""
    call = Call.unscoped.select_related("lead", "client").get(pk=event.payload["call_id"])
    if call.category not in TITLES:
        return
    who = call.lead.name if call.lead else call.caller
    notify(
        agency_id=call.agency_id,
        client_id=call.client_id,
        user_ids=_people_of(call),
        event=f"call_{call.category}",
        title=TITLES[call.category].format(who=who[:80], client=call.client.name[:80]),
        body=call.summary,
        link_url=reverse("crm:inbox_call", args=[call.pk]),
        dedupe_key=f"call:{call.pk}",
    )


def announce_hot(event: OutboxEvent, now: datetime) -> None:  # noqa: ARG001  every subscriber is told the time
    """Tell the agency's owner of a lead that it has become hot, or without one those who work for the client.

    Whoever made it so by hand knows. Idempotent.
    """
    lead = (
        Lead.unscoped.select_related("client").filter(pk=event.payload["lead_id"], archived_at=None).first()
    )
    if lead is None or lead.tier != HOT:
        return
    owner = lead.owner_id
    people = [owner] if owner and sees_lead(owner, lead) and _may_see(owner, lead) else _people_of(lead)
    notify(
        agency_id=lead.agency_id,
        client_id=lead.client_id,
        user_ids=[person for person in people if str(person) != event.payload["by"]],
        event="lead_hot",
        title=f"{lead.name[:80]} is hot now at {lead.client.name[:80]}",
        body=f"Their score is {lead.score}. See what it is made of.",
        link_url=reverse("crm:lead", args=[lead.pk]),
        dedupe_key=f"hot:{event.payload['score_id']}",
    )


def _people_of(about: Call | Lead) -> list[UUID]:
    """Staff who work on the client's leads and are assigned to it; where there are none, the agency's owners."""
    roles = [role for role in AGENCY_ROLES if allowed([role], "leads.see")]
    staff = Membership.unscoped.filter(
        agency_id=about.agency_id,
        role__in=roles,
        accepted_at__isnull=False,
        revoked_at=None,
        user__is_active=True,
    )
    assigned = ClientAssignment.unscoped.filter(client_id=about.client_id).values("user_id")
    people = set(staff.filter(user_id__in=assigned).values_list("user_id", flat=True))
    people = {person for person in people if _may_see(person, about)}
    return sorted(people or staff.filter(role=Role.AGENCY_OWNER).values_list("user_id", flat=True))


def _may_see(person: UUID, about: Call | Lead) -> bool:
    """Whoever sees their own records alone hears of those alone."""
    principal = load_principal(person)
    seat = principal.seats.get(f"{about.agency_id}/") if principal else None
    if seat is None:
        return False
    return not seat.own_records or bool(type(about).objects.for_actor(seat).filter(pk=about.pk).exists())
