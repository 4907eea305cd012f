"""The board and the way to a customer in a real browser: by mouse, by keyboard, and without a script."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import transaction
from django.urls import reverse
from playwright.sync_api import Browser, BrowserContext, Page, expect
from pytest_django.live_server_helper import LiveServer

from accounts.scope import agency_scope
from conftest import Cast, make_cast
from crm.models import Activity, Journey, Lead, PipelineStage
from crm.tests.test_conversions import everything, fresh

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def cast(live_server: LiveServer) -> Cast:
    with transaction.atomic():
        cast = make_cast()
        own: dict[str, Any] = {"agency_id": cast.larkspur.pk, "client": cast.brightside.client}
        with agency_scope(cast.larkspur.pk):
            for place, (name, fields) in enumerate(
                (("Quoted", {}), ("Won", {"is_won_stage": True}), ("Lost", {"is_lost_stage": True})), 1
            ):
                PipelineStage.unscoped.create(**own, name=name, position=place, **fields)
            for n in range(3):
                stage = PipelineStage.unscoped.get(name="Quoted")
                Lead.unscoped.create(**own, display_name=f"Person {n}", stage=stage, board_rank="BCD"[n])
    return cast


@pytest.fixture
def come(browser: Browser, live_server: LiveServer, cast: Cast) -> Iterator[Any]:
    contexts: list[BrowserContext] = []

    def come(name: str, **options: Any) -> Page:
        context = browser.new_context(
            viewport={"width": 1440, "height": 900}, base_url=live_server.url, **options
        )
        contexts.append(context)
        for key, morsel in cast.browser(name).cookies.items():
            context.add_cookies([{"name": key, "value": morsel.value, "url": live_server.url}])
        return context.new_page()

    yield come
    for context in contexts:
        context.close()


def order(cast: Cast, stage: str) -> list[str]:
    with transaction.atomic(), agency_scope(cast.larkspur.pk):
        rows = Lead.unscoped.filter(stage__name=stage, client=cast.brightside.client).order_by(
            "board_rank", "pk"
        )
        return [each.display_name for each in rows]


def lane(page: Page, name: str) -> Any:
    return page.get_by_role("list", name=name)


def test_a_card_is_dragged_between_two_others(come: Any, cast: Cast) -> None:
    page = come("hannah")
    page.goto(reverse("crm:pipeline"))
    card = page.locator("[data-card]", has_text="Lee Brightside Dental")
    target = lane(page, "Quoted").locator("[data-card]").nth(1)

    card.drag_to(target, target_position={"x": 60, "y": 8})

    expect(page.get_by_text("Lee Brightside Dental is in Quoted now.")).to_be_visible()
    expect(lane(page, "Quoted").locator("[data-card]")).to_have_count(4)
    assert order(cast, "Quoted") == ["Person 0", "Lee Brightside Dental", "Person 1", "Person 2"]
    expect(page.locator("#head-" + str(cast.brightside.stage.pk))).to_contain_text("0")
    page.reload()
    assert [
        each.split("\n")[0] for each in lane(page, "Quoted").locator("[data-card]").all_inner_texts()
    ] == order(cast, "Quoted")


def test_cards_are_moved_by_the_keyboard_and_keep_the_focus(come: Any, cast: Cast) -> None:
    page = come("hannah")
    page.goto(reverse("crm:pipeline"))
    page.get_by_role("link", name="Lee Brightside Dental", exact=True).focus()

    page.keyboard.press("Shift+ArrowRight")
    expect(page.get_by_text("Lee Brightside Dental is in Quoted now.").first).to_be_visible()
    page.keyboard.press("Shift+ArrowDown")
    page.keyboard.press("Shift+ArrowDown")
    expect(page.get_by_text("Lee Brightside Dental is in Quoted now.")).to_have_count(3)

    assert order(cast, "Quoted") == ["Person 0", "Person 1", "Lee Brightside Dental", "Person 2"]
    expect(page.get_by_role("link", name="Lee Brightside Dental", exact=True)).to_be_focused()
    page.keyboard.press("Shift+ArrowRight")
    expect(page.get_by_text("Lee Brightside Dental is in Won now.")).to_be_visible()
    page.keyboard.press("Shift+ArrowRight")
    expect(page.get_by_role("heading", name="Where does Lee Brightside Dental go?")).to_be_visible()
    expect(page.get_by_label("Stage optional", exact=True)).to_have_value(str(lost_of(cast)))
    page.get_by_label("Why are they lost?").fill("Moved away")
    page.get_by_role("button", name="Move").click()
    expect(page.get_by_text("Lee Brightside Dental is in Lost now.")).to_be_visible()


def lost_of(cast: Cast) -> Any:
    with transaction.atomic(), agency_scope(cast.larkspur.pk):
        return PipelineStage.unscoped.get(name="Lost", client=cast.brightside.client).pk


def test_who_moves_a_card_on_an_old_board_is_told(come: Any, cast: Cast) -> None:
    old = come("hannah")
    old.goto(reverse("crm:pipeline"))
    page = come("nora")
    page.goto(reverse("crm:pipeline") + "?client=brightside-dental")
    page.get_by_role("link", name="Person 0", exact=True).focus()
    page.keyboard.press("Shift+ArrowRight")
    expect(page.get_by_text("Person 0 is in Won now.")).to_be_visible()

    old.get_by_role("link", name="Person 0", exact=True).focus()
    old.keyboard.press("Shift+ArrowLeft")

    expect(old.get_by_text("Somebody else has just moved Person 0 to Won. They stay there.")).to_be_visible()
    expect(lane(old, "Won").locator("[data-card]")).to_have_count(1)
    with transaction.atomic(), agency_scope(cast.larkspur.pk):
        assert Activity.unscoped.filter(action="stage_changed").count() == 1


@pytest.mark.parametrize("script", [True, False])
def test_from_a_journey_to_a_customer_and_back(come: Any, cast: Cast, script: bool) -> None:
    with transaction.atomic():
        journey: Journey = fresh(cast.brightside)
        before = everything(cast.brightside)
    page = come("hannah", java_script_enabled=script)
    page.goto(reverse("crm:journey", args=[journey.pk]))
    page.get_by_role("link", name="Agreed to service").press("Enter")
    page.get_by_label("Service optional", exact=True).first.select_option(label="Implants")
    page.get_by_label("Agreed price").first.fill("1700")
    page.get_by_role("button", name="Agreed to service").press("Enter")
    expect(page.get_by_text("Ada Moss is a customer now.")).to_be_visible()
    expect(page.get_by_text("Became a customer").first).to_be_visible()
    page.get_by_role("button", name="Undo").press("Enter")
    expect(page.get_by_text("Taken back. Everything is as it was before.")).to_be_visible()
    expect(page.get_by_role("button", name="Undo")).to_have_count(0)
    with transaction.atomic():
        assert everything(cast.brightside) == before
