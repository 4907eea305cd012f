"""Two windows of one person in a real browser: what is ended in one is over in the other, which says why."""

import re
from typing import Any

import pytest
from django.db import transaction
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from accounts.models import UserSession
from conftest import PASSWORD, Cast, make_cast

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]
END = re.compile(r"^End(?! all)")  # one session, not all others
NEW_PASSWORD = "a lantern above the harbour"
BY_PERSON = "This session was ended from another window in which you are signed in."
BY_PASSWORD = "Your password was changed, so your other sessions ended."


@pytest.fixture
def cast(settings: Any, live_server: LiveServer) -> Cast:
    settings.PUBLIC_URL = live_server.url
    settings.CSRF_TRUSTED_ORIGINS = [live_server.url]
    with transaction.atomic():
        cast = make_cast()
        for name in ("nora", "hannah"):
            cast.give_password(name)
    return cast


@pytest.fixture
def windows(browser: Browser, live_server: LiveServer, cast: Cast) -> Any:
    """Opens windows that share nothing, each signed in."""
    opened: list[Any] = []

    def open_window(name: str = "nora") -> Page:
        context = browser.new_context()
        opened.append(context)
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.goto(f"{live_server.url}/accounts/login/")
        sign_in(page, name)
        expect(page.get_by_role("heading", name="Inbox" if name == "nora" else "Hannah")).to_be_visible()
        return page

    yield open_window
    for context in opened:
        context.close()


def sign_in(page: Page, name: str = "nora", password: str = PASSWORD) -> None:
    page.get_by_label("Email").fill(f"{name}@example.test")
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_role("button", name="Sign in").click()


def expect_sign_in(page: Page, why: str) -> None:
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    expect(page.get_by_text(why)).to_be_visible()


def expect_in(page: Page, live_server: LiveServer) -> None:
    page.goto(f"{live_server.url}/inbox/")
    expect(page.get_by_role("heading", name="Inbox")).to_be_visible()


def test_one_window_ends_the_other(live_server: LiveServer, windows: Any) -> None:
    here, there = windows(), windows()

    here.goto(f"{live_server.url}/people/security/")
    expect(here.get_by_text("This one")).to_have_count(1)
    here.get_by_role("button", name=END).click()
    expect(here.get_by_text("That session has ended.")).to_be_visible()
    expect(here.get_by_role("button", name=END)).to_have_count(0)

    there.get_by_role("link", name="Clients", exact=True).click()
    expect_sign_in(there, BY_PERSON)
    sign_in(there)
    expect(there).to_have_url(f"{live_server.url}/clients/")  # on to where the click led
    expect_in(here, live_server)


def test_a_piece_of_a_page_leads_the_whole_window_to_sign_in(live_server: LiveServer, windows: Any) -> None:
    """A row of the inbox opens by htmx, which would draw the sign-in page into the drawer."""
    here, there = windows(), windows()
    here.goto(f"{live_server.url}/people/security/")
    here.get_by_role("button", name=END).click()
    expect(here.get_by_text("That session has ended.")).to_be_visible()

    there.get_by_role("link", name="Lee Brightside Dental").first.click()
    expect_sign_in(there, BY_PERSON)
    expect(there.get_by_role("heading", name="Inbox")).to_have_count(0)
    sign_in(there)
    expect(there).to_have_url(f"{live_server.url}/inbox/")


def test_end_all_others(live_server: LiveServer, windows: Any, cast: Cast) -> None:
    here, others, hannah = windows(), [windows(), windows()], windows("hannah")

    here.goto(f"{live_server.url}/people/security/")
    here.get_by_role("button", name="End all others").click()
    expect(here.get_by_text("2 other sessions ended.")).to_be_visible()

    for each in others:
        each.reload()
        expect_sign_in(each, BY_PERSON)
    expect_in(here, live_server)
    hannah.reload()
    expect(hannah.get_by_role("heading", name="Hannah")).to_be_visible()
    ended = UserSession.objects.filter(revoked_reason="by_person").values_list("user", flat=True)
    assert list(ended) == [cast.people["nora"].pk] * 2


def test_a_new_password_in_one_ends_the_other(live_server: LiveServer, windows: Any) -> None:
    here, there = windows(), windows()

    here.goto(f"{live_server.url}/people/security/password/")
    here.get_by_label("Your password now").fill(PASSWORD)
    here.get_by_label("New password").fill(NEW_PASSWORD)
    here.get_by_role("button", name="Save password").click()
    expect(here.get_by_text("You are signed out everywhere else.")).to_be_visible()

    there.get_by_role("link", name="Clients", exact=True).click()
    expect_sign_in(there, BY_PASSWORD)
    sign_in(there)
    expect(there.get_by_text("That email and password do not go together.")).to_be_visible()
    sign_in(there, password=NEW_PASSWORD)
    expect(there).to_have_url(f"{live_server.url}/clients/")
    expect_in(here, live_server)
