"""Campaigns: who makes and runs them, whom they hold, and what may not be done."""

import json
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import AuditEvent
from accounts.proof import Proof, keep
from accounts.scope import PlatformUse, agency_scope, platform_scope, scoped
from conftest import NOON, Cast
from crm.models import (
    Call,
    Campaign,
    CampaignAssignment,
    CampaignMember,
    Customer,
    FormSubmission,
    Lead,
)
from crm.services.campaigns import Added, add_members, as_text
from crm.services.statuses import refresh_status
from crm.services.suppression import suppress_lead

FILLED = {
    "name": "Spring recall", "description": "", "targeting": "Two chairs or more", "script": "Hello, this is Bea.",
    "start_date": "2026-03-01", "end_date": "2026-03-31", "daily_lead_limit": "20", "total_lead_limit": "",
    "rest_after": "3", "rest_days": "14", "retry_hours": "20",
}  # fmt: skip


def campaign(cast: Cast) -> Campaign:
    with platform_scope(PlatformUse.ADMIN):
        found: Campaign = Campaign.unscoped.get(pk=cast.brightside.work.campaign.pk)
        return found


def url(cast: Cast, route: str, *more: Any) -> str:
    return reverse(f"crm:{route}", args=[cast.brightside.work.campaign.pk, *more])


def test_campaign_begins_as_a_draft_and_keeps_what_was_told(cast: Cast) -> None:
    response = cast.browser("theo").post(reverse("crm:campaign_new") + "?client=brightside-dental", FILLED)
    with platform_scope(PlatformUse.ADMIN):
        made = Campaign.unscoped.get(name="Spring recall")

    assert response.headers["Location"] == reverse("crm:campaign", args=[made.pk])
    assert (made.client_id, made.status, made.targeting, made.daily_lead_limit, made.settings) == (
        cast.brightside.client.pk, "draft", {"text": "Two chairs or more"}, 20,
        {"rest_after": 3, "rest_days": 14, "retry_hours": 20},
    )  # fmt: skip


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"name": ""}, "Give the campaign a name."),
        ({"end_date": "2026-02-01"}, "The last day lies before the first."),
        ({"daily_lead_limit": "0"}, "greater than or equal to 1"),
        ({"market": "00000000-0000-0000-0000-000000000000"}, "Select a valid choice"),
    ],
)
def test_refusals_stand_beside_the_field(cast: Cast, more: dict[str, str], words: str) -> None:
    response = cast.browser("nora").post(url(cast, "campaign_edit"), {**FILLED, **more})

    assert (response.status_code, words in response.content.decode()) == (422, True)
    assert campaign(cast).name == "Recall"


def test_editing_keeps_settings_that_the_form_does_not_know(cast: Cast) -> None:
    with platform_scope(PlatformUse.ADMIN):
        Campaign.unscoped.filter(pk=cast.brightside.work.campaign.pk).update(
            settings={"channel_mix": ["voice"]}
        )
    cast.browser("nora").post(url(cast, "campaign_edit"), edited(cast, rest_after="5"))

    assert campaign(cast).settings == {"channel_mix": ["voice"], "rest_after": 5}


def edited(cast: Cast, **more: str) -> dict[str, str]:
    """The form as it shows the campaign, with something else typed."""
    shown = as_text(campaign(cast))
    return {**shown, **more, "seen": json.dumps(shown)}


def test_two_who_edit_different_fields_lose_nothing(cast: Cast) -> None:
    first, second = (
        edited(cast, name="Spring recall"),
        edited(cast, script="Hello.\r\nThis is Bea.", rest_days="9"),
    )
    codes = [
        cast.browser(who).post(url(cast, "campaign_edit"), each).status_code
        for who, each in (("nora", first), ("theo", second))
    ]

    found = campaign(cast)
    assert (codes, found.name, found.script, found.settings) == (
        [302, 302], "Spring recall", "Hello.\nThis is Bea.", {"rest_days": 9},
    )  # fmt: skip


def test_two_who_edit_one_field_are_both_heard(cast: Cast) -> None:
    first, second = edited(cast, name="Spring recall"), edited(cast, name="Autumn recall", rest_days="9")
    cast.browser("nora").post(url(cast, "campaign_edit"), first)
    refused = cast.browser("theo").post(url(cast, "campaign_edit"), second)
    page, kept = refused.content.decode(), campaign(cast)
    again = cast.browser("theo").post(url(cast, "campaign_edit"), refused.context["form"].data)

    assert (refused.status_code, "it says “Spring recall” now" in page, 'value="Autumn recall"' in page) == (
        422, True, True,
    )  # fmt: skip
    assert (kept.name, kept.settings) == ("Spring recall", {})
    assert (again.status_code, campaign(cast).name, campaign(cast).settings) == (
        302, "Autumn recall", {"rest_days": 9},
    )  # fmt: skip


def test_campaign_goes_only_open_ways(cast: Cast) -> None:
    nora, moves = cast.browser("nora"), []
    for status in ("draft", "paused", "active", "completed", "active"):
        nora.post(url(cast, "campaign_status"), {"status": status})
        moves.append(campaign(cast).status)

    assert moves == ["active", "paused", "active", "completed", "completed"]


def test_who_is_in_a_sequence_follows_from_whether_the_campaign_runs(cast: Cast) -> None:
    found = campaign(cast)
    fresh, called = add_lead(cast, 1), add_lead(cast, 2, status="contacted")
    with platform_scope(PlatformUse.ADMIN):
        Campaign.unscoped.filter(pk=found.pk).update(status="draft")
        for lead in (fresh, called):
            CampaignMember.unscoped.create(
                agency_id=lead.agency_id, client_id=lead.client_id, campaign=found, lead=lead, added_at=NOON
            )
    said = []
    for status in ("active", "paused", "active", "completed"):
        cast.browser("nora").post(url(cast, "campaign_status"), {"status": status})
        with platform_scope(PlatformUse.ADMIN):
            said.append((Lead.unscoped.get(pk=fresh.pk).status, Lead.unscoped.get(pk=called.pk).status))

    assert said == [
        ("in_sequence", "contacted"), ("new", "contacted"), ("in_sequence", "contacted"), ("new", "contacted"),
    ]  # fmt: skip


def test_autopilot_asks_for_the_right_and_a_fresh_proof(cast: Cast) -> None:
    """Theo may edit and not allow it; Hannah may allow it; nobody without a fresh proof."""
    autopilot, mode, tries = {"mode": "autopilot"}, url(cast, "campaign_mode"), {}
    for who in ("theo", "hannah"):
        tries[who] = cast.browser(who).post(url(cast, "campaign_autopilot"), autopilot).status_code
    allowed = campaign(cast).permission_mode
    theo = cast.browser("theo")
    theo.post(mode, {"mode": "manual"})
    theo.post(mode, autopilot)  # round by the other way
    after = campaign(cast).permission_mode
    stale, nora = cast.browser("nora"), cast.people["nora"]
    session = stale.session
    keep(session, nora, Proof(nora.pk, "totp", NOON))
    session.save()
    asked = stale.post(url(cast, "campaign_autopilot"), autopilot)

    assert (tries, allowed, after) == ({"theo": 403, "hannah": 302}, "autopilot", "manual")
    assert (asked.status_code, "verify" in asked.headers["Location"]) == (302, True)
    assert campaign(cast).permission_mode == "manual"


def test_only_people_of_the_house_are_assigned(cast: Cast) -> None:
    nora = cast.browser("nora")
    foreign = nora.post(url(cast, "campaign_assign"), {"people": [str(cast.people["otto"].pk)]})
    nora.post(url(cast, "campaign_assign"), {"people": [str(cast.people["bea"].pk)]})
    with platform_scope(PlatformUse.ADMIN):
        rows = CampaignAssignment.unscoped.filter(campaign=cast.brightside.work.campaign)
        assigned = set(rows.values_list("user__display_name", flat=True))

    assert (foreign.status_code, assigned) == (422, {"Bea"})


def add_lead(cast: Cast, n: int, **more: Any) -> Lead:
    own: dict[str, Any] = {"agency_id": cast.larkspur.pk, "client": cast.brightside.client}
    with agency_scope(cast.larkspur.pk):
        made: Lead = Lead.unscoped.create(
            **own, display_name=f"Lead {n}", phone=f"+1410555{n:04d}", phone_e164=f"+1410555{n:04d}", **more
        )
        return made


def test_people_come_in_once_and_whoever_said_stop_as_opted_out(cast: Cast) -> None:
    one, two = add_lead(cast, 1), add_lead(cast, 2)
    with agency_scope(cast.larkspur.pk):
        suppress_lead(lead=two, reason="do_not_contact", source="test", added_by=None, now=NOON)
    nora = cast.browser("nora")
    page = nora.get(url(cast, "campaign_members_add")).content.decode()
    for _ in range(2):
        nora.post(url(cast, "campaign_members_add"), {"lead": [str(one.pk), str(two.pk)]})
    foreign = nora.post(url(cast, "campaign_members_add"), {"lead": [str(cast.delgado.lead.pk)]})
    with platform_scope(PlatformUse.ADMIN):
        rows = CampaignMember.unscoped.filter(campaign=cast.brightside.work.campaign)
        held = dict(rows.values_list("lead__display_name", "status"))

    assert ("Lead 1" in page, "Lee Brightside" in page, foreign.status_code) == (True, False, 422)
    assert held == {"Lee Brightside Dental": "active", "Lead 1": "active", "Lead 2": "opted_out"}


def test_page_says_who_was_left_out_and_why(cast: Cast) -> None:
    one, two, three = (add_lead(cast, n) for n in (1, 2, 3))
    with agency_scope(cast.larkspur.pk):
        suppress_lead(lead=two, reason="do_not_contact", source="test", added_by=None, now=NOON)
    actor = cast.actor("nora")
    with scoped(actor.scope):
        done = [
            add_members(actor=actor, campaign_id=cast.brightside.work.campaign.pk, lead_ids=ids, now=NOON)
            for ids in ([one.pk], [one.pk, two.pk, cast.delgado.lead.pk])
        ]
    said = cast.browser("nora").post(
        url(cast, "campaign_members_add"), {"lead": [str(three.pk)]}, follow=True
    )

    assert done == [Added(1, 0, 0, 0), Added(1, 1, 1, 1)]
    assert "Added 1 person." in said.content.decode()


def test_whoever_said_stop_is_in_no_sequence(cast: Cast) -> None:
    lead = cast.brightside.lead
    with agency_scope(cast.larkspur.pk):
        Call.unscoped.filter(lead=lead).update(lead=None)
        FormSubmission.unscoped.filter(lead=lead).update(lead=None)
        Customer.unscoped.filter(lead=lead).update(status="archived", archived_at=NOON)
        refresh_status(agency_id=lead.agency_id, lead_ids=[lead.pk])
        before = Lead.unscoped.get(pk=lead.pk).status
        suppress_lead(lead=lead, reason="do_not_contact", source="test", added_by=None, now=NOON)
        after = Lead.unscoped.get(pk=lead.pk).status

    assert before == "in_sequence"
    assert after != "in_sequence"


def test_limit_of_people_holds(cast: Cast) -> None:
    with platform_scope(PlatformUse.ADMIN):
        Campaign.unscoped.filter(pk=cast.brightside.work.campaign.pk).update(total_lead_limit=1)
    one = add_lead(cast, 1)
    response = cast.browser("nora").post(url(cast, "campaign_members_add"), {"lead": [str(one.pk)]})

    assert (response.status_code, "takes 1 people at most" in response.content.decode()) == (422, True)


def test_member_is_paused_ended_called_again_and_taken_out(cast: Cast) -> None:
    nora, member = cast.browser("nora"), cast.brightside.work.member
    seen = []
    for do in ("paused", "active", "completed", "nonsense"):
        nora.post(url(cast, "campaign_member", member.pk), {"do": do})
        with platform_scope(PlatformUse.ADMIN):
            seen.append(CampaignMember.unscoped.get(pk=member.pk).status)
    with platform_scope(PlatformUse.ADMIN):
        CampaignMember.unscoped.filter(pk=member.pk).update(attempts=1)
    nora.post(url(cast, "campaign_member", member.pk), {"do": "remove"})
    with platform_scope(PlatformUse.ADMIN):
        kept = CampaignMember.unscoped.filter(pk=member.pk).exists()
        CampaignMember.unscoped.filter(pk=member.pk).update(attempts=0)
    nora.post(url(cast, "campaign_member", member.pk), {"do": "remove"})
    with platform_scope(PlatformUse.ADMIN):
        left = CampaignMember.unscoped.filter(pk=member.pk).exists()

    assert (seen, kept, left) == (["paused", "active", "completed", "completed"], True, False)


def test_whoever_said_stop_does_not_come_back_by_a_button(cast: Cast) -> None:
    with agency_scope(cast.larkspur.pk):
        suppress_lead(
            lead=cast.brightside.lead, reason="do_not_contact", source="test", added_by=None, now=NOON
        )
    member = cast.brightside.work.member
    page = cast.browser("nora").post(url(cast, "campaign_member", member.pk), {"do": "active"}, follow=True)
    with platform_scope(PlatformUse.ADMIN):
        status = CampaignMember.unscoped.get(pk=member.pk).status

    assert (status, "do-not-contact list" in page.content.decode()) == ("opted_out", True)


def test_what_is_done_to_a_campaign_is_in_the_log(cast: Cast) -> None:
    cast.browser("nora").post(url(cast, "campaign_status"), {"status": "paused"})
    with agency_scope(cast.larkspur.pk):
        told = AuditEvent.unscoped.filter(event_type="campaign_changed").latest("seq")

    assert (told.target, told.details["from"], told.details["to"]) == ("Recall", "active", "paused")
    assert told.occurred_at <= timezone.now()
