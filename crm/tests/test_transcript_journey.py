"""Reading and hearing calls in a real browser, with real sound from the stand-ins of the providers."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect
from pytest_django.live_server_helper import LiveServer

from crm.models import Call
from crm.tests.conftest import Desk, spoken_story
from crm.tests.ghl import Counter

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]
POLL_MS = 15_000  # lists ask every eight seconds


@pytest.fixture(autouse=True)
def media(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = str(tmp_path)


@pytest.fixture
def come(browser: Browser, live_server: LiveServer) -> Iterator[Any]:
    contexts: list[BrowserContext] = []

    def come(desk: Desk | Counter, name: str, **options: Any) -> Page:
        context = browser.new_context(
            viewport={"width": 1440, "height": 900}, base_url=live_server.url, **options
        )
        contexts.append(context)
        for key, morsel in desk.cast.browser(name).cookies.items():
            context.add_cookies([{"name": key, "value": morsel.value, "url": live_server.url}])
        return context.new_page()

    yield come
    for context in contexts:
        context.close()


@pytest.fixture
def call(live_server: LiveServer, real_desk: Desk) -> Call:
    made = real_desk.vendor.happen(story=spoken_story(real_desk), name="Ansel Whitcombe")
    real_desk.sync()
    return real_desk.call(made["id"])


def seconds(page: Page) -> float:
    return float(page.evaluate("document.querySelector('[data-player] audio').currentTime"))


def hit_texts(page: Page) -> list[str]:
    return page.locator("mark.hit").all_text_contents()


def word_said_twice(call: Call) -> str:
    words: list[str] = [
        word.strip(".,?!").lower() for turn in call.transcript_turns for word in turn["text"].split()
    ]
    return next(word for word in words if len(word) > 2 and words.count(word) > 1 and word.isalpha())


def test_a_turn_that_is_clicked_is_heard_and_followed(real_desk: Desk, call: Call, come: Any) -> None:
    page = come(real_desk, "nora")
    page.goto(reverse("crm:inbox_call", args=[call.pk]))
    turn = call.transcript_turns[1]
    row = page.locator("#turn-2")

    row.get_by_role("link").click()

    page.wait_for_function(
        "at => { const a = document.querySelector('[data-player] audio'); return !a.paused && a.currentTime >= at }",
        arg=turn["start_s"],
    )
    assert turn["start_s"] <= seconds(page) < turn["start_s"] + 3
    expect(row).to_have_attribute("aria-current", "true")
    page.evaluate(
        "at => { document.querySelector('[data-player] audio').currentTime = at }",
        call.transcript_turns[2]["start_s"] + 0.1,
    )
    expect(page.locator("#turn-3")).to_have_attribute("aria-current", "true")
    expect(row).not_to_have_attribute("aria-current", "true")
    assert page.url.endswith(reverse("crm:inbox_call", args=[call.pk]))  # the link led nowhere else


def test_words_are_found_while_one_types_and_by_keyboard(real_desk: Desk, call: Call, come: Any) -> None:
    page, word = come(real_desk, "hannah"), word_said_twice(call)
    page.goto(reverse("portal:call", args=[call.pk]))
    box = page.get_by_role("searchbox", name="Find in transcript")
    count = sum(turn["text"].lower().count(word) for turn in call.transcript_turns)

    box.press_sequentially(word.upper())

    status = page.locator("[data-hit-words]")
    expect(status).to_have_text(f"1 of {count}")
    assert {text.lower() for text in hit_texts(page)} == {word}
    box.press("Enter")
    expect(status).to_have_text(f"2 of {count}")
    box.press("Shift+Enter")
    box.press("Shift+Enter")
    expect(status).to_have_text(f"{count} of {count}")
    page.get_by_role("link", name="Next hit").click()
    expect(status).to_have_text(f"1 of {count}")
    expect(page.locator("mark.here").first).to_be_in_viewport()
    box.fill("no such words")
    expect(status).to_have_text("Not found")
    box.fill("")
    expect(status).to_be_hidden()
    said = page.locator(".transcript p").all_text_contents()
    assert said == [turn["text"] for turn in call.transcript_turns]  # nothing of it was lost


def test_the_same_without_a_script(real_desk: Desk, call: Call, come: Any) -> None:
    page, word = come(real_desk, "nora", java_script_enabled=False), word_said_twice(call)
    page.goto(reverse("crm:inbox_call", args=[call.pk]) + "?client=brightside-dental")
    page.get_by_role("searchbox", name="Find in transcript").fill(word)
    page.get_by_role("button", name="Find", exact=True).click()

    expect(page.get_by_role("status").filter(has_text="1 of")).to_be_visible()
    assert f"find={word}" in page.url
    assert "client=brightside-dental" in page.url
    assert page.url.endswith("#hit-1")
    expect(page.locator("mark.here")).to_have_id("hit-1")
    page.get_by_role("link", name="Next hit").click()
    expect(page.locator("mark.here")).to_have_id("hit-2")
    page.get_by_role("link", name="Previous hit").click()
    expect(page.locator("mark.here")).to_have_id("hit-1")
    address = page.locator("#turn-2").get_by_role("link").get_attribute("href")
    assert address == f"{reverse('crm:recording', args=[call.pk])}#t={call.transcript_turns[1]['start_s']}"


def test_a_quote_of_the_verdict_leads_to_its_turn(real_desk: Desk, call: Call, come: Any) -> None:
    page = come(real_desk, "nora")
    page.goto(reverse("crm:inbox_call", args=[call.pk]))
    quote: Locator = page.locator(".quote-link").first
    words = quote.text_content() or "nothing"

    quote.click(position={"x": 40, "y": 8})  # past the quotation mark

    expect(page).to_have_url(re.compile(r"#turn-\d+$"))
    target = page.locator(page.url[page.url.index("#") :])
    expect(target).to_be_in_viewport()
    expect(target).to_contain_text(words)


def test_client_sees_a_recording_the_moment_it_is_logged(
    live_server: LiveServer, real_desk: Desk, come: Any
) -> None:
    """Staff in one window, the client in another; nobody reloads."""
    staff, client = come(real_desk, "nora"), come(real_desk, "hannah")
    client.goto(reverse("portal:calls"))
    staff.goto(reverse("crm:lead_call_log", args=[real_desk.house.lead.pk]))
    staff.get_by_role("button", name="Log the call").click()
    expect(staff.get_by_text("Call logged.")).to_be_visible()
    expect(client.locator(".lead")).to_have_count(2, timeout=POLL_MS)

    made = real_desk.vendor.happen(story=spoken_story(real_desk), name="Grace Abernathy", late=True)
    real_desk.sync()
    row = client.get_by_role("link", name="Grace Abernathy").first
    expect(row).to_be_visible(timeout=POLL_MS)
    row.click()
    expect(client.get_by_text("The recording usually arrives within a few minutes")).to_be_visible()
    real_desk.vendor.advance(3600)
    real_desk.sync()
    assert real_desk.call(made["id"]).recording_url
    play = client.get_by_role("button", name="Play recording")
    expect(play).to_be_visible(timeout=POLL_MS)
    play.click()
    client.wait_for_function("() => document.querySelector('[data-player] audio').currentTime > 0.2")


def test_call_of_the_other_provider_is_heard_alike(
    live_server: LiveServer, real_counter: Counter, come: Any
) -> None:
    made = real_counter.vendor.happen()
    real_counter.sync()
    call = real_counter.call(made["id"])
    page = come(real_counter, "hannah")
    page.goto(reverse("portal:call", args=[call.pk]))

    page.locator("#turn-2").get_by_role("link").click()

    page.wait_for_function(
        "at => { const a = document.querySelector('[data-player] audio'); return !a.paused && a.currentTime >= at }",
        arg=call.transcript_turns[1]["start_s"],
    )
    expect(page.locator("#turn-2 b")).to_have_text("Speaker 1")
