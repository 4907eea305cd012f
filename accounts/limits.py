"""How often something may be tried, and how long the pause is when it was tried too often. Arithmetic only.

The try that reaches ``tries`` still passes; the pause begins with it and holds for those after it. Each further pause
is twice as long as the one before, until a quiet day has gone by.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

QUIET = timedelta(days=1)
KEPT = timedelta(days=2)  # after the last try; longer than the longest pause and the quiet day together


@dataclass(frozen=True, slots=True)
class Rule:
    tries: int
    within: timedelta
    pause: timedelta  # the first one
    longest: timedelta


_MINUTE, _HOUR = timedelta(minutes=1), timedelta(hours=1)
RULES = {
    "login_account": Rule(5, within=15 * _MINUTE, pause=5 * _MINUTE, longest=4 * _HOUR),
    "login_ip": Rule(30, within=15 * _MINUTE, pause=15 * _MINUTE, longest=4 * _HOUR),
    "mail_address": Rule(3, within=_HOUR, pause=_HOUR, longest=_HOUR),
    "mail_ip": Rule(20, within=_HOUR, pause=_HOUR, longest=_HOUR),
}


@dataclass(frozen=True, slots=True)
class Count:
    """``attempts`` since ``first_attempt_at``; the last pause ended or ends at ``paused_until``."""

    attempts: int
    first_attempt_at: datetime
    paused_until: datetime | None = None
    pauses: int = 0  # in a row


@dataclass(frozen=True, slots=True)
class Verdict:
    allowed: bool
    begins_pause: bool
    count: Count  # as it is to be kept


def pause_after(rule: Rule, pauses: int) -> timedelta:
    doubled: int = 2 ** min(pauses, 20)
    return min(rule.longest, rule.pause * doubled)


def judge(rule: Rule, counted: Count, now: datetime) -> Verdict:
    """Whether the try that is the last of ``counted`` may go on. Pauses and windows are half-open."""
    until = counted.paused_until
    if until and now < until:
        return Verdict(False, False, counted)
    kept = counted
    if until and now - until >= QUIET:
        kept = replace(kept, pauses=0)
    pause_is_over = until is not None and counted.first_attempt_at < until
    if pause_is_over or now - counted.first_attempt_at >= rule.within:
        kept = replace(kept, attempts=1, first_attempt_at=now)
    if kept.attempts < rule.tries:
        return Verdict(True, False, kept)
    pause = pause_after(rule, kept.pauses)
    return Verdict(True, True, replace(kept, paused_until=now + pause, pauses=kept.pauses + 1))
