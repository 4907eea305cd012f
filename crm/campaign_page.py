"""What the pages of campaigns show."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db.models import Count, IntegerField, OuterRef, Q, Subquery
from django.db.models.functions import Lower

from accounts.models import Client
from accounts.newest import page_of
from accounts.tenancy import Actor
from crm.models import Call, Campaign, CampaignMember, Lead, Market, Note
from crm.searching import search_leads

STATES = {"active": "ok", "paused": "warn", "draft": "", "completed": ""}
MOST_FOUND = 50
HISTORY = 8


def campaigns(
    actor: Actor, status: str, client_id: UUID | None, market_id: UUID | None = None
) -> list[Campaign]:
    """Campaigns of the actor with how many people they hold, those that run first."""
    rows = Campaign.objects.for_actor(actor).select_related("client", "market")
    if status in Campaign.Status.values:
        rows = rows.filter(status=status)
    if client_id:
        rows = rows.filter(client_id=client_id)
    if market_id:
        rows = rows.filter(market_id=market_id)
    counted = rows.annotate(
        people=Count("members"), waiting=Count("members", filter=Q(members__status="active"))
    )
    order = {"active": 0, "paused": 1, "draft": 2, "completed": 3}
    return sorted(counted, key=lambda each: (order[each.status], each.name.casefold()))


def markets_shown(actor: Actor) -> list[Any]:
    """Markets of the actor by name, with how many of the campaigns that they see aim at each as ``used``."""
    campaigns_seen = Campaign.objects.for_actor(actor).filter(market=OuterRef("pk")).order_by()
    counted = campaigns_seen.values("market").annotate(n=Count("pk")).values("n")
    rows = Market.objects.for_actor(actor).filter(Q(client=None) | Q(client__archived_at=None))
    shown = rows.select_related("client").annotate(used=Subquery(counted, output_field=IntegerField()))
    return list(shown.order_by(Lower("name"), "pk"))


def members(actor: Actor, campaign: Campaign, status: str, before: str) -> tuple[list[CampaignMember], str]:
    """One page of the people in a campaign, newest first."""
    rows = CampaignMember.objects.for_actor(actor).filter(campaign=campaign).select_related("lead", "held_by")
    if status in CampaignMember.Status.values:
        rows = rows.filter(status=status)
    return page_of(rows.order_by("-added_at", "-pk"), "added_at", before)


def states(actor: Actor, campaign: Campaign) -> list[tuple[str, str, int]]:
    """(status, in words, how many) for each of the four."""
    rows = CampaignMember.objects.for_actor(actor).filter(campaign=campaign)
    counted = dict(rows.order_by().values_list("status").annotate(Count("pk")))
    return [(each.value, each.label, counted.get(each.value, 0)) for each in CampaignMember.Status]


def to_add(actor: Actor, campaign: Campaign, q: str) -> list[Lead]:
    """People of the client who are not in the campaign yet: those found, else the latest active."""
    rows = (
        Lead.objects.for_actor(actor).filter(client_id=campaign.client_id, erased_at=None).recently_active()
    )
    if q:
        rows = rows.filter(pk__in=search_leads(q, client_id=campaign.client_id, most=500))
    there = CampaignMember.objects.for_actor(actor).filter(campaign=campaign).values("lead_id")
    return list(rows.exclude(pk__in=there)[:MOST_FOUND])


def history(actor: Actor, lead: Lead) -> dict[str, Any]:
    """What a caller should know: the last calls and notes."""
    calls = Call.objects.for_actor(actor).filter(lead=lead).select_related("called_by").newest_first()
    notes = (
        Note.objects.for_actor(actor)
        .filter(lead=lead)
        .select_related("author")
        .order_by("-pinned", "-created_at")
    )
    return {"calls": list(calls.defer("raw", "transcript")[:HISTORY]), "notes": list(notes[:HISTORY])}


def client_of(actor: Actor, clients: Mapping[str, UUID], slug: str) -> Client | None:
    found: Client | None = (
        Client.objects.for_actor(actor).filter(pk=clients.get(slug)).first() if slug else None
    )
    return found
