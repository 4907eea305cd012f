"""One deed for many leads: one transaction, their rows held in the order of their ids, a reason for each left out."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, models, transaction
from django.db.models import QuerySet

from accounts.models import Client
from accounts.permissions import Level
from accounts.services.audit import Origin, record_by
from accounts.tenancy import Actor
from crm.models import Campaign, CampaignMember, Lead, PipelineStage, Tag
from crm.services.board import ReasonMissing, move_lead
from crm.services.facts import NoSuchOwner, set_facts
from crm.services.statuses import refresh_status
from crm.services.suppression import suppressed_leads
from crm.services.tags import named_tag, put_on, take_off
from crm.services.timeline import line, tell, tell_all

MOST = 200  # in one transaction
MOST_AT_ONCE = 2000  # of one deed, batch after batch


class Deed(models.TextChoices):
    OWNER = "owner", "Give to an owner"
    STAGE = "stage", "Move to a stage"
    TAG = "tag", "Put a tag on"
    UNTAG = "untag", "Take a tag off"
    CAMPAIGN = "campaign", "Add to a campaign"
    SENTIMENT = "sentiment", "Set the sentiment"
    DISQUALIFY = "disqualify", "Disqualify"
    ARCHIVE = "archive", "Archive"
    RESTORE = "restore", "Take out of the archive"


NEEDS = {Deed.CAMPAIGN: ("campaigns.edit", Level.WRITE), Deed.ARCHIVE: ("leads.erase", Level.ADMINISTER)}
NEEDS[Deed.RESTORE] = NEEDS[Deed.ARCHIVE]  # as for one person
EVENTS = {Deed.ARCHIVE: "lead_archived", Deed.RESTORE: "lead_restored"}  # of the audit


@dataclass(frozen=True, slots=True)
class Choice:
    """What the deed is about: a person's id or nobody, the name of a stage or tag, or a campaign's id."""

    owner_id: UUID | None = None
    name: str = ""
    reason: str = ""  # of a stage that is lost
    campaign_id: UUID | None = None
    sentiment: str = ""


@dataclass(frozen=True, slots=True)
class Refusal:
    name: str  # of the lead
    why: str


@dataclass(slots=True)
class Outcome:
    done: list[Lead] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)
    gone: int = 0  # that the person does not see, or no longer

    def refuse(self, lead: Lead, why: str) -> None:
        self.refused.append(Refusal(lead.name, why))

    def add(self, other: "Outcome") -> None:
        self.done += other.done
        self.refused += other.refused
        self.gone += other.gone


class Refused(Exception):
    """One lead can't be changed so; the text says why."""


def may_do(actor: Actor, deed: Deed) -> bool:
    return actor.can(*NEEDS.get(deed, ("leads.edit", Level.OWN)))


class TooMany(Exception):
    """More people than one deed takes."""


def bulk_edit_all(
    *, actor: Actor, lead_ids: Iterable[UUID], deed: Deed, choice: Choice, now: datetime, origin: Origin
) -> Outcome:
    """As `bulk_edit` for up to ``MOST_AT_ONCE``, batch by batch: nobody waits long for a person of the list.

    What was done before something unforeseen stays done. Raises `TooMany` before anything is.
    """
    wanted = sorted(set(lead_ids))
    if len(wanted) > MOST_AT_ONCE:
        raise TooMany
    outcome = Outcome()
    for n in range(0, len(wanted), MOST):
        batch = wanted[n : n + MOST]
        outcome.add(bulk_edit(actor=actor, lead_ids=batch, deed=deed, choice=choice, now=now, origin=origin))
    return outcome


@transaction.atomic
def bulk_edit(
    *, actor: Actor, lead_ids: Iterable[UUID], deed: Deed, choice: Choice, now: datetime, origin: Origin
) -> Outcome:
    """Do ``deed`` to all of the leads that allow it. The others are named with their reasons; nothing is half done."""
    wanted = set(lead_ids)
    if (
        deed == Deed.STAGE
    ):  # stages before leads, as on the board: who takes them the other way round waits for ever
        list(_stages(actor, choice).order_by("pk").select_for_update(of=("self",), no_key=True))
    rows = Lead.objects.for_actor(actor).filter(pk__in=wanted, erased_at=None, merged_into=None)
    leads = list(rows.order_by("pk").select_for_update(of=("self",)))
    outcome = Outcome(gone=len(wanted) - len(leads))
    resting = [lead for lead in leads if (lead.archived_at is not None) != (deed == Deed.RESTORE)]
    for lead in resting:
        outcome.refuse(lead, "is not in the archive" if deed == Deed.RESTORE else "is in the archive")
    able = [lead for lead in leads if lead not in resting]
    DEEDS[deed](actor, able, choice, now, outcome)
    for lead in outcome.done if deed in EVENTS else ():
        record_by(actor, EVENTS[deed], now=now, client_id=lead.client_id, target=str(lead.pk), origin=origin)
    return outcome


Do = Callable[[Actor, Sequence[Lead], Choice, datetime, Outcome], None]


def _each(one: Callable[[Actor, Lead, Choice, datetime], None]) -> Do:
    """The deed for one lead as a deed for many."""

    def do(actor: Actor, leads: Sequence[Lead], choice: Choice, now: datetime, outcome: Outcome) -> None:
        for lead in leads:
            try:
                with transaction.atomic():
                    one(actor, lead, choice, now)
            except Refused as refused:
                outcome.refuse(lead, str(refused))
            else:
                outcome.done.append(lead)

    return do


def _own(actor: Actor, lead: Lead, choice: Choice, now: datetime) -> None:
    try:
        set_facts(
            actor=actor, lead_id=lead.pk, status_by_hand=lead.status_by_hand, sentiment=lead.sentiment,
            owner_id=choice.owner_id, now=now,
        )  # fmt: skip
    except NoSuchOwner:
        raise Refused("is of a client that this person does not work with") from None


def _disqualify(actor: Actor, lead: Lead, _choice: Choice, now: datetime) -> None:
    if lead.status_by_hand == Lead.Status.CONVERTED:
        raise Refused("is a customer already")
    set_facts(
        actor=actor, lead_id=lead.pk, status_by_hand=Lead.Status.DISQUALIFIED, sentiment=lead.sentiment,
        owner_id=lead.owner_id, now=now,
    )  # fmt: skip


def _feel(actor: Actor, lead: Lead, choice: Choice, now: datetime) -> None:
    set_facts(
        actor=actor, lead_id=lead.pk, status_by_hand=lead.status_by_hand, sentiment=choice.sentiment,
        owner_id=lead.owner_id, now=now,
    )  # fmt: skip


def _archive(actor: Actor, lead: Lead, _choice: Choice, now: datetime) -> None:
    lead.archived_at = now
    lead.save(update_fields=("archived_at", "updated_at"))
    tell(about=lead, lead_id=lead.pk, actor=actor, action="lead_archived", now=now)


def _restore(actor: Actor, lead: Lead, _choice: Choice, now: datetime) -> None:
    lead.archived_at = None
    try:
        lead.save(update_fields=("archived_at", "updated_at"))
    except IntegrityError:
        raise Refused("has the e-mail address of somebody on the list") from None
    tell(about=lead, lead_id=lead.pk, actor=actor, action="lead_restored", now=now)


def _by_client(leads: Sequence[Lead]) -> dict[UUID, list[Lead]]:
    found: dict[UUID, list[Lead]] = {}
    for lead in leads:
        found.setdefault(lead.client_id, []).append(lead)
    return found


def _stage(actor: Actor, leads: Sequence[Lead], choice: Choice, now: datetime, outcome: Outcome) -> None:
    """Each to the top of the stage of that name of its own client."""
    by_client = {stage.client_id: stage for stage in _stages(actor, choice)}
    for lead in leads:
        stage = by_client.get(lead.client_id)
        if stage is None:
            outcome.refuse(lead, f"is of a client without a stage “{choice.name}”")
            continue
        try:
            move_lead(actor=actor, lead_id=lead.pk, stage_id=stage.pk, now=now, reason=choice.reason)
        except ReasonMissing:
            outcome.refuse(lead, "needs a reason to be lost")
        else:
            outcome.done.append(lead)


def _stages(actor: Actor, choice: Choice) -> QuerySet[PipelineStage]:
    rows: QuerySet[PipelineStage] = PipelineStage.objects.for_actor(actor).filter(name__iexact=choice.name)
    return rows


def _tag(actor: Actor, leads: Sequence[Lead], choice: Choice, now: datetime, outcome: Outcome) -> None:
    for client_id, own in _by_client(leads).items():
        tag = named_tag(agency_id=actor.agency_id, client_id=client_id, name=choice.name)
        put_on(actor=actor, tag=tag, leads=own, now=now)
        outcome.done += own


def _untag(actor: Actor, leads: Sequence[Lead], choice: Choice, now: datetime, outcome: Outcome) -> None:
    for client_id, own in _by_client(leads).items():
        tags = Tag.objects.for_actor(actor).filter(client_id=client_id, name__iexact=choice.name)
        if tag := tags.first():
            take_off(actor=actor, tag=tag, leads=own, now=now)
        outcome.done += own


def _campaign(actor: Actor, leads: Sequence[Lead], choice: Choice, now: datetime, outcome: Outcome) -> None:
    """Raises `Campaign.DoesNotExist`. Who is a member already stays as they are; who must not be called, and who is
    one too many, stays out."""
    campaign: Campaign = Campaign.objects.for_actor(actor).get(pk=choice.campaign_id)
    able = [lead for lead in leads if lead.client_id == campaign.client_id]
    for lead in leads:
        if lead not in able:
            outcome.refuse(
                lead, f"is not of {Client.objects.for_actor(actor).get(pk=campaign.client_id).name}"
            )
    members = CampaignMember.unscoped.filter(campaign=campaign, lead_id__in=[lead.pk for lead in able])
    known = set(members.values_list("lead_id", flat=True))
    asking = [lead for lead in able if lead.pk not in known]
    stopped = suppressed_leads(leads=asking, channel="voice", now=now)
    wanted = [lead for lead in asking if lead.pk not in stopped]
    fresh = wanted[: _room(campaign, len(wanted))]
    for lead in asking:
        if lead.pk in stopped:
            outcome.refuse(lead, "is on the do-not-contact list")
    for lead in wanted[len(fresh) :]:
        outcome.refuse(lead, f"is one more than the {campaign.total_lead_limit:,} people of this campaign")
    own = {"agency_id": campaign.agency_id, "client_id": campaign.client_id, "campaign": campaign}
    CampaignMember.unscoped.bulk_create(
        [CampaignMember(**own, lead=lead, added_at=now) for lead in fresh], ignore_conflicts=True
    )
    tell_all(
        line(
            about=lead, lead_id=lead.pk, campaign_id=campaign.pk, actor=actor, action="campaign_joined", now=now,
            metadata={"name": campaign.name},
        )
        for lead in fresh
    )  # fmt: skip
    refresh_status(agency_id=campaign.agency_id, lead_ids=[lead.pk for lead in fresh])
    members_now = known | {lead.pk for lead in fresh}
    outcome.done += [lead for lead in able if lead.pk in members_now]


def _room(campaign: Campaign, wanted: int) -> int:
    """How many of the ``wanted`` the campaign still takes."""
    if campaign.total_lead_limit is None:
        return wanted
    present = CampaignMember.unscoped.filter(agency_id=campaign.agency_id, campaign=campaign).count()
    return max(0, min(wanted, campaign.total_lead_limit - present))


DEEDS: dict[Deed, Do] = {
    Deed.OWNER: _each(_own),
    Deed.STAGE: _stage,
    Deed.TAG: _tag,
    Deed.UNTAG: _untag,
    Deed.CAMPAIGN: _campaign,
    Deed.SENTIMENT: _each(_feel),
    Deed.DISQUALIFY: _each(_disqualify),
    Deed.ARCHIVE: _each(_archive),
    Deed.RESTORE: _each(_restore),
}
