"""What a key is worth: arithmetic over plain values."""

from datetime import timedelta
from uuid import UUID

import pytest

from accounts.session_keys import GRACE, TURN_AFTER, Standing, Verdict, mint, read
from conftest import NOON

ROW = UUID(int=7)
S = timedelta(seconds=1)


def test_a_key_is_read_by_who_signed_it_for_the_same_purpose_only() -> None:
    key = mint(ROW, "new secret", "session")
    last = "A" if key.text[-1] != "A" else "B"

    assert read(key.text, ["new secret"], "session") == key
    assert read(key.text, ["newer secret", "new secret"], "session") == key
    assert [
        read(key.text, ["other"], "session"),
        read(key.text, ["new secret"], "refresh"),
        read(key.text[:-1] + last, ["new secret"], "session"),
        read(key.text[:-4], ["new secret"], "session"),
    ] == [None] * 4
    assert mint(ROW, "new secret", "session").text != key.text


@pytest.mark.parametrize("text", ["", "x", "=" * 64, "A" * 64, "\x00" * 64, "ü" * 64, "A" * 10_000])
def test_nonsense_is_no_key(text: str) -> None:
    assert read(text, ["secret"], "session") is None


def standing(**change: object) -> Standing:
    values = {
        "key_hash": "now", "previous_key_hash": "before", "turned_at": NOON, "confirmed_at": NOON + S,
        "grace_until": NOON + GRACE, "expires_at": NOON + timedelta(days=30), "revoked_at": None,
    }  # fmt: skip
    return Standing(**(values | change))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("offered", "at", "change", "verdict"),
    [
        ("now", NOON, {}, Verdict.CURRENT),
        ("before", NOON + GRACE - S, {}, Verdict.GRACE),
        ("before", NOON + GRACE, {}, Verdict.REUSED),
        ("before", NOON + GRACE, {"confirmed_at": None}, Verdict.LOST),
        ("long ago", NOON, {}, Verdict.REUSED),
        ("long ago", NOON, {"confirmed_at": None}, Verdict.REUSED),
        ("now", NOON + timedelta(days=30) - S, {}, Verdict.CURRENT),
        ("now", NOON + timedelta(days=30), {}, Verdict.OVER),
        ("now", NOON, {"revoked_at": NOON}, Verdict.OVER),
        ("long ago", NOON, {"revoked_at": NOON}, Verdict.OVER),
    ],
)
def test_verdicts(offered: str, at: object, change: dict[str, object], verdict: Verdict) -> None:
    assert standing(**change).judge(offered, at) is verdict  # type: ignore[arg-type]


def test_a_key_is_due_after_a_quarter_of_an_hour() -> None:
    assert [standing().is_due(NOON + TURN_AFTER - S), standing().is_due(NOON + TURN_AFTER)] == [False, True]
