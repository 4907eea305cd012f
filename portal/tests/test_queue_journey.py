"""The call queue in a real browser, by keyboard alone; and the page as axe sees it with somebody on the line."""

from typing import Any

import pytest
from django.db import transaction
from django.urls import reverse
from playwright.sync_api import expect

from accounts.scope import PlatformUse, platform_scope
from conftest import NOON, Cast, House
from crm.models import Call, Callback, Campaign, CampaignMember, Lead
from portal.tests.test_accessibility import axe, cast, visitor  # noqa: F401  fixtures

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]


def fill(house: House, names: tuple[str, ...]) -> str:
    """People to call for the house, in that order; return the address of the queue."""
    own: dict[str, Any] = {"agency_id": house.client.agency_id, "client": house.client}
    with transaction.atomic(), platform_scope(PlatformUse.ADMIN):
        Callback.unscoped.all().delete()
        CampaignMember.unscoped.filter(client=house.client).update(status="paused")
        Campaign.unscoped.filter(pk=house.work.campaign.pk).update(
            script="Hello, this is Nora.\n\nHow are you?"
        )
        for n, name in enumerate(names):
            number = f"+1410555{n:04d}"
            lead = Lead.unscoped.create(
                **own, display_name=name, phone=number, phone_e164=number, city="Towson"
            )
            CampaignMember.unscoped.create(**own, campaign=house.work.campaign, lead=lead, added_at=NOON)
    return reverse("crm:queue", args=[house.work.campaign.pk])


def said() -> list[tuple[str, str, str]]:
    with transaction.atomic(), platform_scope(PlatformUse.ADMIN):
        rows = Call.unscoped.filter(source="manual").select_related("lead").order_by("created_at")
        return [
            (call.lead.display_name if call.lead else "", call.disposition, call.booked_elsewhere)
            for call in rows
        ]


def test_queue_is_worked_by_keyboard_alone(visitor: Any, cast: Cast) -> None:  # noqa: F811
    queue = fill(cast.delgado, ("Ann", "Bo", "Cy", "Dora"))
    nora = visitor("nora", 1440)
    nora.visit(queue)
    keys = nora.page.keyboard
    keys.press("n")
    expect(nora.page.get_by_role("heading", name="Ann")).to_be_focused()
    keys.press("1")
    expect(nora.page.get_by_role("heading", name="Bo")).to_be_focused()
    keys.press("8")  # a meeting needs to be told where, before anything is sent
    place = nora.page.get_by_label("Where the meeting is booked")
    expect(place).to_be_focused()
    keys.type("Practice calendar 2")  # a digit in a field is a digit
    keys.press("Enter")
    expect(nora.page.get_by_role("heading", name="Cy")).to_be_focused()
    keys.press("s")
    expect(nora.page.get_by_role("heading", name="Dora")).to_be_focused()
    keys.press("?")
    expect(nora.page.get_by_text("In the call queue: how the call ended")).to_be_visible()
    keys.press("9")  # behind the list of keys nothing happens
    keys.press("Escape")
    keys.press("9")
    expect(nora.page.get_by_role("heading", name="Ready when you are")).to_be_visible()

    assert said() == [
        ("Ann", "No Answer", ""), ("Bo", "Meeting Booked", "Practice calendar 2"), ("Dora", "Do Not Contact", ""),
    ]  # fmt: skip
    assert nora.problems == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_with_somebody_on_the_line(visitor: Any, cast: Cast, axe: str, theme: str) -> None:  # noqa: F811
    queue = fill(cast.delgado, ("Ann",))
    found = []
    for width in (1440, 390):
        nora = visitor("nora", width, theme)
        nora.visit(queue)
        if width == 1440:
            nora.look(axe)
            nora.page.get_by_role("button", name="Next person").click()
        nora.page.get_by_role("button", name="Callback Requested").click()
        nora.page.get_by_text("For a meeting").click()
        nora.look(axe)
        found += nora.problems
    assert found == []
