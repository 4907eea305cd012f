"""The next person to call: given to one caller at a time, and only who may be called."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import connection, transaction
from django.db.models import F, Q, QuerySet

from accounts.tenancy import Actor
from crm.dispositions import Rules
from crm.models import Call, Callback, Campaign, CampaignMember, Lead
from crm.services.calling import ONE_AT_A_TIME, Told, log_call
from crm.services.disposing import Choice, Disposed
from crm.services.statuses import refresh_status
from crm.services.suppression import suppressed_leads

HELD_FOR = timedelta(minutes=15)  # whoever walks away leaves the person to the others
SKIPPED_FOR = timedelta(hours=1)
PROMISE_KEPT_FOR = timedelta(hours=24)  # so long a callback is its caller's alone, then anybody's
MOST_STOPPED = 200  # people found on the do-not-contact list within one look


class NotYours(Exception):
    """The person is not held by who acts: the time was over, or somebody else has them."""


def mine(actor: Actor, campaign: Campaign, now: datetime) -> CampaignMember | None:
    """Whom the actor has on their screen."""
    rows = CampaignMember.objects.for_actor(actor).filter(
        campaign=campaign, held_by=actor.user_id, held_until__gt=now, status=CampaignMember.Status.ACTIVE
    )
    found: CampaignMember | None = (
        rows.select_related("lead__company", "lead__client").order_by("-held_until").first()
    )
    return found


@transaction.atomic
def next_person(*, actor: Actor, campaign_id: UUID, now: datetime) -> CampaignMember | None:
    """Give the actor the next person, or the one they have already; None when nobody is left for now.

    Callbacks that are due come first for whom they were promised by. No two callers are given the same person: rows
    that somebody is just taking are passed over. Two windows of one caller come one after the other.
    """
    with connection.cursor() as cursor:
        cursor.execute(ONE_AT_A_TIME, [f"queue:{campaign_id}:{actor.user_id}"])
    campaign = Campaign.objects.for_actor(actor).select_related("client").get(pk=campaign_id)
    if not is_open(campaign, now):
        return None
    if held := mine(actor, campaign, now):
        held.held_until = now + HELD_FOR
        held.save(update_fields=["held_until", "updated_at"])
        return held
    if is_done_for_today(campaign, now):
        return None
    for _ in range(MOST_STOPPED):
        member = _promised(actor, campaign, now) or _waiting(actor, campaign, now)
        if member is None:
            return None
        if not suppressed_leads(leads=[member.lead], channel="voice", now=now):
            member.held_by_id, member.held_until = actor.user_id, now + HELD_FOR
            member.save(update_fields=["held_by", "held_until", "updated_at"])
            return member
        member.status = CampaignMember.Status.OPTED_OUT
        member.save(update_fields=["status", "updated_at"])
        refresh_status(agency_id=member.agency_id, lead_ids=[member.lead_id])
    return None


def is_open(campaign: Campaign, now: datetime) -> bool:
    """Whether it runs, today in the client's zone included."""
    today = now.astimezone(ZoneInfo(campaign.client.timezone)).date()
    begun = campaign.start_date is None or campaign.start_date <= today
    over = campaign.end_date is not None and campaign.end_date < today
    return campaign.status == Campaign.Status.ACTIVE and begun and not over


def is_done_for_today(campaign: Campaign, now: datetime) -> bool:
    """Whether as many people were tried since midnight, in the client's zone, as the campaign allows a day."""
    if campaign.daily_lead_limit is None:
        return False
    local = now.astimezone(ZoneInfo(campaign.client.timezone))
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    tried = CampaignMember.unscoped.filter(
        agency_id=campaign.agency_id, campaign=campaign, last_attempt_at__gte=midnight
    )
    return bool(tried.count() >= campaign.daily_lead_limit)


def _callable(campaign: Campaign, now: datetime) -> QuerySet[CampaignMember]:
    """Members who may come up: whole numbers, nobody archived or erased, held by nobody else."""
    free = Q(held_until=None) | Q(held_until__lte=now)
    here = Q(lead__archived_at=None, lead__erased_at=None, lead__merged_into=None, lead__phone_is_wrong=False)
    rested = Q(hold_until=None) | Q(hold_until__lte=now)
    rows = CampaignMember.unscoped.filter(
        free,
        here,
        rested,
        agency_id=campaign.agency_id,
        campaign=campaign,
        status=CampaignMember.Status.ACTIVE,
    )
    return rows.exclude(lead__phone_e164="").select_related("lead__company", "lead__client")


def _locked(rows: QuerySet[CampaignMember]) -> CampaignMember | None:
    found: CampaignMember | None = rows.select_for_update(skip_locked=True, of=("self",)).first()
    return found


def _promised(actor: Actor, campaign: Campaign, now: datetime) -> CampaignMember | None:
    due = Callback.unscoped.filter(
        agency_id=campaign.agency_id,
        campaign=campaign,
        assigned_to=actor.user_id,
        done_at=None,
        due_at__lte=now,
    )
    for lead_id in due.order_by("due_at").values_list("lead_id", flat=True)[:20]:
        if member := _locked(_callable(campaign, now).filter(lead=lead_id)):
            return member
    return None


def _waiting(actor: Actor, campaign: Campaign, now: datetime) -> CampaignMember | None:
    """Whoever was not tried yet, then who waits longest; not those promised to another, or tried too lately."""
    rules = Rules.of(campaign.settings)
    promised = Callback.unscoped.filter(
        agency_id=campaign.agency_id, campaign=campaign, done_at=None, due_at__gt=now - PROMISE_KEPT_FOR
    ).exclude(assigned_to=actor.user_id, due_at__lte=now)
    tried = Q(last_attempt_at=None) | Q(last_attempt_at__lte=now - timedelta(hours=rules.retry_hours))
    rows = _callable(campaign, now).filter(tried).exclude(lead__in=promised.values("lead_id"))
    return _locked(rows.order_by(F("last_attempt_at").asc(nulls_first=True), "pk"))


@transaction.atomic
def finish(
    *,
    actor: Actor,
    campaign_id: UUID,
    member_id: UUID,
    choice: Choice,
    notes: str,
    seconds: int,
    now: datetime,
) -> Disposed:
    """The call was made: write it down with how it ended, keep the promise if there was one, and let the person go.

    Raises `NotYours`, and `crm.services.disposing.Refused` before anything is written.
    """
    choice.check(now)
    member = _hold(actor, campaign_id, member_id, now)
    told = Told(
        Call.Direction.OUTBOUND,
        member.lead.phone or member.lead.phone_e164,
        now,
        seconds,
        actor.user_id,
        notes,
    )
    return log_call(
        actor=actor, client_id=member.client_id, lead_id=member.lead_id, campaign_id=campaign_id, told=told,
        choice=choice, now=now,
    )  # fmt: skip


@transaction.atomic
def let_go(
    *,
    actor: Actor,
    campaign_id: UUID,
    member_id: UUID,
    now: datetime,
    until: datetime | None = None,
    reason: str = "",
) -> CampaignMember:
    """Not now: they come up again in an hour, or at ``until`` with the reason beside. Raises `NotYours`."""
    member = _hold(actor, campaign_id, member_id, now)
    member.hold_until = until or now + SKIPPED_FOR
    member.hold_reason = reason[:200] or "Skipped for an hour"
    member.held_by, member.held_until = None, None
    member.save(update_fields=["hold_until", "hold_reason", "held_by", "held_until", "updated_at"])
    return member


def _hold(actor: Actor, campaign_id: UUID, member_id: UUID, now: datetime) -> CampaignMember:
    rows = CampaignMember.objects.for_actor(actor).select_related("lead").select_for_update(of=("self",))
    wanted: dict[str, Any] = {"pk": member_id, "campaign_id": campaign_id, "held_by": actor.user_id}
    member: CampaignMember | None = rows.filter(**wanted, held_until__gt=now).first()
    if member is None:
        raise NotYours
    return member


def is_stopped(lead: Lead, now: datetime) -> bool:
    """Asked again before the number is shown: it may have been stopped since the person came up."""
    return bool(suppressed_leads(leads=[lead], channel="voice", now=now))
