"""The campaign into which an import puts its people, and out of which its undo takes them."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from crm.importing.planning import Deed
from crm.models import Campaign, CampaignMember, Channel, ImportJob, ImportRow
from crm.services.timeline import line, tell_all

JOINED = "campaign"  # in what a row did: the campaign that its person is in because of it
NO_ROOM = "The campaign takes no more people."


def hold_campaign(job: ImportJob) -> Campaign | None:
    """Let nobody else put people into it, or take them out, until the transaction ends."""
    if job.campaign_id is None:
        return None
    held: Campaign = Campaign.unscoped.select_for_update(of=("self",)).get(pk=job.campaign_id)
    return held


def enrol(job: ImportJob, campaign: Campaign | None, deeds: Sequence[Deed], now: datetime) -> list[UUID]:
    """Put the people of ``deeds``, none of whom is to be left alone, into the held campaign as far as there is room.

    Returns who was not in it before; their deeds say so.
    """
    if campaign is None or not deeds:
        return []
    first = {deed.lead_id: deed for deed in reversed(deeds) if deed.lead_id}
    members = CampaignMember.unscoped.filter(agency_id=job.agency_id, campaign=campaign)
    present = set(members.filter(lead__in=first).values_list("lead_id", flat=True))
    fresh = [pk for pk in dict.fromkeys(deed.lead_id for deed in deeds) if pk and pk not in present]
    limit = campaign.total_lead_limit
    room = len(fresh) if limit is None else max(0, limit - members.count())
    own: dict[str, Any] = {"agency_id": job.agency_id, "client_id": job.client_id, "campaign": campaign}
    CampaignMember.unscoped.bulk_create(
        (CampaignMember(**own, lead_id=pk, added_at=now) for pk in fresh[:room]), batch_size=2000
    )
    told = {"name": campaign.name, "job": str(job.pk)}
    tell_all(
        line(
            about=job, action="campaign_joined", now=now, user_id=job.started_by_id, channel=Channel.OTHER, lead_id=pk,
            campaign_id=campaign.pk, metadata=told,
        )
        for pk in fresh[:room]
    )  # fmt: skip
    for pk in fresh[:room]:
        first[pk].after[JOINED] = str(campaign.pk)
    for pk in fresh[room:]:
        first[pk].reason = f"{first[pk].reason} {NO_ROOM}".strip()
    return fresh[:room]


def untouched(job: ImportJob, leads: Collection[UUID]) -> QuerySet[CampaignMember]:
    """Those members of the job's campaign with whom nobody has begun anything."""
    return CampaignMember.unscoped.filter(
        agency_id=job.agency_id, campaign=job.campaign, lead__in=leads, status=CampaignMember.Status.ACTIVE,
        attempts=0, last_attempt_at=None, hold_until=None, held_by=None,
    )  # fmt: skip


def leave(job: ImportJob, rows: Iterable[ImportRow]) -> list[UUID]:
    """Take those out again whom the rows put in, save whom somebody works with there. Returns who was put in."""
    joined = [row.lead_id for row in rows if row.lead_id and JOINED in (row.after or {})]
    if joined:
        untouched(job, joined).delete()
    return joined
