"""A new password by a mailed link: no more than the mailbox tells who may."""

import re
from typing import Any

import pytest
from django.core import mail
from django.test import Client as Browser
from django.urls import reverse

from accounts.models import ActionToken, User
from accounts.scope import PlatformUse, platform_scope
from accounts.tests.test_invitations import Commit, audited, link
from conftest import NOON, PASSWORD, Cast

ASK = "/accounts/password/reset/"
NEW = {"password": "a better one by far", "again": "a better one by far"}


@pytest.fixture
def asked(cast: Cast, django_capture_on_commit_callbacks: Commit) -> str:
    """The link that Nora was sent."""
    User.objects.filter(pk=cast.people["nora"].pk).update(last_login=NOON)
    with django_capture_on_commit_callbacks(execute=True):
        Browser().post(ASK, {"email": "  NORA@example.test "})
    return link()


def nora(cast: Cast) -> User:
    return User.objects.get(pk=cast.people["nora"].pk)


def signs_in(email: str, password: str) -> bool:
    browser = Browser()
    browser.post("/accounts/login/", {"login": email, "password": password})
    return "_auth_user_id" in browser.session


def test_link_gives_a_new_password_once_and_ends_every_session(
    cast: Cast, asked: str, django_capture_on_commit_callbacks: Commit
) -> None:
    elsewhere = cast.browser("nora")
    assert elsewhere.get("/inbox/").status_code == 200
    with django_capture_on_commit_callbacks(execute=True):
        done = Browser().post(asked, NEW)
    again = Browser().post(asked, NEW | {"password": "x"})

    assert (done.status_code, again.status_code) == (302, 410)
    assert done.headers["Location"] == reverse("account_reset_password_from_key_done")
    assert elsewhere.get("/inbox/").status_code == 302
    assert signs_in("nora@example.test", NEW["password"])
    assert nora(cast).password_changed_at is not None
    assert [each.subject for each in mail.outbox] == ["Choose a new password", "Your password was changed"]
    assert [audited("password_reset_requested"), audited("password_reset")] == [
        [("nora@example.test", "", "", True)]
    ] * 2


def test_looking_and_a_poor_password_use_nothing_up(cast: Cast, asked: str) -> None:
    browser = Browser()
    statuses = [browser.get(asked).status_code, browser.head(asked).status_code]
    poor = browser.post(asked, {"password": "nora@example.test", "again": "nora@example.test"})

    assert (statuses, poor.status_code) == ([200, 405], 422)
    assert "too similar" in poor.content.decode()
    assert "nora@example.test" not in "".join(re.findall(r'value="([^"]*)"', poor.content.decode()))
    assert browser.post(asked, NEW).status_code == 302


def test_unknown_inactive_and_known_addresses_are_answered_alike(
    cast: Cast, django_capture_on_commit_callbacks: Commit
) -> None:
    User.objects.filter(pk=cast.people["vi"].pk).update(is_active=False)
    answers, mails = set(), []
    for email in ("nora@example.test", "vi@example.test", "nobody@example.test"):
        with django_capture_on_commit_callbacks(execute=True):
            answer = Browser().post(ASK, {"email": email})
        answers.add((answer.status_code, answer.headers["Location"]))
        mails.append((mail.outbox[-1].to, mail.outbox[-1].subject))

    assert answers == {(302, reverse("account_reset_password_done"))}
    assert mails == [
        (["nora@example.test"], "Choose a new password"),
        (["vi@example.test"], "No login with this address"),
        (["nobody@example.test"], "No login with this address"),
    ]


def test_look_alike_address_gets_no_mail(cast: Cast) -> None:
    answer = Browser().post(ASK, {"email": "n\N{CYRILLIC SMALL LETTER O}ra@example.test"})

    assert (answer.status_code, "cyrillic small letter o" in answer.content.decode()) == (422, True)
    assert mail.outbox == []


def test_second_link_kills_the_first(
    cast: Cast, asked: str, django_capture_on_commit_callbacks: Commit
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        Browser().post(ASK, {"email": "nora@example.test"})

    assert [Browser().get(each).status_code for each in (asked, link())] == [410, 200]


@pytest.mark.parametrize(
    "change", [{"is_active": False}, {"email": "moved@example.test"}], ids=["switched off", "moved"]
)
def test_link_of_somebody_who_changed_since_gains_nothing(
    cast: Cast, asked: str, change: dict[str, Any]
) -> None:
    User.objects.filter(pk=cast.people["nora"].pk).update(**change)
    answer = Browser().post(asked, NEW)

    assert answer.status_code == 410
    assert not nora(cast).check_password(NEW["password"])


def test_link_for_something_else_opens_nothing(cast: Cast, asked: str) -> None:
    secret = asked.split("/")[-2]
    with platform_scope(PlatformUse.ADMIN):
        ActionToken.unscoped.filter(purpose="password_reset").update(purpose="email_verification")

    assert Browser().post(asked, NEW).status_code == 404
    assert secret not in str(audited("link_refused"))
    assert audited("link_refused") == [(None, "", "unknown", False)]


def test_secret_does_not_leave_by_the_browsers_memory(cast: Cast, asked: str) -> None:
    answer = Browser().get(asked)

    assert "no-store" in answer.headers["Cache-Control"]
    assert answer.headers["Referrer-Policy"] == "same-origin"


def test_routes_of_allauth_that_nothing_leads_to_are_gone(cast: Cast) -> None:
    browser = cast.browser("nora")
    gone = ["/accounts/email/", "/accounts/confirm-email/x/", "/accounts/login/code/confirm/"]

    assert [browser.get(each).status_code for each in gone] == [404] * 3
    assert not signs_in("nora@example.test", PASSWORD)
