"""Who signs in from a browser not seen before is told."""

from typing import Any

import pytest
from django.test import Client as Browser

from accounts.models import AuditEvent, User
from accounts.scope import PlatformUse, platform_scope
from conftest import PASSWORD, Cast

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"


@pytest.fixture
def sent(mailoutbox: list[Any], django_capture_on_commit_callbacks: Any) -> Any:
    def sign_in(browser: Browser, email: str = "nora@example.test") -> list[str]:
        """The subjects of the mails that a sign-in causes."""
        before = len(mailoutbox)
        with django_capture_on_commit_callbacks(execute=True):
            answer = browser.post("/accounts/login/", {"login": email, "password": PASSWORD})
        assert answer.status_code == 302
        return [each.subject for each in mailoutbox[before:]]

    return sign_in


NEWS = "New sign-in to Switchboard"


def test_known_browser_is_no_news(nora: User, sent: Any) -> None:
    laptop, phone = Browser(), Browser()

    assert sent(laptop) == []  # the first of all: there is nothing to compare it with
    assert sent(phone) == [NEWS]
    for browser in (laptop, phone):
        browser.post("/accounts/logout/")
        assert sent(browser) == []


def test_mail_says_when_where_and_with_what(nora: User, sent: Any, mailoutbox: list[Any]) -> None:
    User.objects.filter(pk=nora.pk).update(timezone="America/Denver")
    sent(Browser())
    sent(Browser(headers={"user-agent": FIREFOX}, REMOTE_ADDR="203.0.113.9"))

    body = mailoutbox[-1].body
    assert "Firefox on Linux" in body
    assert "203.0.113.9" in body
    assert "MST" in body or "MDT" in body
    assert "http://testserver/people/security/password/" in body


def test_log_tells_of_it(nora: User, sent: Any) -> None:
    sent(Browser())
    sent(Browser(headers={"user-agent": FIREFOX}))

    with platform_scope(PlatformUse.AUDIT):
        (event,) = AuditEvent.unscoped.filter(event_type="new_device")
    assert (event.actor_id, event.target, event.device_id is not None) == (nora.pk, "Firefox on Linux", True)


def test_browser_that_another_person_used_is_new_to_this_one(nora: User, cast: Cast, sent: Any) -> None:
    cast.give_password("theo")
    shared = Browser()
    sent(shared, "theo@example.test")
    shared.post("/accounts/logout/")
    sent(Browser())

    assert sent(shared) == [NEWS]
