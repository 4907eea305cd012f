"""Whose word about an address is believed."""

from typing import Any

import pytest

from accounts.vouching import vouched_email

GMAIL = {"email": "nora@gmail.com", "email_verified": True}
HOSTED = {"email": "nora@example.test", "email_verified": True, "hd": "example.test"}
MICROSOFT = {"email": "nora@example.test", "xms_edov": True}


@pytest.mark.parametrize(
    ("provider", "told", "expected"),
    [
        ("google", GMAIL, "nora@gmail.com"),
        ("google", {**GMAIL, "email": "Nora@Gmail.com"}, "nora@gmail.com"),
        ("google", HOSTED, "nora@example.test"),
        ("google", {**HOSTED, "email_verified": False}, None),
        ("google", {**HOSTED, "email_verified": "true"}, None),
        ("google", {**HOSTED, "hd": "other.test"}, None),
        ("google", {**HOSTED, "hd": None}, None),  # a foreign address on a Google account
        ("google", {"email": "nora@example.test@gmail.com", "email_verified": True}, None),
        ("google", {"email": "nor\u0430@gmail.com", "email_verified": True}, None),
        ("google", {"email": "nora@evil-gmail.com", "email_verified": True}, None),
        ("google", {"email_verified": True}, None),
        ("google", {"email": None, "email_verified": True}, None),
        ("google", {"email": ["nora@gmail.com"], "email_verified": True}, None),
        ("google", MICROSOFT, None),
        ("microsoft", MICROSOFT, "nora@example.test"),
        ("microsoft", {**MICROSOFT, "xms_edov": "1"}, "nora@example.test"),
        ("microsoft", {**MICROSOFT, "xms_edov": False}, None),
        ("microsoft", {**MICROSOFT, "xms_edov": "0"}, None),
        ("microsoft", {"email": "nora@example.test", "email_verified": True}, None),
        ("another", HOSTED, None),
    ],
)
def test_vouching(provider: str, told: dict[str, Any], expected: str | None) -> None:
    assert vouched_email(provider, told) == expected
