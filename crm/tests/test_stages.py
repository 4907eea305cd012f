"""Arranging a pipeline, and what its page shows."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import AuditEvent, ClientProfile
from accounts.scope import PlatformUse, agency_scope, platform_scope
from conftest import Cast, House
from crm.models import Activity, Customer, Lead, Outcome, PipelineStage
from crm.tests.test_board import people, stage


def names(house: House) -> list[str]:
    with agency_scope(house.client.agency_id):
        return [each.name for each in PipelineStage.unscoped.filter(client=house.client)]


def post(cast: Cast, who: str, route: str, *args: Any, **data: Any) -> Any:
    return cast.browser(who).post(reverse(f"crm:{route}", args=args), data)


def test_a_stage_is_added_changed_and_named_once(cast: Cast) -> None:
    form = {"name": "Booked", "hue": "teal", "ends": "", "chance": "60", "rests_after_days": "14"}

    post(cast, "hannah", "stage_create", **form)
    again = post(cast, "hannah", "stage_create", **{**form, "name": "BOOKED"})
    with agency_scope(cast.larkspur.pk):
        made = PipelineStage.unscoped.get(name="Booked")
    post(cast, "hannah", "stage_save", made.pk, **{**form, "ends": "won", "chance": ""})

    assert again.status_code == 422
    assert b"another stage of this name" in again.content
    with agency_scope(cast.larkspur.pk):
        made = PipelineStage.unscoped.get(pk=made.pk)
    assert (made.client_id, made.position, made.is_won_stage, made.chance, made.rests_after_days) == (
        cast.brightside.client.pk, 1, True, None, 14,
    )  # fmt: skip
    with platform_scope(PlatformUse.ADMIN):
        logged = AuditEvent.unscoped.filter(event_type="pipeline_changed").order_by("occurred_at")
        assert [each.details for each in logged] == [{"stage": "added"}, {"stage": "changed"}]


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"name": ""}, "Name the stage."),
        ({"chance": "120"}, "less than or equal to 100"),
        ({"hue": "mauve"}, "Choose a colour from the list."),
    ],
)
def test_what_does_not_fit_is_said_beside_its_field(cast: Cast, wrong: dict[str, str], words: str) -> None:
    form = {"name": "Booked", "hue": "teal", **wrong}

    response = post(cast, "nora", "stage_create", client="brightside-dental", **form)

    assert response.status_code == 422
    assert words in response.content.decode()


def test_stages_are_put_in_order(cast: Cast) -> None:
    for name in ("Quoted", "Won"):
        stage(cast.brightside, name)
    with agency_scope(cast.larkspur.pk):
        won = PipelineStage.unscoped.get(name="Won")

    for _ in range(3):
        post(cast, "nora", "stage_shift", won.pk, to="left")
    post(cast, "nora", "stage_shift", won.pk, to="right")

    assert names(cast.brightside) == ["New", "Won", "Quoted"]


def test_a_stage_with_people_goes_only_when_they_have_somewhere_to_go(cast: Cast) -> None:
    quoted, lost = stage(cast.brightside, "Quoted"), stage(cast.brightside, "Lost", is_lost_stage=True)
    people(cast.brightside, 2, quoted)

    refused = post(cast, "nora", "stage_remove_now", quoted.pk)
    to_lost = post(cast, "nora", "stage_remove_now", quoted.pk, into=lost.pk)
    foreign = post(cast, "nora", "stage_remove_now", quoted.pk, into=cast.delgado.stage.pk)
    assert [each.status_code for each in (refused, to_lost, foreign)] == [422, 422, 422]
    assert "Quoted" in names(cast.brightside)
    post(cast, "nora", "stage_remove_now", quoted.pk, into=cast.brightside.stage.pk)

    assert names(cast.brightside) == ["New", "Lost"]
    with agency_scope(cast.larkspur.pk):
        rows = Lead.unscoped.filter(stage=cast.brightside.stage).order_by("board_rank", "pk")
        assert [each.display_name for each in rows] == ["Lee Brightside Dental", "Person 0", "Person 1"]
        assert Activity.unscoped.filter(action="stage_changed").count() == 2


def test_an_empty_stage_just_goes(cast: Cast) -> None:
    quoted = stage(cast.brightside, "Quoted")

    assert post(cast, "nora", "stage_remove_now", quoted.pk).status_code == 302
    assert names(cast.brightside) == ["New"]


def test_the_board_shows_who_where_how_long_and_what_is_next(cast: Cast) -> None:
    with agency_scope(cast.larkspur.pk):
        PipelineStage.unscoped.filter(pk=cast.brightside.stage.pk).update(rests_after_days=5, chance=50)
        Lead.unscoped.filter(pk=cast.brightside.lead.pk).update(
            value=Decimal(2400),
            stage_entered_at=timezone.now() - timedelta(days=9),
            owner=cast.people["theo"],
        )
        ClientProfile.unscoped.filter(client=cast.brightside.client).update(
            monthly_revenue_goal=Decimal(5000)
        )
        customer = Customer.unscoped.get(client=cast.brightside.client)
        Outcome.unscoped.create(
            agency_id=cast.larkspur.pk, client=cast.brightside.client, customer=customer, kind="deal",
            amount=Decimal(1000), occurred_at=timezone.now(),
        )  # fmt: skip

    page = cast.browser("hannah").get(reverse("crm:pipeline")).content.decode()

    for words in ("Lee Brightside Dental", "$2,400", "Forgotten? 9 days", "Looked after by Theo", "Call back",
                  "$1,000", "$2,200", "of $5,000 goal, $2,800 to go"):  # fmt: skip
        assert words in page, words
    assert "Delgado" not in page


def test_the_agency_sees_one_client_at_a_time_and_nobody_elses(cast: Cast) -> None:
    nora, theo = cast.browser("nora"), cast.browser("theo")

    delgado = nora.get(reverse("crm:pipeline"), {"client": "delgado-plumbing"}).content.decode()

    assert "Lee Delgado" in delgado
    assert "Lee Brightside" not in delgado
    assert theo.get(reverse("crm:pipeline"), {"client": "delgado-plumbing"}).status_code == 404
    assert (
        "Lee Brightside"
        in cast.browser("hannah")
        .get(reverse("crm:pipeline"), {"client": "delgado-plumbing"})
        .content.decode()
    )


def test_columns_begin_with_fifty_and_go_on(cast: Cast) -> None:
    people(cast.brightside, 60, cast.brightside.stage)
    hannah = cast.browser("hannah")

    page = hannah.get(reverse("crm:pipeline")).content.decode()
    more = page.split('class="btn btn-sm" href="')[1].split('"')[0].replace("&amp;", "&")
    rest = hannah.get(more, headers={"hx-request": "true"}).content.decode()

    assert page.count("data-card=") == 50
    assert rest.count("data-card=") == 11
    assert "Show more" not in rest
    assert hannah.get(more).content.decode().count("data-card=") == 11


def test_without_a_script_a_person_is_moved_by_a_form(cast: Cast) -> None:
    lost = stage(cast.brightside, "Lost", is_lost_stage=True)
    hannah, lead = cast.browser("hannah"), cast.brightside.lead
    asked = hannah.get(reverse("crm:pipeline_card", args=[lead.pk])).content.decode()
    data = {"stage": str(lost.pk), "place": "top", "seen": str(cast.brightside.stage.pk), "reason": ""}

    refused = hannah.post(reverse("crm:pipeline_move", args=[lead.pk]), data)
    done = hannah.post(
        reverse("crm:pipeline_move", args=[lead.pk]), {**data, "reason": "Moved away"}, follow=True
    )
    stale = hannah.post(
        reverse("crm:pipeline_move", args=[lead.pk]),
        {**data, "stage": str(cast.brightside.stage.pk)},
        follow=True,
    )

    assert "Where does Lee Brightside Dental go?" in asked
    assert refused.status_code == 422
    assert "Say why Lee Brightside Dental is lost." in refused.content.decode()
    assert "Lee Brightside Dental is in Lost now." in done.content.decode()
    assert "Moved away" in done.content.decode()
    assert "Somebody else has just moved Lee Brightside Dental to Lost." in stale.content.decode()


def test_a_board_that_has_changed_is_drawn_anew(cast: Cast) -> None:
    quoted = stage(cast.brightside, "Quoted")
    first, second = people(cast.brightside, 2, quoted)
    address = reverse("crm:pipeline_move", args=[cast.brightside.lead.pk])
    data = {
        "stage": str(quoted.pk),
        "seen": str(cast.brightside.stage.pk),
        "dragged": "on",
        "above": str(second.pk),
    }

    response = cast.browser("hannah").post(
        address, {**data, "below": str(first.pk)}, headers={"hx-request": "true"}
    )

    assert response["HX-Retarget"] == "#board"
    assert "as near as it goes" in response.content.decode()
    assert response.content.decode().count("data-card=") == 3


@pytest.mark.parametrize("field", ["above", "below", "seen", "stage"])
def test_unreadable_neighbours_move_nobody(cast: Cast, field: str) -> None:
    address = reverse("crm:pipeline_move", args=[cast.brightside.lead.pk])

    response = cast.browser("hannah").post(address, {"stage": "", "dragged": "on", field: "x'\x00"})

    assert response.status_code == 422
    with agency_scope(cast.larkspur.pk):
        assert Lead.unscoped.get(pk=cast.brightside.lead.pk).stage_id == cast.brightside.stage.pk
