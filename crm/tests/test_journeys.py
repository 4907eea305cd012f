"""Journeys, their steps and templates, by their pages."""

from datetime import date
from typing import Any

from django.urls import reverse

from accounts.scope import agency_scope
from conftest import Cast, House
from crm.models import Activity, Customer, Journey, JourneyStep, JourneyTemplate, Service


def post(cast: Cast, who: str, route: str, *args: Any, **data: Any) -> Any:
    follow = bool(data.pop("follow", False))
    return cast.browser(who).post(reverse(f"crm:{route}", args=args), data, follow=follow)


def journey_of(house: House) -> Journey:
    with agency_scope(house.client.agency_id):
        return Journey.unscoped.get(pk=house.work.journey.pk)


def labels(house: House) -> list[str]:
    with agency_scope(house.client.agency_id):
        return [each.label for each in JourneyStep.unscoped.filter(journey=house.work.journey)]


def test_a_journey_begins_with_what_was_said_and_the_steps_of_a_template(cast: Cast) -> None:
    house = cast.brightside
    form = {
        "service": str(house.work.service.pk), "call": str(house.call.pk),
        "concerns": "Sore gum\n\n Sore gum \nLoose crown",
        "template": str(house.work.template.pk), "parent": str(house.work.journey.pk), "started_on": "2026-11-20",
        "next_action_at": "2026-11-23T10:30", "notes_summary": "Prefers mornings",
    }  # fmt: skip

    response = post(cast, "hannah", "journey_create", house.lead.pk, **form)

    with agency_scope(cast.larkspur.pk):
        made = Journey.unscoped.get(parent=house.work.journey)
        assert response["Location"] == reverse("crm:journey", args=[made.pk])
        assert [each.label for each in made.steps.all()] == ["Call"]
        assert Activity.unscoped.get(journey=made).action == "journey_started"
    assert (made.symptoms, made.started_on, made.name) == (
        ["Sore gum", "Loose crown"],
        date(2026, 11, 20),
        house.lead.name,
    )
    assert made.next_action_at is not None
    assert made.next_action_at.isoformat() == "2026-11-23T15:30:00+00:00"


def test_rows_of_others_are_not_offered(cast: Cast) -> None:
    other = cast.delgado.work
    for name, value in (("service", other.service), ("template", other.template), ("call", cast.delgado.call),
                        ("parent", other.journey)):  # fmt: skip
        form = {"started_on": "2026-11-20", name: str(value.pk)}
        assert post(cast, "hannah", "journey_create", cast.brightside.lead.pk, **form).status_code == 422, (
            name
        )
        assert post(cast, "nora", "journey_create", cast.brightside.lead.pk, **form).status_code == 422, name


def test_a_time_the_clocks_skip_is_refused_in_words(cast: Cast) -> None:
    form = {"started_on": "2026-11-20", "next_action_at": "2027-03-14T02:30"}

    response = post(cast, "hannah", "journey_create", cast.brightside.lead.pk, **form)

    assert response.status_code == 422
    assert (
        "doesn’t exist" in response.content.decode() or "couldn’t be interpreted" in response.content.decode()
    )


def test_states_and_what_they_ask_for(cast: Cast) -> None:
    house = cast.brightside
    pk = house.work.journey.pk

    silent = post(cast, "hannah", "journey_status", pk, status="lost")
    assert (silent.status_code, "Say why nothing came of it." in silent.content.decode()) == (422, True)
    post(cast, "hannah", "journey_status", pk, status="lost", reason="Went elsewhere")
    lost = journey_of(house)
    post(cast, "hannah", "journey_status", pk, status="in_progress")
    again = journey_of(house)
    by_hand = post(cast, "hannah", "journey_status", pk, status="active_client")

    assert (lost.status, lost.lost_reason, lost.closed_at is not None) == ("lost", "Went elsewhere", True)
    assert (again.status, again.lost_reason, again.closed_at) == ("in_progress", "", None)
    assert by_hand.status_code == 422


def test_a_journey_rests_and_goes_on_and_comes_out_of_the_archive_as_it_was(cast: Cast) -> None:
    house = cast.brightside
    pk = house.work.journey.pk

    post(cast, "nora", "journey_pause", pk, paused="1")
    post(cast, "nora", "journey_archive", pk, archived="1")
    away = journey_of(house)
    refused = post(cast, "nora", "journey_status", pk, follow=True, status="won")
    post(cast, "nora", "journey_archive", pk, archived="0")
    back = journey_of(house)

    assert (away.status, away.paused, away.archived_at is not None) == ("archived", True, True)
    assert "can’t be set by hand" in refused.content.decode()
    assert (back.status, back.paused, back.archived_at) == ("in_progress", True, None)


def test_steps_are_added_done_undone_ordered_and_removed(cast: Cast) -> None:
    house = cast.brightside
    pk = house.work.journey.pk
    post(
        cast,
        "theo",
        "journey_step_create",
        pk,
        label="Letter",
        channel="mail",
        offset_weeks="2",
        message="Dear",
        notes="",
    )
    both = post(
        cast,
        "theo",
        "journey_step_create",
        pk,
        label="X",
        channel="mail",
        offset_weeks="2",
        due_on="2026-12-01",
    )
    with agency_scope(cast.larkspur.pk):
        letter = JourneyStep.unscoped.get(label="Letter")

    post(cast, "theo", "journey_step_shift", pk, letter.pk, to="up")
    assert labels(house) == ["Letter", "Call"]
    post(cast, "theo", "journey_step_done", pk, letter.pk, done="1")
    kept = post(cast, "theo", "journey_step_remove", pk, letter.pk, follow=True)
    post(cast, "theo", "journey_step_done", pk, letter.pk, done="0")
    post(cast, "theo", "journey_step_remove", pk, letter.pk)

    assert letter.due_at is not None
    assert (letter.offset_weeks, letter.due_at.isoformat()) == (2, "2026-11-16T14:00:00+00:00")
    assert (both.status_code, "Choose either the weeks or a day." in both.content.decode()) == (422, True)
    assert "What was done stays." in kept.content.decode()
    assert labels(house) == ["Call"]
    with agency_scope(cast.larkspur.pk):
        told = Activity.unscoped.filter(journey_id=pk, action__startswith="step").order_by("pk")
        assert [each.action for each in told] == ["step_done", "step_undone"]
    stranger = post(cast, "hannah", "journey_step_done", pk, cast.delgado.work.step.pk, done="1")
    assert stranger.status_code == 404


def template_form(**change: str) -> dict[str, str]:
    rows = (("Letter", "mail", "2", "2"), ("Call", "voice", "0", "1"), ("", "voice", "", "3"))
    form = {"name": "Recall", "description": "", "steps-TOTAL_FORMS": "3", "steps-INITIAL_FORMS": "0"}
    for n, (label, channel, weeks, place) in enumerate(rows):
        form |= {f"steps-{n}-label": label, f"steps-{n}-channel": channel, f"steps-{n}-offset_weeks": weeks,
                 f"steps-{n}-message": "", f"steps-{n}-ORDER": place}  # fmt: skip
    return {**form, **change}


def test_templates_of_the_agency_are_for_all_and_adapted_as_copies(cast: Cast) -> None:
    post(cast, "nora", "journey_template_create", whose="house", **template_form())
    with agency_scope(cast.larkspur.pk):
        house = JourneyTemplate.unscoped.get(name="Recall")
        assert house.client_id is None
        assert [(each.label, each.offset_weeks) for each in house.steps.order_by("position")] == [
            ("Call", 0),
            ("Letter", 2),
        ]

    listed = cast.browser("hannah").get(reverse("crm:journey_templates")).content.decode()
    kept_shut = post(cast, "hannah", "journey_template_save", house.pk, **template_form(name="Mine"))
    theos = post(cast, "theo", "journey_template_save", house.pk, **template_form(name="Mine"))
    post(cast, "hannah", "journey_template_adapt", house.pk)
    post(cast, "hannah", "journey_template_adapt", house.pk)

    assert "For all clients" in listed
    assert [kept_shut.status_code, theos.status_code] == [403, 403]
    assert cast.browser("petra").get(reverse("crm:journey_template_edit", args=[house.pk])).status_code == 404
    with agency_scope(cast.larkspur.pk):
        copies = JourneyTemplate.unscoped.filter(name__startswith="Recall", client=cast.brightside.client)
        assert sorted(each.name for each in copies) == ["Recall", "Recall (2)"]
        assert {each.steps.count() for each in copies} == {2}
        assert JourneyTemplate.unscoped.get(pk=house.pk).name == "Recall"


def test_a_template_is_named_once_and_its_steps_need_names(cast: Cast) -> None:
    taken = post(cast, "hannah", "journey_template_create", **template_form(name="NEW PATIENT"))
    nameless = post(
        cast, "hannah", "journey_template_create", **template_form(**{"steps-2-message": "Hello"})
    )

    assert "another template of this name" in taken.content.decode()
    assert "Name the step." in nameless.content.decode()


def test_the_list_shows_one_state_at_a_time(cast: Cast) -> None:
    hannah = cast.browser("hannah")
    address = reverse("crm:journeys")

    shown = {state: "Lee Brightside" in hannah.get(address, {"state": state}).content.decode()
             for state in ("open", "paused", "won", "nonsense")}  # fmt: skip

    assert shown == {"open": True, "paused": False, "won": False, "nonsense": True}
    assert "Delgado" not in hannah.get(address).content.decode()


def edited(cast: Cast, who: str, pk: Any) -> dict[str, str]:
    """The hidden mark of the page on which ``who`` begins to edit."""
    page = cast.browser(who).get(reverse("crm:journey_edit", args=[pk])).content.decode()
    return {"seen": page.split('name="seen" value="')[1].split('"')[0]}


def test_journey_gets_an_owner_a_call_and_one_to_follow_later(cast: Cast) -> None:
    house = cast.brightside
    with agency_scope(cast.larkspur.pk):
        own: dict[str, Any] = {"agency_id": cast.larkspur.pk, "client": house.client, "lead": house.lead}
        later = Journey.unscoped.create(**own, started_on=date(2026, 11, 20), name="Later")
        Journey.unscoped.filter(pk=later.pk).update(call=None, owner=None)
    form = {
        "owner_id": str(cast.people["hannah"].pk),
        "call": str(house.call.pk),
        "parent": str(house.work.journey.pk),
    }
    answer = post(cast, "hannah", "journey_save", later.pk, **form)
    circle = post(cast, "hannah", "journey_save", house.work.journey.pk, parent=str(later.pk))
    stranger = post(cast, "hannah", "journey_save", later.pk, owner_id=str(cast.people["rafael"].pk))
    foreign = post(cast, "hannah", "journey_save", later.pk, call=str(cast.delgado.call.pk))

    with agency_scope(cast.larkspur.pk):
        later.refresh_from_db()
    assert (later.owner_id, later.call_id, later.parent_id) == (
        cast.people["hannah"].pk, house.call.pk, house.work.journey.pk,
    )  # fmt: skip
    assert [each.status_code for each in (answer, circle, stranger, foreign)] == [302, 422, 422, 422]
    assert "came after it" in circle.content.decode()


def test_who_saves_second_is_told_and_keeps_what_was_typed(cast: Cast) -> None:
    pk = cast.brightside.work.journey.pk
    hannah, nora = edited(cast, "hannah", pk), edited(cast, "nora", pk)
    post(cast, "nora", "journey_save", pk, **nora, notes_summary="Nora was here")
    late = post(cast, "hannah", "journey_save", pk, **hannah, notes_summary="Hannah’s words")
    page = late.content.decode()
    fresh = {"seen": page.split('name="seen" value="')[1].split('"')[0]}
    stands = journey_of(cast.brightside).notes_summary
    again = post(cast, "hannah", "journey_save", pk, **fresh, notes_summary="Hannah’s words")

    assert (late.status_code, "Hannah’s words" in page, "Somebody changed this journey" in page) == (
        422,
        True,
        True,
    )
    assert (stands, again.status_code, journey_of(cast.brightside).notes_summary) == (
        "Nora was here", 302, "Hannah’s words",
    )  # fmt: skip


def test_template_that_was_saved_meanwhile_is_not_overwritten_unseen(cast: Cast) -> None:
    template = cast.brightside.work.template
    page = (
        cast.browser("hannah").get(reverse("crm:journey_template_edit", args=[template.pk])).content.decode()
    )
    seen = page.split('name="seen" value="')[1].split('"')[0]
    form = {"steps-TOTAL_FORMS": "1", "steps-INITIAL_FORMS": "0", "steps-0-label": "Call", "steps-0-channel": "voice",
            "seen": seen}  # fmt: skip
    first = post(cast, "hannah", "journey_template_save", template.pk, **form, name="First")
    second = post(cast, "hannah", "journey_template_save", template.pk, **form, name="Second")
    fresh = second.content.decode().split('name="seen" value="')[1].split('"')[0]
    third = post(
        cast, "hannah", "journey_template_save", template.pk, **{**form, "seen": fresh}, name="Second"
    )

    assert [each.status_code for each in (first, second, third)] == [302, 422, 302]
    assert "Somebody changed this template" in second.content.decode()
    with agency_scope(cast.larkspur.pk):
        template.refresh_from_db()
    assert template.name == "Second"


def test_service_that_is_offered_no_more_stays_with_its_journey(cast: Cast) -> None:
    house = cast.brightside
    pk = house.work.journey.pk
    with agency_scope(cast.larkspur.pk):
        Journey.unscoped.filter(pk=pk).update(service=house.work.service)
        Service.unscoped.filter(pk=house.work.service.pk).update(active=False)
    page = cast.browser("hannah").get(reverse("crm:journey_edit", args=[pk])).content.decode()
    kept = {"service": str(house.work.service.pk), "notes_summary": "Prefers mornings"}
    answer = post(cast, "hannah", "journey_save", pk, **kept)
    new = cast.browser("hannah").get(reverse("crm:journey_new", args=[house.lead.pk])).content.decode()

    assert f'value="{house.work.service.pk}" selected' in page
    assert (answer.status_code, journey_of(house).service_id) == (302, house.work.service.pk)
    assert f'value="{house.work.service.pk}"' not in new


def test_number_of_a_customer_is_one_of_the_country_of_the_client(cast: Cast) -> None:
    client, customer = cast.brightside.client, cast.brightside.work.customer
    client.settings = {**client.settings, "country": "AU"}
    with agency_scope(cast.larkspur.pk):
        client.save(update_fields=["settings"])
    post(cast, "hannah", "customer_save", customer.pk, name="Lee Moss", phone="0412 345 678", email="")

    with agency_scope(cast.larkspur.pk):
        customer.refresh_from_db()
    assert customer.phone_e164 == "+61412345678"


def test_services_and_customers_are_kept_by_the_clients_own_people(cast: Cast) -> None:
    house = cast.brightside
    form = {"name": "Whitening", "base_price": "299.50", "currency": "USD", "description": "", "active": "on"}

    post(cast, "hannah", "service_create", **form)
    twice = post(cast, "hannah", "service_create", **{**form, "name": "whitening"})
    wrong = post(cast, "hannah", "service_create", **{**form, "name": "X", "base_price": "-1"})
    post(
        cast,
        "hannah",
        "customer_save",
        house.work.customer.pk,
        name="Lee Moss",
        phone="(410) 555-0199",
        email="",
    )
    post(cast, "hannah", "customer_status", house.work.customer.pk, status="archived")

    assert "another service of this name" in twice.content.decode()
    assert wrong.status_code == 422
    with agency_scope(cast.larkspur.pk):
        assert str(Service.unscoped.get(name="Whitening").base_price) == "299.50"
        customer = Customer.unscoped.get(pk=house.work.customer.pk)
    assert (customer.name, customer.phone_e164, customer.status) == ("Lee Moss", "+14105550199", "archived")
    assert customer.archived_at is not None
    listed = cast.browser("hannah").get(reverse("crm:customers")).content.decode()
    assert "Lee Moss" not in listed
    assert (
        "Lee Moss"
        in cast.browser("hannah").get(reverse("crm:customers"), {"status": "archived"}).content.decode()
    )
