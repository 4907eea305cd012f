"""Where a request comes from: nobody chooses that by a header of their own."""

from typing import Any

import pytest

from accounts.addresses import client_ip, network_of
from accounts.models import AuditEvent
from accounts.scope import PlatformUse, platform_scope
from conftest import Cast

CALLER, FORGED, OUTER = "203.0.113.7", "198.51.100.1", "192.0.2.10"


@pytest.mark.parametrize(
    ("proxies", "forwarded", "expected"),
    [
        (0, None, CALLER),
        (0, FORGED, CALLER),
        (1, FORGED, FORGED),  # our proxy itself wrote it
        (1, f"{FORGED}, {OUTER}", OUTER),
        (1, f"{FORGED},, {OUTER} ", OUTER),
        (2, f"{FORGED}, {CALLER}, {OUTER}", CALLER),
        (2, OUTER, None),
        (1, None, None),
        (1, "", None),
        (1, "nonsense", None),
        (1, "'; DROP TABLE--", None),
        (1, "203.0.113.9:5123", "203.0.113.9"),
        (1, "[2001:db8::1]", "2001:db8::1"),
        (1, "::ffff:203.0.113.9", "203.0.113.9"),
        (1, "fe80::1%eth0", "fe80::1"),
    ],
)
def test_only_what_our_own_proxies_say_is_believed(
    settings: Any, rf: Any, proxies: int, forwarded: str | None, expected: str | None
) -> None:
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = proxies
    headers = {} if forwarded is None else {"X-Forwarded-For": forwarded}

    assert client_ip(rf.get("/", headers=headers, REMOTE_ADDR=CALLER)) == expected


def test_network_of_an_address() -> None:
    assert [network_of(each) for each in (CALLER, "2001:db8:1:2:3:4:5:6", None)] == [
        CALLER,
        "2001:db8:1:2::/64",
        "unknown",
    ]


@pytest.mark.parametrize(("proxies", "expected"), [(0, CALLER), (1, OUTER)])
def test_log_and_limits_go_by_the_same_address(
    cast: Cast, settings: Any, client: Any, proxies: int, expected: str
) -> None:
    """A forged header neither hides who tried nor begins a new count."""
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = proxies
    for n in range(8):
        client.post(
            "/accounts/login/", {"login": "nora@example.test", "password": "wrong"}, REMOTE_ADDR=CALLER,
            headers={"X-Forwarded-For": f"10.0.0.{n}, {OUTER}"},
        )  # fmt: skip

    with platform_scope(PlatformUse.AUDIT):
        seen = set(AuditEvent.unscoped.filter(event_type="login_failed").values_list("ip", flat=True))
    assert seen == {expected}
