"""Second factors in a real browser: a mailed code, an app, a backup code, a passkey, and a device that is trusted."""

import re
import time
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.core import mail
from django.db import transaction
from playwright.sync_api import Browser, BrowserContext, Page, expect
from pytest_django.live_server_helper import LiveServer

from accounts.models import Agency, KnownPlace, MFAChallenge, TrustedDevice
from accounts.scope import PlatformUse, platform_scope
from conftest import PASSWORD, Cast, make_cast

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]
FACTORS = "/people/security/factors/"
STEP_S = 30


@pytest.fixture
def cast(settings: Any, live_server: LiveServer) -> Cast:
    """The cast, committed, in houses that ask by risk."""
    settings.PUBLIC_URL = live_server.url
    settings.CSRF_TRUSTED_ORIGINS = [live_server.url]
    with transaction.atomic():
        cast = make_cast()
        with platform_scope(PlatformUse.PROVISION):
            Agency.objects.update(settings={})
        for name in ("nora", "hannah"):
            cast.give_password(name)
    return cast


@pytest.fixture(autouse=True)
def silent(context: BrowserContext) -> Any:
    """No page may complain, except that a refused form is answered with 422."""
    problems: list[str] = []
    context.on("weberror", lambda error: problems.append(str(error.error)))
    context.on("console", lambda line: problems.append(line.text) if line.type == "error" else None)
    yield
    assert [each for each in problems if "422" not in each] == []


def sign_in(page: Page, live_server: LiveServer, name: str) -> None:
    page.goto(f"{live_server.url}/accounts/login/")
    page.get_by_label("Email").fill(f"{name}@example.test")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


def sign_out(page: Page, live_server: LiveServer) -> None:
    page.goto(f"{live_server.url}/accounts/logout/")
    page.get_by_role("main").get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def forget_places() -> None:
    KnownPlace.objects.all().delete()


def type_code(page: Page, code: str) -> None:
    page.get_by_label("Six-digit code").fill(code)
    page.get_by_role("button", name="Continue").click()


def mailed() -> str:
    found = re.search(r"^\d{6}", str(mail.outbox[-1].subject))
    assert found
    return found.group()


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 10**6:06d}"


def next_code(secret: str, *used: str) -> str:
    """The app's code, once it is none of ``used`` and has a moment left to be typed."""
    while True:
        now = time.time()
        code = format_hotp_value(hotp_value(secret, int(now) // STEP_S))
        if code not in used and now % STEP_S < STEP_S - 5:
            return str(code)
        time.sleep(0.5)


def set_up_app(page: Page) -> tuple[str, str, list[str]]:
    """Return the secret, the code that was used, and the backup codes."""
    expect(page.get_by_role("heading", name="Set up an authenticator app")).to_be_visible()
    assert (
        page.locator("img.qr").evaluate(
            "async (image) => { await image.decode(); return image.naturalWidth }"
        )
        > 0
    )
    page.get_by_text("Type this key").click()
    secret = page.locator(".key").inner_text().replace(" ", "")
    code = next_code(secret)
    page.get_by_label("Code from the app").fill(code)
    page.get_by_role("button", name="Confirm").click()
    codes = page.get_by_role("list", name="Backup codes").get_by_role("listitem").all_inner_texts()
    page.get_by_role("link", name="I have kept them").click()
    return secret, code, codes


def test_a_mailed_code_and_then_a_trusted_device(page: Page, live_server: LiveServer, cast: Cast) -> None:
    sign_in(page, live_server, "hannah")
    expect(page.get_by_text("We sent a six-digit code to h•••@example.test")).to_be_visible()
    type_code(page, wrong(mailed()))
    expect(page.get_by_text("That is not the code.")).to_be_visible()
    page.goto(f"{live_server.url}/portal/calls/")
    expect(page.get_by_role("heading", name="Check it’s you")).to_be_visible()
    page.get_by_label("Trust this device for 30 days").check()
    type_code(page, mailed())
    expect(page.get_by_role("heading", name="Calls")).to_be_visible()

    forget_places()  # as if from somewhere else: the trust in the device alone lets in
    sign_out(page, live_server)
    sign_in(page, live_server, "hannah")
    expect(page).to_have_url(f"{live_server.url}/portal/")
    page.goto(f"{live_server.url}{FACTORS}")
    expect(page.get_by_text("this one")).to_be_visible()
    page.get_by_role("button", name="Ask again").click()
    expect(page.get_by_text("That device is asked again")).to_be_visible()

    forget_places()
    sign_out(page, live_server)
    sign_in(page, live_server, "hannah")
    expect(page.get_by_role("heading", name="Check it’s you")).to_be_visible()
    assert TrustedDevice.objects.filter(revoked_at=None, user=cast.people["hannah"]).count() == 0


def test_an_app_is_set_up_and_asked_for_and_a_backup_code_stands_in(
    page: Page, live_server: LiveServer, cast: Cast
) -> None:
    sign_in(page, live_server, "nora")
    type_code(page, mailed())
    page.get_by_role("link", name="Authenticator app").click()
    secret, used, codes = set_up_app(page)
    expect(page.get_by_role("heading", name="Inbox")).to_be_visible()

    forget_places()
    sign_out(page, live_server)
    sign_in(page, live_server, "nora")
    type_code(page, used)  # a code counts once
    expect(page.get_by_text("or it was used already")).to_be_visible()
    type_code(page, next_code(secret, used))
    expect(page.get_by_role("heading", name="Inbox")).to_be_visible()

    forget_places()
    for works in (True, False):
        sign_out(page, live_server)
        sign_in(page, live_server, "nora")
        page.get_by_role("link", name="Backup code").click()
        page.get_by_label("Backup code").fill(codes[0])
        page.get_by_role("button", name="Continue").click()
        if works:
            expect(page.get_by_role("heading", name="Inbox")).to_be_visible()
            forget_places()
    expect(page.get_by_text("not one of your unused backup codes")).to_be_visible()


def test_a_passkey_is_made_and_used(page: Page, live_server: LiveServer, cast: Cast) -> None:
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": {
        "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
        "isUserVerified": True, "automaticPresenceSimulation": True,
    }})  # fmt: skip
    sign_in(page, live_server, "nora")
    type_code(page, mailed())
    page.get_by_role("link", name="Passkey").click()
    page.get_by_label("Name").fill("Work laptop")
    page.get_by_role("button", name="Make the passkey").click()
    expect(page.get_by_role("heading", name="Your backup codes")).to_be_visible()
    page.get_by_role("link", name="I have kept them").click()
    expect(page.get_by_role("heading", name="Inbox")).to_be_visible()

    forget_places()
    sign_out(page, live_server)
    sign_in(page, live_server, "nora")
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_role("heading", name="Inbox")).to_be_visible()
    page.goto(f"{live_server.url}{FACTORS}")
    expect(page.get_by_role("link", name="Rename Work laptop")).to_be_visible()

    asked = MFAChallenge.objects.filter(user=cast.people["nora"], challenge_type="webauthn")
    assert [each.verified_at is not None for each in asked] == [True]
    assert Authenticator.objects.get(type="webauthn").last_used_at is not None


def test_a_passkey_of_another_site_or_nobody_is_refused(
    page: Page, live_server: LiveServer, cast: Cast
) -> None:
    """The browser has no passkey for this person: it says so, and the page does too."""
    sign_in(page, live_server, "hannah")
    refused = page.evaluate(
        """async () => {
          const form = document.querySelector("form.stack"), body = new FormData(form);
          body.set("method", "webauthn"); body.set("credential", '{"id": "x", "response": {}}');
          return (await fetch(form.action, {method: "POST", body, redirect: "manual"})).status;
        }"""
    )
    page.goto(f"{live_server.url}/portal/")

    assert refused == 422
    expect(page.get_by_role("heading", name="Check it’s you")).to_be_visible()


def test_a_mailed_code_works_without_javascript(
    browser: Browser, live_server: LiveServer, cast: Cast
) -> None:
    page = browser.new_context(java_script_enabled=False).new_page()
    sign_in(page, live_server, "hannah")
    page.get_by_role("button", name="Send another code").click()
    expect(page.get_by_text("We have just sent one.")).to_be_visible()
    type_code(page, mailed())
    expect(page).to_have_url(f"{live_server.url}/portal/")
