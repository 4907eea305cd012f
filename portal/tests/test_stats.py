"""The week's figures: whose, from when, until when."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from accounts.models import Client
from accounts.scope import agency_scope, scoped
from conftest import Cast, House
from crm.models import Call
from lib.uuid7 import uuid7
from portal import stats

NEW_YORK, KOLKATA = ZoneInfo("America/New_York"), ZoneInfo("Asia/Kolkata")
MONDAY = datetime(2026, 3, 2, tzinfo=NEW_YORK)


def make(house: House, at: datetime, **fields: Any) -> None:
    client = house.client
    with agency_scope(client.agency_id):
        usual = {"direction": "inbound", "answered": True, "call_sequence": 2, "category": "neutral"}
        Call.unscoped.create(agency_id=client.agency_id, client=client, external_id=str(uuid7()), started_at=at,
                             **{**usual, **fields})  # fmt: skip


def count(cast: Cast, start: datetime, end: datetime, who: str = "hannah") -> stats.Week:
    actor = cast.actor(who)
    with scoped(actor.scope):
        return stats.week(actor, start, end)


@pytest.mark.parametrize(
    ("now", "zone", "monday"),
    [
        (datetime(2026, 3, 4, 15, tzinfo=UTC), NEW_YORK, MONDAY),
        (datetime(2026, 3, 2, 5, tzinfo=UTC), NEW_YORK, MONDAY),  # the very midnight
        (datetime(2026, 3, 2, 4, 59, 59, tzinfo=UTC), NEW_YORK, MONDAY - timedelta(days=7)),
        (datetime(2026, 3, 1, 18, 30, tzinfo=UTC), KOLKATA, datetime(2026, 3, 2, tzinfo=KOLKATA)),
        (datetime(2026, 3, 1, 18, 29, tzinfo=UTC), KOLKATA, datetime(2026, 2, 23, tzinfo=KOLKATA)),
        (datetime(2026, 3, 9, 3, 59, tzinfo=UTC), NEW_YORK, MONDAY),  # the clocks have changed: still Sunday
        (datetime(2026, 3, 9, 4, tzinfo=UTC), NEW_YORK, datetime(2026, 3, 9, tzinfo=NEW_YORK)),
    ],
)
def test_week_begins_on_monday_where_the_reader_is(now: datetime, zone: ZoneInfo, monday: datetime) -> None:
    assert stats.monday(now, zone) == monday


def test_week_includes_its_beginning_and_not_its_end(cast: Cast) -> None:
    end = MONDAY + timedelta(days=7)
    for at in (MONDAY - timedelta(microseconds=1), MONDAY, end - timedelta(microseconds=1), end):
        make(cast.brightside, at)

    assert count(cast, MONDAY, end).calls == 2


def test_week_before_a_change_of_clocks_is_as_long_on_the_clock() -> None:
    """Ten on Wednesday and ten on the Wednesday before are 167 hours apart in the week the clocks go forward."""
    after = datetime(2026, 3, 11, 10, tzinfo=NEW_YORK)
    before = stats.a_week_before(after)

    assert (before.date(), before.hour) == (date(2026, 3, 4), 10)
    assert after.astimezone(UTC) - before.astimezone(UTC) == timedelta(hours=167)


def test_figures_count_what_they_say(cast: Cast) -> None:
    at = MONDAY + timedelta(days=1)
    house = cast.brightside
    make(house, at, category="very_good", call_sequence=1, lead=house.lead)
    make(
        house, at, category="spam", answered=False, call_sequence=1, lead=house.lead
    )  # the same person twice
    make(house, at, category="warm", answered=None)
    make(house, at, category="converted", category_by="human", direction="outbound")
    make(house, at, category="needs_attention", kind="text", call_sequence=1)  # without a lead
    make(cast.delgado, at, category="very_good")

    week = count(cast, MONDAY, MONDAY + timedelta(days=7))
    assert week == stats.Week(calls=3, answered=1, new_leads=1, good=4)
    assert week.answered_percent == 33
    assert count(cast, MONDAY, MONDAY + timedelta(days=7), "nora").calls == 4


def test_week_without_calls_has_no_share(cast: Cast) -> None:
    week = count(cast, MONDAY - timedelta(days=700), MONDAY - timedelta(days=693))

    assert (week, week.answered_percent) == (stats.Week(0, 0, 0, 0), None)


def test_days_are_local_and_none_is_left_out(cast: Cast) -> None:
    """Over the night on which the clocks go forward."""
    start = datetime(2026, 3, 7, tzinfo=NEW_YORK)
    make(cast.brightside, datetime(2026, 3, 8, 4, 30, tzinfo=UTC))  # 23:30 on the 7th
    make(cast.brightside, datetime(2026, 3, 8, 5, 30, tzinfo=UTC), answered=False)  # 00:30 on the 8th
    make(cast.brightside, datetime(2026, 3, 9, 3, 30, tzinfo=UTC))  # 23:30 on the 8th, in summer time
    make(cast.brightside, datetime(2026, 3, 9, 4, 30, tzinfo=UTC), kind="text")
    actor = cast.actor("hannah")
    with scoped(actor.scope):
        days = stats.by_day(actor, start, 3, NEW_YORK)

    assert days == [(date(2026, 3, 7), 1, 0), (date(2026, 3, 8), 1, 1), (date(2026, 3, 9), 0, 0)]


def test_leads_are_counted_without_the_archived(cast: Cast) -> None:
    actor = cast.actor("hannah")
    with scoped(actor.scope):
        before = stats.lead_count(actor)
        cast.brightside.lead.archived_at = MONDAY
        cast.brightside.lead.save()
        assert (before, stats.lead_count(actor)) == (1, 0)


def test_home_shows_the_figures_of_this_week(cast: Cast) -> None:
    make(
        cast.brightside, datetime.now(UTC) - timedelta(seconds=1), call_sequence=1, lead=cast.brightside.lead
    )
    with agency_scope(cast.larkspur.pk):
        Client.unscoped.filter(pk=cast.brightside.client.pk).update(timezone="Asia/Kolkata")
    response = cast.browser("hannah").get("/portal/")

    assert response.context["week"].new_leads == 1
    assert response.context["week"].calls >= 1
