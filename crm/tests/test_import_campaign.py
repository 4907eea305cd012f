"""A list goes into a campaign, says where its people come from, and comes out again."""

from typing import Any

import pytest
from django.db import transaction
from django.urls import reverse

from accounts.scope import agency_scope
from conftest import NOON, Cast
from crm.models import Activity, Campaign, CampaignMember
from crm.services.importing import ImportRefused, open_campaigns
from crm.tests.test_import_jobs import ANN, BOB, Desk, text_of

CY = ["Cy", "", "cy@example.test", "", "", "", ""]


@pytest.fixture
def desk(cast: Cast) -> Desk:
    return Desk(cast)


@pytest.fixture
def campaign(desk: Desk) -> Campaign:
    with agency_scope(desk.agency_id), transaction.atomic():
        made: Campaign = Campaign.unscoped.create(
            agency_id=desk.agency_id, client=desk.house.client, name="Spring", status="active"
        )
    return made


def members(desk: Desk, campaign: Campaign) -> set[str]:
    with agency_scope(desk.agency_id), transaction.atomic():
        rows = CampaignMember.unscoped.filter(campaign=campaign)
        return set(rows.values_list("lead__email", flat=True))


def test_whoever_is_added_or_changed_joins_and_leaves_with_the_undo(desk: Desk, campaign: Campaign) -> None:
    desk.run(text_of(ANN, BOB))
    before, told = desk.leads(), desk.told()
    rows = ([*ANN[:4], "Waco", "", ""], BOB, CY, ["", "", CY[2], "", "Paris", "", ""])
    job = desk.run(text_of(*rows), policy="update", source="apollo", campaign_id=campaign.pk)
    ann, cy = desk.find(email=ANN[2]), desk.find(email=CY[2])

    assert (job.created, job.updated, job.skipped) == (1, 2, 1)
    assert members(desk, campaign) == {ANN[2], CY[2]}
    assert (ann.source, cy.source, cy.status) == ("import", "apollo", "in_sequence")
    with agency_scope(desk.agency_id), transaction.atomic():
        joined = Activity.unscoped.get(lead=cy, action="campaign_joined")
    assert (joined.campaign_id, joined.actor_id, joined.metadata) == (
        campaign.pk, desk.actor.user_id, {"name": "Spring", "job": str(job.pk)},
    )  # fmt: skip
    undone = desk.undo(job)
    assert (undone.reversed, undone.kept) == (3, 0), desk.rows(job)
    assert (members(desk, campaign), desk.leads()) == (set(), before)
    assert desk.told()["campaign_joined"] == told["campaign_joined"] + 1  # Ann’s; of Cy nothing is left


def test_who_was_in_it_stays_in_it_and_whom_somebody_called_is_kept(desk: Desk, campaign: Campaign) -> None:
    desk.run(text_of(ANN))
    with agency_scope(desk.agency_id), transaction.atomic():
        own: dict[str, Any] = {"agency_id": desk.agency_id, "client": desk.house.client, "campaign": campaign}
        CampaignMember.unscoped.create(**own, lead=desk.find(email=ANN[2]), added_at=NOON)
    rows = ([*ANN[:4], "Waco", "", ""], BOB, CY)
    job = desk.run(text_of(*rows), policy="update", campaign_id=campaign.pk)
    with agency_scope(desk.agency_id), transaction.atomic():
        CampaignMember.unscoped.filter(campaign=campaign, lead__email=BOB[2]).update(attempts=1)
    desk.undo(job)

    assert [undo for *_, undo in desk.rows(job)] == ["reversed", "kept", "reversed"]
    assert members(desk, campaign) == {ANN[2], BOB[2]}


def test_campaign_takes_no_more_than_it_may(desk: Desk, campaign: Campaign) -> None:
    with agency_scope(desk.agency_id), transaction.atomic():
        Campaign.unscoped.filter(pk=campaign.pk).update(total_lead_limit=2)
    job = desk.run(text_of(ANN, BOB, CY), campaign_id=campaign.pk)

    assert members(desk, campaign) == {ANN[2], BOB[2]}
    assert [reason for _, _, reason, _ in desk.rows(job)] == ["", "", "The campaign takes no more people."]


def test_campaigns_of_others_and_those_that_are_over_take_nobody(
    cast: Cast, desk: Desk, campaign: Campaign
) -> None:
    with agency_scope(desk.agency_id), transaction.atomic():
        own: dict[str, Any] = {"agency_id": desk.agency_id, "client": desk.house.client}
        over = Campaign.unscoped.create(**own, name="Winter", status="completed")
        offered = {each.name for each in open_campaigns(desk.actor, desk.house.client.pk)}
        hers = set(open_campaigns(cast.actor("hannah"), desk.house.client.pk))
    foreign = cast.delgado.work.campaign
    for each in (over, foreign):
        with pytest.raises(ImportRefused, match="Choose another one"):
            desk.run(text_of(ANN), campaign_id=each.pk)

    assert offered == {"Recall", "Spring"}
    assert hers == set()


def test_page_offers_the_campaigns_of_the_client(cast: Cast, desk: Desk, campaign: Campaign) -> None:
    job = desk.take(text_of(ANN))
    browser = cast.browser("nora")
    page = browser.get(reverse("crm:import", args=[job.pk])).content.decode()
    columns = {f"column_{n}": each for n, each in enumerate(job.mapping)}
    asked = {**columns, "policy": "skip", "source": "zoominfo", "campaign": str(campaign.pk)}
    answer = browser.post(reverse("crm:import_check", args=[job.pk]), asked)
    foreign = {**asked, "campaign": str(cast.delgado.work.campaign.pk)}
    refused = browser.post(reverse("crm:import_check", args=[desk.take(text_of(BOB)).pk]), foreign)
    kept = desk.reread(job)

    assert f'<option value="{campaign.pk}">Spring</option>' in page
    assert (answer.status_code, kept.campaign_id, kept.source) == (302, campaign.pk, "zoominfo")
    assert refused.status_code == 422
    assert "Choose one of the campaigns in the list." in refused.content.decode()
