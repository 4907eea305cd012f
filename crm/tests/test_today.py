"""The day's list as data: which group, which order, and why in words."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from crm import today_words as words
from crm.today import Group, Kind, group_of, merged

NEW_YORK = "America/New_York"
TOKYO = ZoneInfo("Asia/Tokyo")
NOW = datetime(2026, 11, 20, 19, 0, tzinfo=UTC)  # Friday, 2 PM in New York
TODAY = date(2026, 11, 20)
ONE = UUID(int=1)


@dataclass
class Thing:
    name: str
    kind: Kind
    at: datetime
    whole_day: bool = False
    zone: str = NEW_YORK
    id: UUID = ONE


def hours(count: float) -> datetime:
    return NOW + timedelta(hours=count)


@pytest.mark.parametrize(
    ("thing", "expected"),
    [
        (Thing("an hour ago", Kind.CALLBACK, hours(-1)), Group.OVERDUE),
        (Thing("this very minute", Kind.CALLBACK, NOW), Group.OVERDUE),
        (Thing("in a minute", Kind.CALLBACK, hours(1 / 60)), Group.TODAY),
        (Thing("just before midnight", Kind.CALLBACK, hours(9.9)), Group.TODAY),
        (Thing("midnight", Kind.CALLBACK, hours(10)), Group.NEXT),
        (Thing("today at nine", Kind.STEP, hours(-5), whole_day=True), Group.TODAY),
        (Thing("yesterday at nine", Kind.STEP, hours(-29), whole_day=True), Group.OVERDUE),
        (Thing("tomorrow at nine", Kind.STEP, hours(19), whole_day=True), Group.NEXT),
        # 4 AM of the 21st in Tokyo is that day's step there, and the day has begun there.
        (
            Thing("Tokyo’s Saturday", Kind.STEP, hours(5), whole_day=True, zone="Asia/Tokyo"),
            Group.TODAY,
        ),
        (
            Thing("Tokyo’s Friday", Kind.STEP, hours(-12), whole_day=True, zone="Asia/Tokyo"),
            Group.OVERDUE,
        ),
        (Thing("an action an hour ago", Kind.ACTION, hours(-1)), Group.OVERDUE),
        (Thing("unread for a week", Kind.UNREAD, hours(-168)), Group.TODAY),
        (Thing("booked yesterday", Kind.MEETING, hours(-24)), Group.NEXT),
    ],
    ids=lambda each: each.name if isinstance(each, Thing) else "",
)
def test_group(thing: Thing, expected: Group) -> None:
    assert group_of(thing, NOW, NEW_YORK) == expected


def test_day_is_the_readers_for_hours() -> None:
    late = Thing("at 7 PM in New York", Kind.CALLBACK, hours(5))

    assert [group_of(late, NOW, zone) for zone in (NEW_YORK, "Europe/Berlin")] == [Group.TODAY, Group.NEXT]


def test_merging_puts_late_first_then_new_then_by_time() -> None:
    calls = [Thing("new", Kind.UNREAD, hours(-1)), Thing("newest", Kind.UNREAD, hours(-0.5))]
    promises = [Thing(f"in {n}", Kind.CALLBACK, hours(n)) for n in (3, 1, 30)]
    steps = [
        Thing("step late", Kind.STEP, hours(-29), whole_day=True),
        Thing("step now", Kind.STEP, hours(-5), whole_day=True),
    ]
    meetings = [Thing("meeting", Kind.MEETING, hours(-20))]
    late = [Thing("late", Kind.CALLBACK, hours(-2))]

    parts = merged([meetings, promises, calls, steps, late], NOW, NEW_YORK)

    assert [(part.group, [row.name for row in part.rows]) for part in parts] == [
        (Group.OVERDUE, ["step late", "late"]),
        (Group.TODAY, ["newest", "new", "step now", "in 1", "in 3"]),
        (Group.NEXT, ["in 30", "meeting"]),
    ]


def test_things_of_one_moment_stand_in_one_order() -> None:
    things = [
        Thing("b", Kind.CALLBACK, hours(1), id=UUID(int=2)),
        Thing("action", Kind.ACTION, hours(1)),
        Thing("a", Kind.CALLBACK, hours(1), id=ONE),
    ]
    orders = {
        tuple(row.name for row in merged([each], NOW, NEW_YORK)[0].rows) for each in (things, things[::-1])
    }

    assert orders == {("a", "b", "action")}


def test_no_group_without_rows() -> None:
    assert merged([[], []], NOW, NEW_YORK) == []


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (date(2026, 11, 20), "today"),
        (date(2026, 11, 19), "yesterday"),
        (date(2026, 11, 21), "tomorrow"),
        (date(2026, 11, 17), "Tuesday"),
        (date(2026, 11, 26), "Thursday"),
        (date(2026, 11, 13), "13 Nov"),
        (date(2026, 11, 27), "27 Nov"),
        (date(2025, 11, 20), "20 Nov 2025"),
    ],
)
def test_day_in_words(day: date, expected: str) -> None:
    assert words.day_words(day, TODAY) == expected


def at(day: int, hour: int) -> datetime:
    return datetime(2026, 11, day, hour, tzinfo=UTC)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (
            words.promised(at(20, 15), TODAY, there=at(20, 15), by="", note=""),
            "You promised to call back at 3:00 PM.",
        ),
        (
            words.promised(at(17, 9), TODAY, there=at(17, 9), by="", note="The invoice"),
            "You promised to call back on Tuesday at 9:00 AM: The invoice",
        ),
        (
            words.promised(at(19, 9), TODAY, there=at(19, 9), by="Theo", note=""),
            "Theo promised to call back yesterday at 9:00 AM; you own the lead.",
        ),
        (
            words.promised(at(20, 15), TODAY, there=at(20, 15).astimezone(TOKYO), by="", note=""),
            "You promised to call back at 3:00 PM, tomorrow at 12:00 AM on their clock.",
        ),
        (
            words.step_due(2, "Implants", date(2026, 11, 17), TODAY, owner="you own the lead"),
            "Step 2 of the journey “Implants” is due since Tuesday; you own the lead.",
        ),
        (
            words.step_due(1, "", TODAY, TODAY, owner="the journey is yours"),
            "Step 1 of a journey is due today; the journey is yours.",
        ),
        (
            words.step_due(3, "", date(2026, 11, 23), TODAY, owner="the journey is yours"),
            "Step 3 of a journey is due on Monday; the journey is yours.",
        ),
        (
            words.action_due("Implants", at(20, 16), TODAY, owner="the journey is yours"),
            "The next action of the journey “Implants” is due at 4:00 PM; the journey is yours.",
        ),
        (
            words.action_due("", at(19, 16), TODAY, owner="the journey is yours"),
            "The next action of a journey is due since yesterday; the journey is yours.",
        ),
        (
            words.unread(at(20, 9), TODAY, sequence=3, mine=True),
            "It came at 9:00 AM, and nobody has opened it yet; it is their 3rd call; you own the lead.",
        ),
        (
            words.unread(at(19, 9), TODAY, sequence=1, mine=False),
            "It came yesterday at 9:00 AM, and nobody has opened it yet.",
        ),
        (
            words.meeting(date(2026, 11, 18), TODAY, by="", where="Practice calendar, Tue 3 PM", mine=True),
            "You booked a meeting on Wednesday: Practice calendar, Tue 3 PM",
        ),
        (
            words.meeting(TODAY, TODAY, by="Bea", where="Phone", mine=True),
            "Bea booked a meeting today, and you own the lead: Phone",
        ),
    ],
)
def test_why_in_words(said: str, expected: str) -> None:
    assert said == expected
