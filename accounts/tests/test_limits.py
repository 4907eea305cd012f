"""When tries are counted, refused and forgiven. Time is passed in: nothing here waits."""

from datetime import datetime, timedelta

import pytest
from django.db import transaction

from accounts.limits import KEPT, QUIET, RULES, Count, judge, pause_after
from accounts.models import RateLimit
from accounts.services import limits
from conftest import NOON

RULE = RULES["login_account"]
MINUTE = timedelta(minutes=1)


def run(*minutes: float) -> list[tuple[bool, float | None]]:
    """Tries at ``minutes`` after noon: whether each passes, and the length in minutes of the pause it begins."""
    count, told = None, []
    for minute in minutes:
        now = NOON + minute * MINUTE
        counted = Count(count.attempts + 1, *_rest(count)) if count else Count(1, now)
        verdict = judge(RULE, counted, now)
        count = verdict.count
        until = count.paused_until
        told.append((verdict.allowed, (until - now) / MINUTE if verdict.begins_pause and until else None))
    return told


def _rest(count: Count) -> tuple[datetime, datetime | None, int]:
    return count.first_attempt_at, count.paused_until, count.pauses


YES, NO = (True, None), (False, None)
TABLE = {
    "fifth begins the pause, sixth is refused": ((0, 1, 2, 3, 4, 4), [YES, YES, YES, YES, (True, 5), NO]),
    "refused until its very end, not at it": ((0, 0, 0, 0, 0, 4.99, 5), [*[YES] * 4, (True, 5), NO, YES]),
    "slow tries never add up": ((0, 4, 8, 12, 15, 19, 23), [YES] * 7),
    "window is half-open": ((0, 0, 0, 0, 15), [YES] * 5),
    "just inside the window": ((0, 0, 0, 0, 14.99), [*[YES] * 4, (True, 5)]),
    "second pause is twice as long": ((*[0] * 5, *[5] * 5), [*[YES] * 4, (True, 5), *[YES] * 4, (True, 10)]),
    "a quiet day begins anew": (
        (*[0] * 5, *[5 + 24 * 60] * 5),
        [*[YES] * 4, (True, 5), *[YES] * 4, (True, 5)],
    ),
}


@pytest.mark.parametrize("case", TABLE)
def test_judging_in_time(case: str) -> None:
    minutes, expected = TABLE[case]

    assert run(*minutes) == expected


def test_pauses_double_up_to_the_longest() -> None:
    lengths = [pause_after(RULE, pauses) / MINUTE for pauses in (0, 1, 2, 3, 4, 5, 6, 400)]

    assert lengths == [5, 10, 20, 40, 80, 160, 240, 240]


def take(subject: str = "nora", limit_type: str = "login_account") -> tuple[bool, bool]:
    verdict = limits.take(limit_type=limit_type, subject=subject, now=NOON)
    return verdict.allowed, verdict.begins_pause


@pytest.mark.django_db
def test_each_subject_and_kind_is_counted_by_itself() -> None:
    tried = [take() for _ in range(6)]

    assert tried == [*[(True, False)] * 4, (True, True), (False, False)]
    assert take("theo") == (True, False)
    assert take("nora", "login_ip") == (True, False)


@pytest.mark.django_db
def test_row_tells_neither_who_nor_where() -> None:
    take("nora@example.test")
    take("203.0.113.9", "login_ip")

    kept = {each.limit_key for each in RateLimit.objects.all()}
    assert {len(each) for each in kept} == {64}
    assert not any("nora" in each or "203" in each for each in kept)


@pytest.mark.django_db
def test_good_try_gives_back_itself_and_its_pause_but_no_other() -> None:
    for _ in range(4):
        take()
    fifth = limits.take(limit_type="login_account", subject="nora", now=NOON)
    limits.give_back(limit_type="login_account", subject="nora", verdict=fifth)

    assert take() == (True, True)
    assert take() == (False, False)
    assert RateLimit.objects.get().pauses == 1


@pytest.mark.django_db
def test_clearing_forgets_pauses_too() -> None:
    for _ in range(6):
        take()

    assert limits.clear(limit_type="login_account", subject="nora") is True
    assert limits.clear(limit_type="login_account", subject="nora") is False
    assert [take() for _ in range(5)][-1] == (True, True)


@pytest.mark.django_db
def test_old_counts_are_cleared_and_running_pauses_are_not() -> None:
    longest = max(rule.longest for rule in RULES.values())
    take("nora")
    limits.take(limit_type="login_account", subject="theo", now=NOON + MINUTE)

    assert longest + QUIET < KEPT
    assert limits.clear_old(now=NOON + KEPT) == 1
    assert RateLimit.objects.get().limit_key == limits.key_of("login_account", "theo")


@pytest.mark.django_db(transaction=True)
def test_count_refuses_to_be_part_of_what_may_be_rolled_back() -> None:
    with pytest.raises(RuntimeError, match="durable"), transaction.atomic():
        take()
