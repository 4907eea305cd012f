"""After a deed the way leads on to pages of ours alone, whatever the request asks for."""

from typing import Any
from urllib.parse import urlencode

import pytest
from django.core.cache import cache
from django.test import Client as Browser

from accounts.models import User
from conftest import PASSWORD, Cast

EVIL = [
    "https://evil.example/",
    "http://evil.example",
    "//evil.example/x",
    "///evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "https:evil.example",
    "https:///evil.example",
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "data:text/html,x",
    " //evil.example",
    "\t//evil.example",
    "/\t/evil.example",
    "http://testserver@evil.example/",
    "http://testserver.evil.example/",
    "ftp://testserver/x",
    "http:\\\\evil.example",
    "\x00//evil.example",
]
GOOD = "/people/roles/?a=b"


def is_ours(location: str) -> bool:
    return location.startswith("/") and not location.startswith(("//", "/\\"))


def after_login(cast: Cast, wanted: str) -> Any:
    return Browser().post(
        "/accounts/login/", {"login": "nora@example.test", "password": PASSWORD, "next": wanted}
    )


def after_proving_again(cast: Cast, wanted: str) -> Any:
    return cast.browser("nora").post("/accounts/reauthenticate/", {"password": PASSWORD, "next": wanted})


def when_signed_in_already(cast: Cast, wanted: str) -> Any:
    return cast.browser("nora").get("/accounts/login/", {"next": wanted})


def after_signing_out(cast: Cast, wanted: str) -> Any:
    return cast.browser("nora").post("/accounts/logout/", {"next": wanted})


def after_choosing_the_light(cast: Cast, wanted: str) -> Any:
    return Browser().post("/theme/", {"theme": "dark", "next": wanted})


def after_taking_a_seat(cast: Cast, wanted: str) -> Any:
    seat = f"{cast.larkspur.pk}/"
    return cast.browser("nora").post("/people/seat/", {"seat": seat, "next": wanted})


def of_the_admin(cast: Cast, wanted: str) -> Any:
    return Browser().get("/admin/login/", {"next": wanted})


DEEDS = [
    after_login,
    after_proving_again,
    when_signed_in_already,
    after_signing_out,
    after_choosing_the_light,
    after_taking_a_seat,
    of_the_admin,
]


@pytest.mark.parametrize("deed", DEEDS, ids=lambda deed: deed.__name__)
def test_no_deed_leads_away(cast: Cast, nora: User, deed: Any) -> None:
    for wanted in EVIL:
        cache.clear()  # of allauth's limits
        answer = deed(cast, wanted)
        assert answer.status_code == 302, wanted
        assert is_ours(answer["Location"]), (wanted, answer["Location"])
        assert "evil" not in answer["Location"], wanted


@pytest.mark.parametrize(
    "deed", [after_login, after_proving_again, when_signed_in_already, after_choosing_the_light]
)
def test_pages_of_ours_are_reached(cast: Cast, nora: User, deed: Any) -> None:
    assert deed(cast, GOOD)["Location"] == GOOD


@pytest.mark.parametrize(
    ("method", "headers", "goes_on_to"),
    [
        ("get", {}, "/clients/?q=a"),
        ("get", {"referer": "http://testserver/inbox/"}, "/clients/?q=a"),
        ("get", {"hx-request": "true", "hx-current-url": "http://testserver/inbox/?unread=1#x"}, "/inbox/?unread=1"),
        ("get", {"hx-request": "true", "hx-current-url": "http://elsewhere.test/inbox/"}, "/"),
        ("post", {"referer": "http://testserver/inbox/?unread=1"}, "/inbox/?unread=1"),
        ("post", {"referer": "http://elsewhere.test/inbox/"}, "/"),
        ("post", {}, "/"),
    ],
)  # fmt: skip
def test_strangers_come_back_to_a_page(
    db: None, method: str, headers: dict[str, str], goes_on_to: str
) -> None:
    """Not to a piece of one, and not to the address of a form, which cannot be opened."""
    answer = getattr(Browser(), method)("/clients/?q=a", headers=headers)

    by_htmx = "hx-request" in headers
    told = answer["HX-Redirect" if by_htmx else "Location"]
    assert (answer.status_code, told) == (
        200 if by_htmx else 302,
        f"/accounts/login/?{urlencode({'next': goes_on_to}, safe='/')}",
    )
