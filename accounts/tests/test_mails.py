"""Whatever is mailed about accounts is ours: in the house's name, colour and words, as text and as HTML."""

import re
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as project
from django.test import Client as Browser
from django.urls import get_resolver, reverse

from accounts.adapters import ClosedAdapter, NotOurMail
from accounts.models import Agency, User
from accounts.scope import PlatformUse, platform_scope
from accounts.services.mailing import send_mail
from conftest import PASSWORD, Cast

BRAND = "#aa3355"
FRAMED = Path(project.BASE_DIR, "templates", "accounts", "mail")
# What stands in the place of values: enough for every template.
CONTEXT = {"url": "https://example.test/a", "link": "https://example.test/b", "code": "123456", "minutes": 10,
           "email": "nora@example.test", "name": "Nora", "what": "A passkey was added", "when": "today",
           "until": "noon", "sender": "Nora", "place": "Brightside Dental", "role": "Viewer", "days": 7,
           "ip": "203.0.113.9", "browser": "Firefox"}  # fmt: skip


@pytest.fixture
def branded(cast: Cast) -> Cast:
    with platform_scope(PlatformUse.PROVISION):
        Agency.objects.filter(pk=cast.larkspur.pk).update(
            branding={"brand": BRAND, "sender": "Larkspur Calls"}
        )
    return cast


@pytest.mark.parametrize("template", sorted(each.stem for each in FRAMED.glob("*.txt")))
def test_every_mail_wears_the_houses_looks(
    branded: Cast, template: str, mailoutbox: list[Any], django_capture_on_commit_callbacks: Any
) -> None:
    person = branded.people["nora"]
    with django_capture_on_commit_callbacks(execute=True):
        send_mail(template=template, to=person.email, context={**CONTEXT, "person": person})

    [mail] = mailoutbox
    html, kind = mail.alternatives[0]
    assert (mail.from_email, kind) == ("Larkspur Calls <no-reply@localhost>", "text/html")
    assert [each in html for each in ("border-top:4px solid #", "Larkspur", mail.subject)] == [True] * 3
    assert "{{" not in html + mail.body
    assert re.search(r"(?m)^[ \t]+\S", mail.body) is None


@pytest.mark.parametrize("prefix", ["account/email/password_reset_key", "account/email/email_confirmation"])
def test_allauth_sends_none_of_its_own(db: None, prefix: str) -> None:
    with pytest.raises(NotOurMail, match=prefix):
        ClosedAdapter().send_mail(prefix, "nora@example.test", {})


def test_only_pages_that_mail_nothing_are_allauths(db: None) -> None:
    """Each is walked below. A page that comes to them is walked there too."""
    theirs = {
        pattern.name
        for resolver in get_resolver().url_patterns
        for pattern in getattr(resolver, "url_patterns", [])
        if getattr(pattern.callback, "__module__", "").startswith("allauth")
    }
    assert theirs == {
        "account_logout",
        "account_signup",
        "account_reauthenticate",
    }  # sign-in is a page of ours


def test_they_mail_nothing(
    nora: User, mailoutbox: list[Any], django_capture_on_commit_callbacks: Any
) -> None:
    """A `NotOurMail` would be raised; what leaves besides is ours."""
    browser, stranger = Browser(), Browser()
    with django_capture_on_commit_callbacks(execute=True):
        for email, password in (
            (nora.email, "wrong"),
            ("nobody@example.test", "wrong"),
            (nora.email, PASSWORD),
        ):
            browser.post(reverse("account_login"), {"login": email, "password": password})
        new = {"email": nora.email, "password1": PASSWORD, "password2": PASSWORD}
        signed_up = stranger.post(reverse("account_signup"), new)
        again = browser.post(reverse("account_reauthenticate"), {"password": PASSWORD})
        browser.post(reverse("account_logout"))

    assert (signed_up.status_code, again.status_code) == (200, 302)
    assert "by invitation" in signed_up.content.decode()
    assert mailoutbox == []
