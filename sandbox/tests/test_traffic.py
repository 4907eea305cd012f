import re
import time
from collections import Counter
from datetime import datetime

import pytest

from sandbox.activity import Activity
from sandbox.server import start
from sandbox.state import World
from sandbox.traffic import fill_past

CATEGORIES = {
    "very_good",
    "warm",
    "needs_attention",
    "voicemail",
    "unanswered",
    "not_a_fit",
    "spam",
    "neutral",
    "applicant",
}


def drawn(seed: int = 7, days: int = 21) -> World:
    world = World(seed=seed, late_seconds=180, base_url="http://localhost", media_url="http://localhost")
    fill_past(world, days)
    return world


@pytest.fixture(scope="module")
def world() -> World:
    return drawn()


@pytest.fixture
def activities(world: World) -> list[Activity]:
    return list(world.activities.values())


def test_three_weeks_hold_60_to_120_activities_a_client(world: World) -> None:
    counts = [len(world.timeline(account_id)) for account_id in world.accounts]

    assert all(60 <= count <= 120 for count in counts), counts


def test_same_seed_draws_the_same_traffic_and_another_seed_does_not(world: World) -> None:
    def records(drawing: World) -> dict[int, object]:
        return {each.id: each.record for each in list(drawing.activities.values())[:200]}

    assert records(drawn()) == records(world)
    assert records(drawn(seed=8)) != records(world)


def test_longer_past_keeps_the_shorter_one(world: World) -> None:
    longer = drawn(days=30)

    shared = {number: activity.record["sid"] for number, activity in world.activities.items()}
    assert {number: longer.activities[number].record["sid"] for number in shared} == shared


def test_nothing_lies_in_the_future_and_most_is_in_business_hours(
    world: World, activities: list[Activity]
) -> None:
    hours = [
        datetime.fromtimestamp(each.unix_time, world.accounts[each.account_id].timezone).hour
        for each in activities
    ]

    assert max(each.unix_time for each in activities) <= world.now()
    assert min(hours) == 8
    assert 18 <= max(hours) <= 21
    assert sum(hour < 18 for hour in hours) > 0.8 * len(hours)


def test_every_category_occurs(activities: list[Activity]) -> None:
    assert {each.category for each in activities} - {"unreviewed"} == CATEGORIES


def test_every_type_of_activity_occurs(activities: list[Activity]) -> None:
    directions = {each.record["direction"] for each in activities}

    assert directions == {"inbound", "outbound", "msg_inbound", "msg_outbound", "form", "chat", "video"}


def test_most_answered_calls_have_a_transcript(activities: list[Activity]) -> None:
    answered = [each for each in activities if each.record["status"] == "answered"]

    assert sum(each.transcript_at is not None for each in answered) > 0.85 * len(answered)


def test_numbers_are_from_the_range_for_fiction(activities: list[Activity]) -> None:
    numbers = {
        each.record[key]
        for each in activities
        for key in ("caller_number", "tracking_number", "business_number")
    }

    assert {number for number in numbers if not re.fullmatch(r"\+1[2-9]\d\d55501\d\d", number)} == {"+"}


def test_a_number_belongs_to_one_person_who_may_call_again(activities: list[Activity]) -> None:
    names: dict[tuple[int, str], set[str]] = {}
    calls: Counter[tuple[int, str]] = Counter()
    for each in activities:
        key = (each.account_id, each.record["caller_number"])
        calls[key] += 1
        if each.record["name"] and each.record["caller_number"] != "+":
            names.setdefault(key, set()).add(each.record["name"])

    assert {len(found) for found in names.values()} == {1}
    assert max(calls.values()) >= 3


def test_start_is_quick() -> None:
    began = time.monotonic()
    with start():
        assert time.monotonic() - began < 1
