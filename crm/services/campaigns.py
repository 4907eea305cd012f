"""Campaigns: what they say, who works them, whom they reach, and when they run."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from accounts.models import Client
from accounts.services.audit import Origin, record_by
from accounts.tenancy import Actor
from crm.dispositions import Rules
from crm.editing import changed_fields
from crm.models import Campaign, CampaignAssignment, CampaignMember, Lead
from crm.services.statuses import refresh_status
from crm.services.suppression import suppressed_leads
from crm.services.timeline import line, tell, tell_all

Status = Campaign.Status
# From where a campaign may go where. What is completed stays so: its figures are told.
MOVES: dict[str, tuple[Status, ...]] = {
    Status.DRAFT: (Status.ACTIVE,),
    Status.ACTIVE: (Status.PAUSED, Status.COMPLETED),
    Status.PAUSED: (Status.ACTIVE, Status.COMPLETED),
    Status.COMPLETED: (),
}
FIELDS = ("market", "name", "description", "script", "start_date", "end_date", "targeting", "settings",
          "daily_lead_limit", "total_lead_limit")  # fmt: skip
PLAIN = ("name", "description", "script", "start_date", "end_date", "daily_lead_limit", "total_lead_limit")
RULES = ("rest_after", "rest_days", "retry_hours")
MOST_AT_ONCE = 5000
UP_TO_SEQUENCE = (Lead.Status.NEW, Lead.Status.ENRICHED, Lead.Status.SCORED, Lead.Status.IN_SEQUENCE)


class Refused(Exception):
    """It cannot be done as things stand. The message is for the person who tried."""


@transaction.atomic
def create_campaign(
    *, actor: Actor, client: Client, values: Mapping[str, Any], now: datetime, origin: Origin
) -> Campaign:
    made: Campaign = Campaign.unscoped.create(
        agency_id=client.agency_id, client=client, **{name: values[name] for name in FIELDS}
    )
    if actor.own_records and actor.user_id:  # else it would be gone from their sight the moment it is made
        CampaignAssignment.unscoped.create(
            agency_id=made.agency_id, client=client, campaign=made, user_id=actor.user_id
        )
    _log(actor, made, {"created": True}, now, origin)
    return made


def as_text(campaign: Campaign) -> dict[str, str]:
    """What the form shows of ``campaign``, by its field."""
    rules = Rules.of(campaign.settings)
    said = {name: getattr(campaign, name) for name in PLAIN} | {
        "market": campaign.market_id,
        "targeting": campaign.targeting.get("text", ""),
        **{name: getattr(rules, name) for name in RULES},
    }
    return {name: "" if value is None else str(value) for name, value in said.items()}


@transaction.atomic
def change_campaign(
    *,
    actor: Actor,
    campaign_id: UUID,
    seen: Mapping[str, str],
    values: Mapping[str, Any],
    now: datetime,
    origin: Origin,
) -> Campaign:
    """Write what differs from ``seen``, which is how the form first showed the campaign. ``values`` are by the form's
    fields; settings and targeting that it does not know are kept.

    Raises `Campaign.DoesNotExist`, `crm.editing.EditConflict`.
    """
    campaign = hold(actor, campaign_id)
    mine = {name: "" if value is None else str(value) for name, value in values.items()}
    mine["market"] = str(values["market"].pk) if values["market"] else ""
    columns = set()
    for name in changed_fields(seen=seen, mine=mine, current=as_text(campaign)):
        columns.add("settings" if name in RULES else name)
        if name in RULES:
            campaign.settings = {**campaign.settings, name: values[name]}
        elif name == "targeting":
            campaign.targeting = {**campaign.targeting, "text": values[name]}
        else:
            setattr(campaign, name, values[name])
    if columns:
        changed = [name for name in FIELDS if name in columns]
        campaign.save(update_fields=[*changed, "updated_at"])
        _log(actor, campaign, {"fields": changed}, now, origin)
    return campaign


@transaction.atomic
def move_campaign(*, actor: Actor, campaign_id: UUID, status: str, now: datetime, origin: Origin) -> Campaign:
    """Start, pause or end. Raises `Campaign.DoesNotExist`, and `Refused` for a way that is not open."""
    campaign = hold(actor, campaign_id)
    if campaign.status == status:
        return campaign
    if status not in MOVES[campaign.status]:
        raise Refused(f"A campaign that is {campaign.get_status_display().lower()} can’t become {status}.")
    before, campaign.status = campaign.status, status
    campaign.save(update_fields=["status", "updated_at"])
    if status != Status.ACTIVE:
        CampaignMember.unscoped.filter(agency_id=campaign.agency_id, campaign=campaign).exclude(
            held_by=None
        ).update(held_by=None, held_until=None)
    _restate(campaign)
    _log(actor, campaign, {"from": before, "to": status}, now, origin)
    return campaign


def _restate(campaign: Campaign) -> None:
    """Whether the campaign runs decides who is in a sequence. Who has come further than that stays there."""
    members = CampaignMember.unscoped.filter(
        agency_id=campaign.agency_id, campaign=campaign, status=CampaignMember.Status.ACTIVE,
        lead__status__in=UP_TO_SEQUENCE,
    )  # fmt: skip
    refresh_status(agency_id=campaign.agency_id, lead_ids=members.values_list("lead_id", flat=True))


@transaction.atomic
def choose_mode(*, actor: Actor, campaign_id: UUID, mode: str, now: datetime, origin: Origin) -> Campaign:
    """How freely machines may act; "" as the client's plan says."""
    campaign = hold(actor, campaign_id)
    before = campaign.permission_mode
    if before != mode:
        campaign.permission_mode = mode
        campaign.save(update_fields=["permission_mode", "updated_at"])
        _log(actor, campaign, {"mode_from": before, "mode_to": mode}, now, origin)
    return campaign


@transaction.atomic
def assign(
    *, actor: Actor, campaign_id: UUID, user_ids: Iterable[UUID], now: datetime, origin: Origin
) -> None:
    """Let exactly these people work the campaign. Whoever they are must have been checked by the caller's form."""
    campaign, wanted = hold(actor, campaign_id), set(user_ids)
    rows = CampaignAssignment.unscoped.filter(agency_id=campaign.agency_id, campaign=campaign)
    present = set(rows.values_list("user_id", flat=True))
    if present == wanted:
        return
    rows.exclude(user_id__in=wanted).delete()
    own: dict[str, Any] = {
        "agency_id": campaign.agency_id,
        "client_id": campaign.client_id,
        "campaign": campaign,
    }
    CampaignAssignment.unscoped.bulk_create(
        (CampaignAssignment(**own, user_id=each) for each in sorted(wanted - present)), ignore_conflicts=True
    )
    CampaignMember.unscoped.filter(campaign=campaign, held_by__in=present - wanted).update(
        held_by=None, held_until=None
    )
    told = {"assigned": sorted(map(str, wanted - present)), "taken_off": sorted(map(str, present - wanted))}
    _log(actor, campaign, told, now, origin)


@dataclass(frozen=True, slots=True)
class Added:
    added: int
    stopped: int  # of these, who must not be called and came in as opted out
    present: int  # who were in it already
    gone: int  # archived, erased, or of no reach of the actor


@transaction.atomic
def add_members(*, actor: Actor, campaign_id: UUID, lead_ids: Iterable[UUID], now: datetime) -> Added:
    """Put people into a campaign. Raises `Refused` past the campaign's limit."""
    campaign, wanted = hold(actor, campaign_id), list(dict.fromkeys(lead_ids))[:MOST_AT_ONCE]
    leads = list(
        Lead.objects.for_actor(actor).filter(
            pk__in=wanted, client_id=campaign.client_id, archived_at=None, erased_at=None
        )
    )
    rows = CampaignMember.unscoped.filter(agency_id=campaign.agency_id, campaign=campaign)
    present = set(rows.filter(lead__in=leads).values_list("lead_id", flat=True))
    fresh = [lead for lead in leads if lead.pk not in present]
    if campaign.total_lead_limit is not None and rows.count() + len(fresh) > campaign.total_lead_limit:
        raise Refused(
            f"This campaign takes {campaign.total_lead_limit:,} people at most. Raise its limit first."
        )
    stopped = suppressed_leads(leads=fresh, channel="voice", now=now)
    CampaignMember.unscoped.bulk_create(_member(campaign, lead, lead.pk in stopped, now) for lead in fresh)
    tell_all(
        line(about=lead, lead_id=lead.pk, campaign_id=campaign.pk, actor=actor, action="campaign_joined",
             metadata={"name": campaign.name}, now=now)
        for lead in fresh
    )  # fmt: skip
    refresh_status(agency_id=campaign.agency_id, lead_ids=[lead.pk for lead in fresh])
    return Added(len(fresh), len(stopped), len(present), len(wanted) - len(leads))


def _member(campaign: Campaign, lead: Lead, stopped: bool, now: datetime) -> CampaignMember:
    status = CampaignMember.Status.OPTED_OUT if stopped else CampaignMember.Status.ACTIVE
    return CampaignMember(
        agency_id=campaign.agency_id, client_id=campaign.client_id, campaign=campaign, lead=lead, status=status,
        added_at=now,
    )  # fmt: skip


@transaction.atomic
def change_member(*, actor: Actor, member_id: UUID, status: str, now: datetime) -> CampaignMember:
    """Pause somebody, let them go on, or end it for them. Who opted out does not come back this way."""
    member: CampaignMember = (
        CampaignMember.objects.for_actor(actor)
        .select_for_update(of=("self",))
        .select_related("lead", "campaign")
        .get(pk=member_id)
    )
    if member.status == CampaignMember.Status.OPTED_OUT and suppressed_leads(
        leads=[member.lead], channel="voice", now=now
    ):
        raise Refused("They are on the do-not-contact list. As long as they are, nobody calls them.")
    before = member.status
    member.status, member.hold_until, member.hold_reason = status, None, ""
    member.held_by, member.held_until = None, None
    member.save(update_fields=["status", "hold_until", "hold_reason", "held_by", "held_until", "updated_at"])
    refresh_status(agency_id=member.agency_id, lead_ids=[member.lead_id])
    if before != status:
        _tell(actor, member, "campaign_member", {"from": before, "to": status}, now)
    return member


def _tell(actor: Actor, member: CampaignMember, action: str, told: Mapping[str, str], now: datetime) -> None:
    tell(
        about=member, lead_id=member.lead_id, campaign_id=member.campaign_id, actor=actor, action=action,
        metadata={"name": member.campaign.name, **told}, now=now,
    )  # fmt: skip


@transaction.atomic
def remove_member(*, actor: Actor, member_id: UUID, now: datetime) -> None:
    """Take somebody out who was never called; raises `Refused` for others, whose calls count in the figures."""
    rows = CampaignMember.objects.for_actor(actor).select_related("campaign")
    member: CampaignMember = rows.select_for_update(of=("self",)).get(pk=member_id)
    if member.attempts or member.status == CampaignMember.Status.OPTED_OUT:
        raise Refused(
            "They have been called, or asked to be left alone: that stays. You can end it for them instead."
        )
    member.delete()
    refresh_status(agency_id=member.agency_id, lead_ids=[member.lead_id])
    _tell(actor, member, "campaign_left", {}, now)


def hold(actor: Actor, campaign_id: UUID) -> Campaign:
    """Lock the campaign among those that ``actor`` may see. Raises `Campaign.DoesNotExist`."""
    held: Campaign = Campaign.objects.for_actor(actor).select_for_update(of=("self",)).get(pk=campaign_id)
    return held


def _log(actor: Actor, campaign: Campaign, details: Mapping[str, Any], now: datetime, origin: Origin) -> None:
    record_by(
        actor, "campaign_changed", now=now, client_id=campaign.client_id, target=campaign.name, origin=origin,
        details={**details, "campaign": str(campaign.pk)},
    )  # fmt: skip
