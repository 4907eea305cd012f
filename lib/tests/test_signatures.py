from datetime import UTC, datetime

import pytest

from lib.signatures import ctm_matches, ctm_signature, is_fresh

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
EPOCH = int(NOW.timestamp())
# echo -n '1763640000{"id":1}' | openssl dgst -sha1 -hmac s3cret -binary | base64
KNOWN = "O83eCpbttrm11+dgYpMACznhy6g="


def test_ctm_signature_equals_one_made_elsewhere() -> None:
    assert ctm_signature("s3cret", "1763640000", b'{"id":1}') == KNOWN


@pytest.mark.parametrize("given", [KNOWN, f" {KNOWN}\n", f"{KNOWN[:10]}\r\n {KNOWN[10:]}"])
def test_ctm_signature_matches_whatever_its_white_space(given: str) -> None:
    assert ctm_matches("s3cret", "1763640000", b'{"id":1}', given)


@pytest.mark.parametrize(
    ("secret", "time", "body", "given"),
    [
        ("other", "1763640000", b'{"id":1}', KNOWN),
        ("s3cret", "1763640001", b'{"id":1}', KNOWN),
        ("s3cret", "1763640000", b'{"id":2}', KNOWN),
        ("s3cret", "1763640000", b'{"id":1}', KNOWN.lower()),
        ("s3cret", "1763640000", b'{"id":1}', ""),
        ("s3cret", "1763640000", b'{"id":1}', "é\ud800"),
        ("", "1763640000", b"{}", ctm_signature("", "1763640000", b"{}")),
    ],
)
def test_ctm_signature_over_anything_else_does_not_match(
    secret: str, time: str, body: bytes, given: str
) -> None:
    assert not ctm_matches(secret, time, body, given)


@pytest.mark.parametrize(
    ("header", "fresh"),
    [
        (str(EPOCH), True),
        (f" {EPOCH - 300}.0 ", True),
        (str(EPOCH + 300), True),
        (str(EPOCH - 301), False),
        (str(EPOCH + 301), False),
        (f"{EPOCH}000", None),  # milliseconds
        ("2026-11-20T12:00:00Z", None),
        ("nan", None),
        ("inf", None),
        ("", None),
    ],
)
def test_time_is_fresh_stale_or_not_understood(header: str, fresh: bool | None) -> None:
    assert is_fresh(header, NOW) is fresh
