import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.ranks import DIGITS, between, spread

places = st.text(DIGITS, min_size=1, max_size=12).filter(lambda text: not text.endswith("0"))


@given(places, places)
def test_between_is_strictly_between(one: str, other: str) -> None:
    low, high = sorted((one, other))
    if low != high:
        assert low < between(low, high) < high


@given(places)
def test_there_is_room_at_both_ends(place: str) -> None:
    assert between("", place) < place < between(place, "")


@given(st.lists(st.tuples(st.integers(0, 10**6), st.booleans()), max_size=80))
def test_room_never_runs_out_wherever_things_are_put(moves: list[tuple[int, bool]]) -> None:
    order = [between("", "")]
    for wanted, _ in moves:
        at = wanted % (len(order) + 1)
        order.insert(at, between(order[at - 1] if at else "", order[at] if at < len(order) else ""))

    assert order == sorted(set(order))
    assert not any(place.endswith("0") for place in order)


def test_a_thousand_things_put_into_one_gap_stay_in_order() -> None:
    low, high = "V", "W"
    found = []
    for _ in range(1000):
        high = between(low, high)
        found.append(high)

    assert found == sorted(found, reverse=True)
    assert all(low < place for place in found)


@given(st.integers(0, 6000))
def test_spread_places_are_short_and_in_order(count: int) -> None:
    found = spread(count)

    assert len(found) == len(set(found)) == count
    assert found == sorted(found)
    assert max(map(len, found), default=0) <= 4


def test_spread_fits_before_what_is_there() -> None:
    found = spread(50, "A", "B")

    assert found == sorted(found)
    assert found[0] > "A"
    assert found[-1] < "B"


@pytest.mark.parametrize(("low", "high"), [("b", "a"), ("a", "a"), ("a0", ""), ("", "0"), ("é", "")])
def test_nonsense_is_refused(low: str, high: str) -> None:
    with pytest.raises(ValueError, match=r"fits|no place"):
        between(low, high)
