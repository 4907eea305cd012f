"""What may be changed and reached from a person's page: stage, number, journeys, campaigns, the customer."""

import json
from typing import Any

import pytest
from django.urls import reverse

from accounts.scope import PlatformUse, platform_scope
from conftest import Cast, House
from crm.models import Activity, Lead, PipelineStage
from crm.services.facts import as_text as facts_text


def page(cast: Cast, who: str, house: House) -> str:
    return cast.browser(who).get(reverse("crm:lead", args=[house.lead.pk])).content.decode()


def write(lead: Lead, **values: Any) -> None:
    with platform_scope(PlatformUse.ADMIN):
        Lead.unscoped.filter(pk=lead.pk).update(**values)


def fresh(lead: Lead) -> Lead:
    with platform_scope(PlatformUse.ADMIN):
        found: Lead = Lead.unscoped.select_related("stage").get(pk=lead.pk)
        return found


def told(lead: Lead, *actions: str) -> list[tuple[str, dict[str, Any]]]:
    with platform_scope(PlatformUse.ADMIN):
        rows = Activity.unscoped.filter(lead=lead, action__in=actions).order_by("pk")
        return list(rows.values_list("action", "metadata"))


def add_stage(house: House, name: str, **more: Any) -> PipelineStage:
    with platform_scope(PlatformUse.ADMIN):
        made: PipelineStage = PipelineStage.unscoped.create(
            agency_id=house.client.agency_id, client=house.client, name=name, position=5, **more
        )
        return made


@pytest.mark.parametrize("who", ["nora", "hannah"])
def test_stage_is_changed_on_the_page(cast: Cast, who: str) -> None:
    house = cast.brightside
    quoted = add_stage(house, "Quoted")
    browser, address = cast.browser(who), reverse("crm:lead_stage", args=[house.lead.pk])
    stages = []
    for wanted in (quoted.pk, ""):
        answer = browser.post(address, {"stage": wanted})
        stages.append((answer["Location"], getattr(fresh(house.lead).stage, "name", None)))

    here = reverse("crm:lead", args=[house.lead.pk])
    assert stages == [(here, "Quoted"), (here, None)]
    assert len(told(house.lead, "stage_changed")) == 2


def test_lost_stage_asks_why_beside_its_field(cast: Cast) -> None:
    house = cast.brightside
    lost = add_stage(house, "Lost", is_lost_stage=True)
    nora, address = cast.browser("nora"), reverse("crm:lead_stage", args=[house.lead.pk])
    asked = nora.post(address, {"stage": lost.pk})
    said = nora.post(address, {"stage": lost.pk, "reason": "Too expensive"})

    assert (asked.status_code, list(asked.context["stage_form"].errors)) == (422, ["reason"])
    assert (said.status_code, fresh(house.lead).stage, fresh(house.lead).lost_reason) == (
        302,
        lost,
        "Too expensive",
    )


def test_reason_of_who_is_lost_is_changed_and_told(cast: Cast) -> None:
    house = cast.brightside
    lost = add_stage(house, "Lost", is_lost_stage=True)
    nora, address = cast.browser("nora"), reverse("crm:lead_stage", args=[house.lead.pk])
    nora.post(address, {"stage": lost.pk, "reason": "Too expensive"})
    entered = fresh(house.lead).stage_entered_at
    changed = nora.post(address, {"stage": lost.pk, "reason": "Went to another practice"})
    nora.post(address, {"stage": lost.pk, "reason": "Went to another practice"})
    blank = nora.post(address, {"stage": lost.pk, "reason": ""})
    after = fresh(house.lead)

    assert (changed.status_code, after.lost_reason, after.stage_entered_at) == (
        302, "Went to another practice", entered,
    )  # fmt: skip
    assert told(house.lead, "lead_changed") == [("lead_changed", {"fields": ["why nothing came of it"]})]
    assert (blank.status_code, blank.context["stage_form"].errors["reason"]) == (
        422, [f"Say why {house.lead.name} is lost."],
    )  # fmt: skip


def facts(lead: Lead, **chosen: str) -> dict[str, str]:
    """The form as it shows the lead, with something else chosen."""
    shown = facts_text(fresh(lead))
    return {**shown, **chosen, "seen": json.dumps(shown)}


def test_older_window_does_not_take_back_what_another_chose(cast: Cast) -> None:
    lead, theo = cast.brightside.lead, str(cast.people["theo"].pk)
    address = reverse("crm:lead_facts", args=[lead.pk])
    one, two = facts(lead, owner=theo), facts(lead, sentiment="positive")
    codes = [
        cast.browser(who).post(address, each).status_code for who, each in (("nora", one), ("hannah", two))
    ]
    after = fresh(lead)

    assert (codes, str(after.owner_id), after.sentiment) == ([302, 302], theo, "positive")
    assert told(lead, "owner_changed", "sentiment_set") == [
        ("owner_changed", {"to": theo, "name": "Theo"}),
        ("sentiment_set", {"from": "", "to": "positive"}),
    ]


def test_two_who_choose_differently_are_both_heard(cast: Cast) -> None:
    lead = cast.brightside.lead
    address = reverse("crm:lead_facts", args=[lead.pk])
    one, two = (
        facts(lead, sentiment="positive"),
        facts(lead, sentiment="negative", status_by_hand="disqualified"),
    )
    cast.browser("nora").post(address, one)
    refused = cast.browser("theo").post(address, two)
    kept = fresh(lead)
    again = cast.browser("theo").post(address, refused.context["facts_form"].data)
    after = fresh(lead)

    assert (refused.status_code, "it says “Positive” now" in refused.content.decode()) == (422, True)
    assert (kept.sentiment, kept.status_by_hand) == ("positive", "")
    assert (again.status_code, after.sentiment, after.status_by_hand) == (302, "negative", "disqualified")
    assert told(lead, "sentiment_set")[1:] == [("sentiment_set", {"from": "positive", "to": "negative"})]


def test_stage_of_another_client_is_none(cast: Cast) -> None:
    answer = cast.browser("nora").post(
        reverse("crm:lead_stage", args=[cast.brightside.lead.pk]), {"stage": cast.delgado.stage.pk}
    )

    assert (answer.status_code, fresh(cast.brightside.lead).stage) == (422, cast.brightside.stage)


def test_wrong_number_is_cleared_with_a_reason(cast: Cast) -> None:
    lead = cast.brightside.lead
    write(lead, phone_is_wrong=True)
    nora, address = cast.browser("nora"), reverse("crm:lead_number", args=[lead.pk])
    offered = address in page(cast, "nora", cast.brightside)
    bare = nora.post(address, {"reason": " "})
    kept = fresh(lead).phone_is_wrong
    for _ in range(2):
        done = nora.post(address, {"reason": "She answered there today"})

    assert (offered, bare.status_code, kept, done.status_code) == (True, 422, True, 302)
    assert fresh(lead).phone_is_wrong is False
    assert told(lead, "number_cleared") == [("number_cleared", {"reason": "She answered there today"})]
    assert "The number is right after all: She answered there today" in page(cast, "nora", cast.brightside)


def test_right_number_offers_nothing(cast: Cast) -> None:
    address = reverse("crm:lead_number", args=[cast.brightside.lead.pk])

    assert address not in page(cast, "nora", cast.brightside)
    assert "The number counts as right" in cast.browser("nora").get(address).content.decode()


def test_who_only_looks_is_offered_nothing(cast: Cast) -> None:
    write(cast.brightside.lead, phone_is_wrong=True)
    shown = page(cast, "vi", cast.brightside)

    routes = ("lead_number", "lead_stage", "lead_facts")
    assert [reverse(f"crm:{route}", args=[cast.brightside.lead.pk]) in shown for route in routes] == [
        False
    ] * 3


@pytest.mark.parametrize(
    ("who", "expected"),
    [
        ("nora", {"journey", "campaign", "customer"}),
        ("hannah", {"journey", "campaign", "customer"}),
        ("bea", {"campaign"}),  # her role has no journeys and no customers
    ],
)
def test_page_leads_to_what_its_reader_may_open(cast: Cast, who: str, expected: set[str]) -> None:
    work, shown = cast.brightside.work, page(cast, who, cast.brightside)
    rows = {"journey": work.journey, "campaign": work.campaign, "customer": work.customer}
    linked = {
        name for name, row in rows.items() if f'href="{reverse(f"crm:{name}", args=[row.pk])}"' in shown
    }
    opened = {
        cast.browser(who).get(reverse(f"crm:{name}", args=[rows[name].pk])).status_code for name in linked
    }

    assert (linked, opened) == (expected, {200})


def test_cards_of_the_board_lead_to_the_person_and_keep_move(cast: Cast) -> None:
    house = cast.brightside
    board = (
        cast.browser("nora").get(reverse("crm:pipeline") + f"?client={house.client.slug}").content.decode()
    )

    person, move = (reverse(f"crm:{route}", args=[house.lead.pk]) for route in ("lead", "pipeline_card"))
    assert f'<a href="{person}">Lee Brightside Dental</a>' in board
    assert f'<a class="k-move" href="{move}">' in board
