"""Changes to one's factors that need no code: which comes first, and what a passkey is called."""

from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client as Browser
from django.urls import reverse

from accounts.models import AuditEvent, MFASettings
from accounts.scope import PlatformUse, platform_scope
from conftest import Cast

PREFER = reverse("accounts:factors_methods")


@pytest.fixture
def hannah(cast: Cast) -> Browser:
    """She owns a client, and has a passkey beside the codes by e-mail."""
    add_passkey(cast, "hannah")
    return cast.browser("hannah")


def add_passkey(cast: Cast, name: str) -> Authenticator:
    made: Authenticator = Authenticator.objects.create(
        user=cast.people[name], type="webauthn", data={"name": "Laptop", "credential": {}}
    )
    return made


def told(event: str) -> list[tuple[Any, ...]]:
    with platform_scope(PlatformUse.AUDIT):
        rows = AuditEvent.unscoped.filter(event_type=event).order_by("occurred_at", "pk")
        return list(rows.values_list("actor__email", "target", "details"))


def test_the_log_tells_what_comes_first_now(cast: Cast, hannah: Browser) -> None:
    for chosen in (
        {"preferred": "webauthn", "by_email": "on"},
        {"preferred": "webauthn", "by_email": "on"},  # once more changes nothing
        {"preferred": "webauthn"},
        {"preferred": ""},
    ):
        assert hannah.post(PREFER, chosen)["Location"] == reverse("accounts:factors")

    held = MFASettings.objects.get(user=cast.people["hannah"])
    assert (held.preferred_method, held.email_otp_enabled) == ("", False)
    assert told("mfa_preference") == [
        ("hannah@example.test", "", {"first": "webauthn", "before": "not chosen", "by_email": True}),
        ("hannah@example.test", "", {"first": "webauthn", "before": "webauthn", "by_email": False}),
        ("hannah@example.test", "", {"first": "not chosen", "before": "webauthn", "by_email": False}),
    ]


def test_a_choice_that_is_refused_is_not_told(hannah: Browser) -> None:
    assert hannah.post(PREFER, {"preferred": "totp"}).status_code == 422
    assert told("mfa_preference") == []


def test_the_log_tells_of_a_new_name(cast: Cast, hannah: Browser) -> None:
    row = Authenticator.objects.get(user=cast.people["hannah"])
    url = reverse("accounts:factors_passkey", args=[row.pk])

    for name in ("Work laptop", "Work laptop", ""):
        hannah.post(url, {"name": name})

    row.refresh_from_db()
    assert row.data == {"name": "Work laptop", "credential": {}}
    assert told("passkey_renamed") == [("hannah@example.test", "Work laptop", {"before": "Laptop"})]


def test_the_passkey_of_another_is_not_renamed(cast: Cast, hannah: Browser) -> None:
    row = add_passkey(cast, "rafael")

    answer = hannah.post(reverse("accounts:factors_passkey", args=[row.pk]), {"name": "Mine"})

    row.refresh_from_db()
    assert (answer.status_code, row.data["name"], told("passkey_renamed")) == (404, "Laptop", [])


def test_owners_read_it_in_their_log(cast: Cast, hannah: Browser) -> None:
    hannah.post(PREFER, {"preferred": "webauthn", "by_email": "on"})

    page = hannah.get(reverse("accounts:audit")).content.decode()
    assert "Chose which second factor comes first" in page
