"""The main job in a real browser: a call arrives, is worked, reaches the provider, and the client sees it."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.conf import settings as project
from playwright.sync_api import BrowserContext, Page, expect
from pytest_django.live_server_helper import LiveServer

from portal.demo import PASSWORD, make_agency
from sandbox import server

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]
DELGADO = 511203
# The callers of these tests have names and numbers that neither the demo agency nor the sandbox's people have.
WAIT_S = 30


@pytest.fixture
def sandbox(settings: Any, live_server: LiveServer) -> Iterator[server.Sandbox]:
    with server.start(port=0, media_port=0, days=4) as running:
        settings.CTM_BASE_URL = f"{running.url}/api/v1"
        settings.GHL_BASE_URL = f"{running.url}/ghl"
        settings.PUBLIC_URL = live_server.url
        settings.CSRF_TRUSTED_ORIGINS = [live_server.url]
        yield running


@pytest.fixture
def worker(sandbox: server.Sandbox, live_server: LiveServer, tmp_path: Path) -> Iterator[None]:
    """A real Celery worker with its own beat, as in production, on the tests' servers."""
    environment = {
        **os.environ,
        "CTM_BASE_URL": f"{sandbox.url}/api/v1",
        "GHL_BASE_URL": f"{sandbox.url}/ghl",
        "PUBLIC_URL": live_server.url,
    }
    command = [sys.executable, "-m", "celery", "-A", "portal", "worker", "--concurrency", "2", "--beat",
               "--schedule", str(tmp_path / "beat"), "--scheduler", "celery.beat:PersistentScheduler",
               "--loglevel", "WARNING"]  # fmt: skip
    with (tmp_path / "worker.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=project.BASE_DIR, env=environment, stdout=log, stderr=log)
        yield
        process.terminate()
        process.wait(timeout=30)


@pytest.fixture
def demo(sandbox: server.Sandbox, worker: None) -> None:
    make_agency(httpx.get(f"{sandbox.url}/_sandbox/accounts").json()["accounts"])


def sign_in(page: Page, live_server: LiveServer, email: str) -> None:
    page.goto(f"{live_server.url}/accounts/login/")
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


def happen(sandbox: server.Sandbox, **wish: object) -> dict[str, Any]:
    made: dict[str, Any] = httpx.post(
        f"{sandbox.url}/_sandbox/calls", json={"account_id": DELGADO, **wish}
    ).json()
    return dict(made.get("call", made))


def truth(sandbox: server.Sandbox, call_id: object) -> dict[str, Any]:
    calls = httpx.get(f"{sandbox.url}/_sandbox/truth", params={"account_id": DELGADO}).json()["calls"]
    return next(each for each in calls if each["id"] == call_id)


def eventually(check: Callable[[], bool], what: str) -> None:
    until = time.monotonic() + WAIT_S
    while time.monotonic() < until:
        if check():
            return
        time.sleep(0.2)
    pytest.fail(f"{what} did not happen within {WAIT_S} s")


def test_a_call_is_worked_and_seen_by_its_client(
    page: Page, context: BrowserContext, live_server: LiveServer, sandbox: server.Sandbox, demo: None
) -> None:
    problems: list[str] = []
    page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: problems.append(str(error)))
    sign_in(page, live_server, "nora@larkspur.example")
    expect(page.get_by_role("heading", name="Inbox")).to_be_visible()

    made = happen(sandbox, name="Ottilie Brandt", caller_number="+15125550171", late=False)
    row = page.get_by_role("link", name="Ottilie Brandt").first
    expect(row).to_be_visible(timeout=WAIT_S * 1000)  # by itself: nobody reloads the page
    row.click()
    drawer = page.get_by_role("complementary", name="Call details")
    expect(drawer.get_by_role("heading", name="Ottilie Brandt")).to_be_visible()
    drawer.get_by_text("5 stars").locator("..").click()
    expect(page.get_by_text("Rating saved.")).to_be_visible()
    expect(drawer.get_by_label("Category", exact=True)).to_have_value("converted")

    eventually(
        lambda: (truth(sandbox, made["id"]).get("sale") or {}).get("score") == 5, "the rating in the sandbox"
    )
    assert problems == []

    client = context.browser.new_context().new_page()  # type: ignore[union-attr]
    sign_in(client, live_server, "rafael@delgado.example")
    expect(client.get_by_role("heading", name="Rafael")).to_be_visible()
    client.get_by_role("link", name="Ottilie Brandt").first.click()
    expect(client.get_by_role("heading", name="Ottilie Brandt")).to_be_visible()
    expect(client.get_by_label("5 stars")).to_be_checked()


def test_the_whole_job_without_javascript(
    browser: Any, live_server: LiveServer, sandbox: server.Sandbox, demo: None
) -> None:
    page = browser.new_context(java_script_enabled=False).new_page()
    made = happen(sandbox, name="Ansel Whitcombe", caller_number="+15125550172", late=False)
    sign_in(page, live_server, "nora@larkspur.example")
    row = page.get_by_role("link", name="Ansel Whitcombe").first

    def arrived() -> bool:
        page.reload()
        return bool(row.count())

    eventually(arrived, "the call in the inbox")
    row.click()
    page.get_by_role("radio", name="4 stars").check(force=True)
    page.get_by_role("button", name="Save").first.click()
    expect(page.get_by_text("Rating saved.")).to_be_visible()
    page.get_by_label("Add a note").fill("Called back, comes on Tuesday.")
    page.get_by_role("button", name="Save note").click()
    expect(page.get_by_text("Called back, comes on Tuesday.")).to_be_visible()
    page.get_by_label("Category", exact=True).first.select_option("very_good")
    page.get_by_role("button", name="Save").nth(1).click()
    expect(page.get_by_text("set by a person")).to_be_visible()
    page.get_by_role("link", name="Next call").click()
    expect(page.get_by_role("complementary", name="Call details")).to_be_visible()
    page.get_by_role("link", name="Close details").click()
    page.get_by_role("searchbox", name="Name or number").fill("whitcombe")
    page.get_by_role("button", name="Filter", exact=True).click()
    expect(row).to_be_visible()
    assert "q=whitcombe" in page.url

    eventually(
        lambda: (truth(sandbox, made["id"]).get("sale") or {}).get("score") == 4, "the rating in the sandbox"
    )


def test_the_keyboard_alone_works_a_call(
    page: Page, live_server: LiveServer, sandbox: server.Sandbox, demo: None
) -> None:
    happen(sandbox, name="Grace Abernathy", late=False)
    sign_in(page, live_server, "nora@larkspur.example")
    row = page.get_by_role("link", name="Grace Abernathy").first
    expect(row).to_be_visible(timeout=WAIT_S * 1000)
    expect(page.locator(".lead").nth(5)).to_be_visible(
        timeout=WAIT_S * 1000
    )  # the first sync has come as well

    row.focus()
    page.keyboard.press("Enter")
    drawer = page.get_by_role("complementary", name="Call details")
    expect(drawer.get_by_role("heading", name="Grace Abernathy")).to_be_focused()
    page.keyboard.press("j")
    expect(drawer.get_by_role("heading", name="Grace Abernathy")).to_be_hidden()
    page.keyboard.press("k")
    expect(drawer.get_by_role("heading", name="Grace Abernathy")).to_be_visible()
    page.keyboard.press("Escape")
    expect(drawer).to_be_hidden()
    expect(row).to_be_focused()
