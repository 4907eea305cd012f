from datetime import UTC, date, datetime

from lib.ui.times import clock, day_name, length, long_date, ordinal

TODAY = date(2026, 11, 21)


def test_clock_has_twelve_hours() -> None:
    moments = [datetime(2026, 11, 21, hour, 5, tzinfo=UTC) for hour in (0, 1, 11, 12, 13, 23)]

    assert [clock(each) for each in moments] == [
        "12:05 AM",
        "1:05 AM",
        "11:05 AM",
        "12:05 PM",
        "1:05 PM",
        "11:05 PM",
    ]


def test_length_passes_the_hour() -> None:
    assert [length(each) for each in (0, 9, 272, 3599, 3600, 3723)] == [
        "0:00",
        "0:09",
        "4:32",
        "59:59",
        "1:00:00",
        "1:02:03",
    ]


def test_days_have_names_for_a_week() -> None:
    days = [date(2026, 11, 22), TODAY, date(2026, 11, 20), date(2026, 11, 15), date(2026, 11, 14)]

    assert [day_name(each, TODAY) for each in days] == ["", "Today", "Yesterday", "Sunday", ""]
    assert [long_date(each, TODAY) for each in (TODAY, date(2025, 1, 2))] == [
        "Saturday, 21 November",
        "Thursday, 2 January 2025",
    ]


def test_ordinals() -> None:
    assert [ordinal(n) for n in (1, 2, 3, 4, 11, 12, 13, 21, 22, 101, 111)] == [
        "1st", "2nd", "3rd", "4th", "11th", "12th", "13th", "21st", "22nd", "101st", "111th",
    ]  # fmt: skip
