from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.intervals import Interval, merge

Span = Interval[int]
CHICAGO = ZoneInfo("America/Chicago")


@st.composite
def spans(draw: st.DrawFn) -> Span:
    start = draw(st.integers(0, 30))
    return Interval(start, start + draw(st.integers(1, 12)))


def points(intervals: list[Span]) -> set[int]:
    return {point for each in intervals for point in range(each.start, each.end)}


def test_interval_includes_its_start_and_not_its_end() -> None:
    assert [Interval(2, 4).contains(each) for each in range(1, 6)] == [False, True, True, False, False]


def test_intervals_that_touch_do_not_overlap() -> None:
    assert not Interval(1, 2).overlaps(Interval(2, 3))
    assert Interval(1, 2).intersect(Interval(2, 3)) is None


@pytest.mark.parametrize(("start", "end"), [(1, 1), (2, 1)])
def test_interval_that_is_empty_or_reversed_is_refused(start: int, end: int) -> None:
    with pytest.raises(ValueError, match="is not after"):
        Interval(start, end)


def test_interval_of_naive_times_is_refused() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        Interval(datetime(2026, 11, 1, 9), datetime(2026, 11, 1, 10))  # noqa: DTZ001


def test_interval_over_the_night_the_clocks_go_back_has_its_true_order() -> None:
    first = datetime(2026, 11, 1, 1, 45, tzinfo=CHICAGO)
    second = datetime(
        2026, 11, 1, 1, 15, tzinfo=CHICAGO, fold=1
    )  # half an hour later, though the clock says less

    interval = Interval(first, second)

    assert interval.end - interval.start == timedelta(minutes=30)
    assert interval.start.tzinfo is UTC


@given(spans(), spans())
def test_intersection_is_what_both_contain(one: Span, other: Span) -> None:
    shared = one.intersect(other)

    assert points([shared] if shared else []) == points([one]) & points([other])
    assert one.overlaps(other) == other.overlaps(one) == bool(shared)
    assert one.covers(other) == (points([other]) <= points([one]))


@given(spans(), st.lists(spans(), max_size=6))
def test_subtraction_leaves_what_the_others_do_not_contain(one: Span, others: list[Span]) -> None:
    left = one.subtract(others)

    assert points(left) == points([one]) - points(others)
    assert all(before.end < after.start for before, after in pairwise(left))


@given(st.lists(spans(), max_size=8))
def test_merging_keeps_the_ground_and_leaves_gaps_only(intervals: list[Span]) -> None:
    merged = merge(intervals)

    assert points(merged) == points(intervals)
    assert all(before.end < after.start for before, after in pairwise(merged))
    assert merge(reversed(merged)) == merged
