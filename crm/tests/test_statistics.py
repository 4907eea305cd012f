"""Figures: each is the number of the rows behind it, counted in the client's days, of the reader's own people."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.urls import reverse

from accounts.models import Membership
from accounts.scope import PlatformUse, agency_scope, platform_scope, scoped
from conftest import Cast
from crm import statistics
from crm.models import Call, Campaign, Lead
from crm.statistics import FIGURES, Chosen

MIDNIGHT = datetime(2026, 11, 20, 5, tzinfo=UTC)  # of the 20th, in New York


def chosen(cast: Cast, **more: Any) -> Chosen:
    client = cast.brightside.client
    return Chosen(client.pk, client.slug, "America/New_York", **more)


def call(cast: Cast, at: datetime, **more: Any) -> Call:
    house = cast.brightside
    made: Call = Call.unscoped.create(
        **{
            "agency_id": house.client.agency_id, "client": house.client, "lead": house.lead, "direction": "outbound",
            "external_id": f"{at.isoformat()} {len(more)} {more.get('disposition', '')}", "started_at": at, **more,
        }
    )  # fmt: skip
    return made


@pytest.fixture
def busy(cast: Cast) -> Cast:
    """Brightside with calls just before and after midnight, texts both ways, and one lead in a good mood."""
    with agency_scope(cast.larkspur.pk):
        before = MIDNIGHT - timedelta(minutes=1)
        call(cast, before, disposition="No Answer")
        call(cast, MIDNIGHT, disposition="Voicemail", campaign=cast.brightside.work.campaign)
        call(cast, MIDNIGHT, disposition="Meeting Booked")
        call(cast, MIDNIGHT, disposition="left vm")
        call(cast, MIDNIGHT + timedelta(days=1), disposition="Not Interested")
        call(cast, MIDNIGHT, kind="text")
        call(cast, MIDNIGHT, kind="text", direction="inbound", campaign=cast.brightside.work.campaign)
        call(cast, MIDNIGHT, kind="chat", direction="inbound")
        Lead.unscoped.filter(pk=cast.brightside.lead.pk).update(sentiment="positive")
        Campaign.unscoped.create(
            agency_id=cast.larkspur.pk, client=cast.brightside.client, name="Later", status="draft"
        )
    return cast


def figures(cast: Cast, who: str = "nora", **more: Any) -> dict[str, int]:
    actor = cast.actor(who)
    with scoped(actor.scope):
        return {figure.key: many for figure, many in statistics.six(actor, chosen(cast, **more))}


def test_six_figures(busy: Cast) -> None:
    assert figures(busy) == {"leads": 1, "campaigns": 2, "active": 1, "sent": 1, "replies": 2, "positive": 1}
    assert figures(busy, campaign_id=busy.brightside.work.campaign.pk) == {
        "leads": 1, "campaigns": 1, "active": 1, "sent": 0, "replies": 1, "positive": 1,
    }  # fmt: skip


def test_calls_are_counted_in_the_clients_days(busy: Cast) -> None:
    nora = busy.actor("nora")
    with scoped(nora.scope):
        told = statistics.outcomes(nora, chosen(busy, first=date(2026, 11, 20), last=date(2026, 11, 20)))

    assert {words: many for words, _, many in told.by_words if many} == {
        "Voicemail": 1, "Meeting Booked": 1, "left vm": 1,
    }  # fmt: skip
    assert (told.by_category, told.every) == (
        [("Access", 1), ("Conversation", 0), ("Opportunity", 1), ("Hard stop", 0), ("Other words", 1)], 3,
    )  # fmt: skip


def test_each_number_is_the_number_of_its_rows(busy: Cast) -> None:
    nora, of = busy.actor("nora"), chosen(busy)
    with scoped(nora.scope):
        told = statistics.outcomes(nora, of)
        counted = {figure.key: many for figure, many in statistics.six(nora, of)} | {"calls": told.every}
        listed = {key: len(statistics.rows(nora, of, key)) for key in FIGURES}
        words = {each: len(statistics.rows(nora, of, "calls", each)) for each, *_ in told.by_words}
        funnel = {each: len(statistics.rows(nora, of, "calls", "", each)) for each, _ in told.by_category}

    assert listed == counted
    assert words == {each: many for each, _, many in told.by_words}
    assert funnel == dict(told.by_category)
    assert sum(funnel.values()) == told.every == 5


def test_page_links_each_number_to_its_rows(busy: Cast) -> None:
    hannah = busy.browser("hannah")
    page = hannah.get(reverse("crm:statistics")).content.decode()
    behind = reverse("crm:statistics_rows") + "?client=brightside-dental&of=calls&words=left+vm"
    listed = hannah.get(behind).content.decode()

    people = busy.browser("nora").get(reverse("crm:statistics_rows") + "?client=brightside-dental&of=leads")
    assert reverse("crm:lead", args=[busy.brightside.lead.pk]) in people.content.decode()
    assert behind.replace("&", "&amp;") in page
    assert ("Lee Brightside Dental" in listed, listed.count("<tr>")) == (True, 2)


def test_others_people_and_clients_are_not_counted(busy: Cast) -> None:
    with platform_scope(PlatformUse.ADMIN):
        Membership.unscoped.filter(user=busy.people["bea"]).update(record_access="own")
    foreign = f"?campaign={busy.delgado.work.campaign.pk}"

    assert figures(busy, "bea") == dict.fromkeys(
        ("leads", "campaigns", "active", "sent", "replies", "positive"), 0
    )
    assert [busy.browser(who).get(reverse("crm:statistics") + foreign).status_code for who in ("hannah", "otto")] == [
        404, 404,
    ]  # fmt: skip


@pytest.mark.parametrize(
    "query", ["?from=x&to=y", "?from=2026-02-01&to=2026-01-01", "?campaign=x", "?client=nobody"]
)
def test_addresses_that_mean_nothing_do_no_harm(cast: Cast, query: str) -> None:
    expected = 404 if "campaign" in query else 200
    assert cast.browser("hannah").get(reverse("crm:statistics") + query).status_code == expected
