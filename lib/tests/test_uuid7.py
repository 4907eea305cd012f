import time
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib import uuid7 as module
from lib.uuid7 import uuid7


@pytest.fixture(autouse=True)
def no_identifier_made_yet(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test of this process that travelled to a later day leaves that day as the last one seen."""
    monkeypatch.setattr(module, "_last_ms", 0)
    monkeypatch.setattr(module, "_tail", 0)


def test_uuid7_has_version_variant_and_time() -> None:
    before = time.time_ns() // 1_000_000
    made = uuid7()

    assert (made.version, made.variant) == (7, uuid.RFC_4122)
    assert before <= made.int >> 80 <= time.time_ns() // 1_000_000 + 1


def test_uuid7_rises_within_a_millisecond() -> None:
    made = [uuid7() for _ in range(20_000)]

    assert made == sorted(set(made))


def test_uuid7_rises_when_the_clock_is_set_back(monkeypatch: pytest.MonkeyPatch) -> None:
    first = uuid7()
    monkeypatch.setattr("lib.uuid7.time.time_ns", lambda: 1_000_000)

    assert first < uuid7() < uuid7()


def test_uuid7_borrows_from_the_next_millisecond_when_it_has_counted_to_the_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first = uuid7()
    monkeypatch.setattr("lib.uuid7.time.time_ns", lambda: 1_000_000)
    monkeypatch.setattr(module, "_tail", (1 << module.TAIL_BITS) - 1)

    second = uuid7()

    assert second > first
    assert second.int >> 80 == (first.int >> 80) + 1
    assert (second.version, second.variant) == (7, uuid.RFC_4122)


def test_uuid7_is_unique_among_threads() -> None:
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: [uuid7() for _ in range(1000)], range(8)))

    assert len({each for part in made for each in part}) == 8000
    assert all(part == sorted(part) for part in made)


@given(st.integers(0, (1 << 48) - 1))
def test_uuid7_carries_the_time_it_is_given(unix_ms: int) -> None:
    made = uuid7(unix_ms)

    assert (made.int >> 80, made.version, made.variant) == (unix_ms, 7, uuid.RFC_4122)


@pytest.mark.parametrize("unix_ms", [-1, 1 << 48])
def test_uuid7_refuses_a_time_it_cannot_hold(unix_ms: int) -> None:
    with pytest.raises(ValueError, match="outside the years"):
        uuid7(unix_ms)
