"""Somebody whose second factor is awaited reaches nothing: every route of the resolver, whoever adds it."""

import pytest

from accounts.models import Agency
from accounts.scope import PlatformUse, platform_scope
from conftest import Cast
from portal.tests.test_access import HOUSE_ROUTES, ROWS, address

VERIFY = "/people/verify/"


@pytest.fixture
def risky(cast: Cast) -> Cast:
    with platform_scope(PlatformUse.PROVISION):
        Agency.objects.update(settings={})
    return cast


def is_open(name: str) -> bool:
    view = HOUSE_ROUTES[name].callback
    public = getattr(view, "access_policy", "") == "public"
    return public or getattr(view, "open_while_held", False) or name == "account_logout"


@pytest.mark.parametrize("who", ["nora", "hannah"])
def test_who_is_held_reaches_nothing(risky: Cast, who: str) -> None:
    browser = risky.browser(who, verified=False)
    closed = [name for name in HOUSE_ROUTES if not is_open(name)]
    reached = {}
    for name in closed:
        url = address(name, risky.brightside)
        response = browser.get(url) if ROWS[name].method == "GET" else browser.post(url, {})
        if not str(response.headers.get("Location", "")).startswith(VERIFY):
            reached[name] = response.status_code

    assert len(closed) > 40
    assert reached == {}


def test_the_routes_open_to_who_is_held_are_these() -> None:
    assert {
        name for name in HOUSE_ROUTES if getattr(HOUSE_ROUTES[name].callback, "open_while_held", False)
    } == {
        "accounts:verify",
        "accounts:verify_send",
        "accounts:factors_start",
        "accounts:factors_totp",
        "accounts:factors_qr",
        "accounts:factors_passkey_add",
    }


def test_the_admin_is_closed_to_who_is_held(risky: Cast) -> None:
    browser = risky.browser("sam", verified=False)
    urls = [
        "/admin/",
        "/admin/login/",
        "/admin/accounts/user/",
        "/admin/crm/call/",
        "/admin/jsi18n/",
        "/admin/x/",
    ]

    assert {browser.get(url)["Location"][: len(VERIFY)] for url in urls} == {VERIFY}
