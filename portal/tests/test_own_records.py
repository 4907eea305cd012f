"""People who may see their own records alone: the campaigns assigned to them, the leads they own, and nothing else."""

from typing import Any

import pytest
from django.apps import apps
from django.test import Client as Browser
from django.urls import reverse

from accounts.models import ClientAssignment, Membership
from accounts.principal import build_seats
from accounts.roles import Role
from accounts.scope import PlatformUse, agency_scope, platform_scope
from accounts.tenancy import AgencyOwned, ClientOwned
from conftest import NOON, Cast, House
from crm.models import Activity, Call, Campaign, CampaignAssignment, CampaignMember, Lead, Note
from crm.own_records import NOBODYS, OF_CAMPAIGNS, OF_LEADS
from integrations.models import OutboxEvent
from notifications.models import Notification
from portal import stats
from portal.announcements import announce_call
from portal.context import count_waiting


def limit(cast: Cast, who: str = "bea") -> None:
    with platform_scope(PlatformUse.ADMIN):
        Membership.unscoped.filter(user=cast.people[who]).update(record_access="own")


def assign(cast: Cast, house: House, who: str = "bea") -> None:
    own: dict[str, Any] = {"agency_id": house.client.agency_id, "client": house.client}
    with agency_scope(house.client.agency_id):
        CampaignAssignment.unscoped.create(**own, campaign=house.work.campaign, user=cast.people[who])


def test_every_table_is_limited_or_says_why_not() -> None:
    tables = {model for model in apps.get_app_config("crm").get_models() if issubclass(model, AgencyOwned)}

    assert set(OF_LEADS) | set(OF_CAMPAIGNS) | set(NOBODYS) >= tables
    assert not set(OF_LEADS) & set(NOBODYS)
    assert {model for model in tables if issubclass(model, ClientOwned)} <= {
        *OF_LEADS,
        *OF_CAMPAIGNS,
        *NOBODYS,
    }


@pytest.mark.parametrize(
    ("memberships", "expected"),
    [
        ([(Role.BDR, "own")], True),
        ([(Role.BDR, "all")], False),
        ([(Role.BDR, "own"), (Role.AGENCY_MEMBER, "all")], False),
        ([(Role.BDR, "own"), (Role.EDITOR, "all")], True),  # an editor sees no leads: that lifts nothing
        ([(Role.EDITOR, "own")], False),
    ],
)
def test_limit_holds_when_no_role_opens_more(
    cast: Cast, memberships: list[tuple[str, str]], expected: bool
) -> None:
    bea = cast.people["bea"]
    rows = [
        {"client_id": None, "client_access": "all", "role": role, "record_access": access}
        for role, access in memberships
    ]
    seats = build_seats(bea.pk, cast.larkspur.pk, rows, [])

    assert seats[f"{cast.larkspur.pk}/"].own_records is expected


def test_every_limited_table_shows_own_rows_alone(cast: Cast) -> None:
    """Where the database shows all, the door shows the rows of the one campaign, for each table."""
    limit(cast)
    assign(cast, cast.brightside)
    bea = cast.actor("bea")
    seen = {}
    with platform_scope(PlatformUse.ADMIN):
        for model in (*OF_LEADS, *OF_CAMPAIGNS):
            rows = model.objects.for_actor(bea)  # type: ignore[attr-defined]
            seen[model.__name__] = set(rows.values_list("client__name", flat=True))

    gone = {"Erasure"}  # is about the lead that was merged away, which is in no campaign
    assert {name: houses for name, houses in seen.items() if houses != {"Brightside Dental"}} == {
        name: set() for name in gone
    }


def test_owned_lead_is_ones_own_without_a_campaign(cast: Cast) -> None:
    limit(cast)
    bea, lead = cast.actor("bea"), cast.delgado.lead
    with agency_scope(cast.larkspur.pk):
        before = [model.objects.for_actor(bea).count() for model in (Lead, Call, Activity, Note)]
        Lead.unscoped.filter(pk=lead.pk).update(owner=cast.people["bea"])
        after = [
            set(model.objects.for_actor(bea).values_list("client_id", flat=True))
            for model in (Lead, Call, Activity, Note)
        ]

    assert (before, after) == ([0, 0, 0, 0], [{cast.delgado.client.pk}] * 4)


@pytest.fixture
def bea(cast: Cast) -> Browser:
    """Bea, who sees her own records alone: Brightside's campaign."""
    limit(cast)
    assign(cast, cast.brightside)
    return cast.browser("bea")


def statuses(browser: Browser, house: House) -> list[int]:
    call = house.call.pk
    return [
        browser.get(reverse("crm:inbox_call", args=[call])).status_code,
        browser.post(reverse("crm:note", args=[call]), {"body": "Hello"}).status_code,
        browser.post(reverse("crm:tag", args=[call]), {"name": "Roof"}).status_code,
        browser.post(reverse("crm:move", args=[call]), {"stage": ""}).status_code,
        browser.post(reverse("crm:unread", args=[call])).status_code,
    ]


def test_pages_of_others_people_do_not_exist(cast: Cast, bea: Browser) -> None:
    assert (statuses(bea, cast.brightside), statuses(bea, cast.delgado)) == (
        [200, 302, 302, 302, 302],
        [404] * 5,
    )


def test_recordings_of_others_people_do_not_exist(cast: Cast, bea: Browser) -> None:
    """To her own the answer says that there is none yet; to others' it is the page that is not there."""
    own, other = (
        bea.get(reverse("crm:recording", args=[house.call.pk])) for house in (cast.brightside, cast.delgado)
    )

    assert (own["Content-Type"].split(";")[0], other["Content-Type"].split(";")[0]) == (
        "text/plain",
        "text/html",
    )


@pytest.mark.parametrize("query", ["", "?q=Lee", "?category=warm", "?q=Lee&category=warm", "?unread=1"])
def test_inbox_lists_and_finds_own_people_alone(cast: Cast, bea: Browser, query: str) -> None:
    page = bea.get(reverse("crm:inbox") + query).content.decode()

    assert ("Lee Brightside" in page, "Lee Delgado" in page) == (True, False)


def test_board_and_lists_show_and_count_own_people_alone(cast: Cast, bea: Browser) -> None:
    """With one's own client first: another's person stands in the same stage as one's own."""
    own: dict[str, Any] = {"agency_id": cast.larkspur.pk, "client": cast.brightside.client}
    with agency_scope(cast.larkspur.pk):
        Lead.unscoped.create(**own, display_name="Somebody Else", stage=cast.brightside.stage, value=900)
        Lead.unscoped.create(**own, display_name="Nobody Placed")
    pages = {
        route: bea.get(reverse(route) + "?client=brightside-dental&view=all").content.decode()
        for route in ("crm:pipeline", "crm:leads")
    }
    seen = {
        route: ["Lee Brightside" in page, "Somebody Else" in page or "Nobody Placed" in page or "900" in page]
        for route, page in pages.items()
    }

    assert seen == {"crm:pipeline": [True, False], "crm:leads": [True, False]}


def test_counts_are_of_own_people_alone(cast: Cast, bea: Browser) -> None:
    nora, own = cast.actor("nora"), cast.actor("bea")
    with agency_scope(cast.larkspur.pk):
        assert (count_waiting(nora)[0], count_waiting(own)[0]) == (2, 1)
        assert (stats.lead_count(nora), stats.lead_count(own)) == (2, 1)


def test_taken_off_a_campaign_they_see_nothing_the_next_moment(cast: Cast, bea: Browser) -> None:
    with agency_scope(cast.larkspur.pk):
        CampaignAssignment.unscoped.filter(user=cast.people["bea"], client=cast.brightside.client).delete()

    assert statuses(bea, cast.brightside) == [404] * 5


def test_whoever_is_not_limited_pays_nothing(cast: Cast) -> None:
    """Nora's statements hold no trace of the limit."""
    nora = cast.actor("nora")
    sql = [str(model.objects.for_actor(nora).query) for model in (Lead, Call, Note, Campaign, CampaignMember)]

    assert [each for each in sql if "campaignassignment" in each or 'owner_id" =' in each] == []


def test_nobody_hears_of_callers_they_may_not_see(cast: Cast) -> None:
    """Bea works for Delgado, whose campaign is not hers; Theo for Brightside, whose campaign is."""
    for who in ("bea", "theo"):
        limit(cast, who)
    assign(cast, cast.brightside, "theo")
    told = {}
    with agency_scope(cast.larkspur.pk):
        ClientAssignment.unscoped.create(
            agency=cast.larkspur, client=cast.delgado.client, user=cast.people["bea"]
        )
        Notification.unscoped.all().delete()
        for house in (cast.brightside, cast.delgado):
            Call.unscoped.filter(pk=house.call.pk).update(category="very_good")
            event = OutboxEvent.unscoped.create(
                agency_id=cast.larkspur.pk, client=house.client, topic="test", occurred_at=NOON,
                payload={"call_id": str(house.call.pk)},
            )  # fmt: skip
            announce_call(event, NOON)
            rows = Notification.unscoped.filter(client=house.client).values_list(
                "user__display_name", flat=True
            )
            told[house.client.name] = set(rows)

    assert told == {"Brightside Dental": {"Theo"}, "Delgado Plumbing": {"Nora"}}


def test_lists_are_imported_by_nobody_who_sees_their_own_records_alone(cast: Cast) -> None:
    """The report of an import says who is known already, and an update changes them."""
    page = reverse("crm:import_new")
    before = cast.browser("theo").get(page).status_code
    limit(cast, "theo")
    browser = cast.browser("theo")

    assert (before, browser.get(page).status_code) == (200, 403)
    assert page not in browser.get(reverse("crm:leads")).content.decode()
