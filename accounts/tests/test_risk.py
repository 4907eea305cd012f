"""When a sign-in is asked for more than the password: the table."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from accounts.models import Trigger
from accounts.risk import Facts, History, Rules, Visit, reason_to_ask
from conftest import NOON

LAPTOP, PHONE = UUID(int=1), UUID(int=2)
DAY = timedelta(days=1)
KNOWN = History(frozenset({LAPTOP}), frozenset({"203.0.113.9"}), frozenset({"US"}), NOON - DAY)
HOME = Visit(LAPTOP, "203.0.113.9", "US")
USUAL = Facts(HOME, KNOWN)


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (USUAL, None),
        (replace(USUAL, visit=replace(HOME, device_id=PHONE)), Trigger.NEW_DEVICE),
        (replace(USUAL, visit=replace(HOME, device_id=None)), Trigger.NEW_DEVICE),
        (replace(USUAL, history=History()), Trigger.NEW_DEVICE),
        (replace(USUAL, visit=replace(HOME, ip="198.51.100.7")), Trigger.NEW_IP),
        (replace(USUAL, visit=replace(HOME, ip=None)), None),
        (replace(USUAL, visit=replace(HOME, country="FR", ip="198.51.100.7")), Trigger.NEW_COUNTRY),
        (replace(USUAL, visit=replace(HOME, country="")), None),
        (replace(USUAL, history=replace(KNOWN, countries=frozenset())), None),
        (replace(USUAL, history=replace(KNOWN, last_seen=NOON - 30 * DAY)), Trigger.INACTIVITY),
        (replace(USUAL, history=replace(KNOWN, last_seen=NOON - 30 * DAY + timedelta(seconds=1))), None),
        (replace(USUAL, rules=Rules(always=True)), Trigger.ALWAYS_REQUIRED),
        (replace(USUAL, rules=Rules(always=True), trusted=True), Trigger.ALWAYS_REQUIRED),
        (replace(USUAL, rules=Rules(always=True, by_risk=False)), Trigger.ALWAYS_REQUIRED),
        (Facts(Visit(), History(), Rules(by_risk=False)), None),
        (replace(USUAL, visit=replace(HOME, ip="198.51.100.7", country="FR"), trusted=True), None),
        (replace(USUAL, history=replace(KNOWN, last_seen=NOON - 90 * DAY), trusted=True), None),
    ],
)
def test_reason_to_ask(facts: Facts, expected: Trigger | None) -> None:
    assert reason_to_ask(facts, NOON) == expected
