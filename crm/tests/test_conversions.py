"""Agreed to service: all of it or nothing, once, and taken back exactly."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from accounts.directory import ClientFacts
from accounts.scope import agency_scope, scoped
from accounts.tenancy import Actor
from conftest import NOON, Cast, House, make_cast
from crm.due_dates import midday
from crm.models import (
    Activity,
    Call,
    CallClassification,
    Conversion,
    Customer,
    Journey,
    Lead,
    Note,
    Outcome,
    OutcomeMilestone,
    ServiceAgreement,
)
from crm.outlook import outlook
from crm.services import conversions, customers
from crm.services.conversions import Agreed, ConversionRefused, agree_to_service, undo_conversion
from crm.tests.test_board import at_once, stage
from integrations.models import WriteLog

DAY = date(2026, 11, 20)
ZONE = "America/New_York"  # of Brightside
# What the deed touches. Of an undone conversion a trace stays in Conversion, Activity and WriteLog.
TOUCHED = (Journey, Lead, Call, CallClassification, Customer, ServiceAgreement, Outcome, OutcomeMilestone)


def fresh(house: House) -> Journey:
    """A journey of a person who is no customer yet, begun with the house's call."""
    own: dict[str, Any] = {"agency_id": house.client.agency_id, "client": house.client}
    with agency_scope(house.client.agency_id):
        lead = Lead.unscoped.create(
            **own, display_name="Ada Moss", phone_e164="+14105550177", stage=house.stage
        )
        call = Call.unscoped.create(
            **own, lead=lead, external_id="7002", direction="inbound", from_e164=lead.phone_e164, started_at=NOON,
            category="warm", rating=3, rating_by="rule",
        )  # fmt: skip
        journey: Journey = Journey.unscoped.create(
            **own, lead=lead, call=call, name="Ada Moss", symptoms=["Sore gum"], status="in_progress",
            started_on=DAY, next_action_at=NOON,
        )  # fmt: skip
        return journey


def agreed(house: House) -> list[Agreed]:
    return [
        Agreed(house.work.service, "", Decimal("1700.00")),
        Agreed(None, "Night guard", Decimal("250.50"), "USD"),
    ]


def agree(actor: Actor, house: House, journey: Journey, **how: Any) -> Conversion:
    with scoped(actor.scope), transaction.atomic():
        return agree_to_service(
            actor=actor, journey_id=journey.pk, agreed=how.pop("agreed", agreed(house)), agreed_on=DAY,
            now=how.pop("now", NOON),
        )  # fmt: skip


def undo(actor: Actor, conversion: Conversion, **how: Any) -> Conversion:
    now = how.pop("now", NOON + timedelta(seconds=20))
    with scoped(actor.scope), transaction.atomic():
        return undo_conversion(actor=actor, conversion_id=conversion.pk, now=now)


def everything(house: House) -> dict[str, list[dict[str, Any]]]:
    """All rows of what the deed touches, but for when they were saved last."""
    with agency_scope(house.client.agency_id):
        return {
            model.__name__: [
                {name: value for name, value in row.items() if name != "updated_at"}
                for row in model.unscoped.order_by("pk").values()
            ]
            for model in TOUCHED
        }


@pytest.fixture
def hannah(cast: Cast) -> Actor:
    return cast.actor("hannah")


def test_one_deed_does_it_all(cast: Cast, hannah: Actor) -> None:
    won = stage(cast.brightside, "Won", is_won_stage=True)
    journey = fresh(cast.brightside)

    conversion = agree(hannah, cast.brightside, journey)

    with agency_scope(cast.larkspur.pk):
        journey = Journey.unscoped.select_related("lead", "call", "customer").get(pk=journey.pk)
        lead, call, customer = journey.lead, journey.call, journey.customer
        assert lead is not None
        assert call is not None
        assert customer is not None
        rows = ServiceAgreement.unscoped.filter(journey=journey).order_by("-agreed_price")
        sold = [(each.service_name, each.agreed_price, each.agreed_date) for each in rows]
        deals = Outcome.unscoped.filter(customer=customer).order_by("-amount")
        money = [(each.kind, each.amount, each.lead_id) for each in deals]
        milestone = OutcomeMilestone.unscoped.get(lead=lead, stage="agreed")
        push = WriteLog.unscoped.get(external_id="7002")
        actions = list(Activity.unscoped.filter(lead=lead).order_by("pk").values_list("action", flat=True))
    assert (journey.status, journey.service_id, journey.closed_at, journey.next_action_at) == (
        "active_client", cast.brightside.work.service.pk, NOON, None,
    )  # fmt: skip
    assert (customer.name, customer.phone_e164, customer.lead_id) == ("Ada Moss", "+14105550177", lead.pk)
    assert sold == [("Implants", Decimal("1700.00"), DAY), ("Night guard", Decimal("250.50"), DAY)]
    assert money == [("deal", Decimal("1700.00"), lead.pk), ("deal", Decimal("250.50"), lead.pk)]
    assert (call.rating, call.category, call.category_by, call.customer_id) == (
        5,
        "converted",
        "human",
        customer.pk,
    )
    assert (lead.status, lead.status_by_hand, lead.stage_id) == ("converted", "converted", won.pk)
    assert (push.value, push.status, milestone.reached_at) == (5, "pending", midday(DAY, ZONE))
    assert actions == ["stage_changed", "agreed"]
    assert (conversion.done_by_id, conversion.customer_id) == (cast.people["hannah"].pk, customer.pk)


def test_taken_back_everything_is_as_it_was(cast: Cast, hannah: Actor) -> None:
    stage(cast.brightside, "Won", is_won_stage=True)
    journey = fresh(cast.brightside)
    before = everything(cast.brightside)
    conversion = agree(hannah, cast.brightside, journey)
    assert everything(cast.brightside) != before

    undone = undo(hannah, conversion)
    again = undo(hannah, conversion, now=NOON + timedelta(hours=9))

    assert everything(cast.brightside) == before
    assert (undone.undone_at, again.undone_at) == (NOON + timedelta(seconds=20),) * 2
    with agency_scope(cast.larkspur.pk):
        pushes = WriteLog.unscoped.filter(external_id="7002").order_by("created_at", "pk")
        assert [(each.value, each.status) for each in pushes] == [(5, "superseded"), (None, "pending")]
        assert Conversion.unscoped.get(pk=conversion.pk).before == {}
    assert agree(hannah, cast.brightside, journey).pk != conversion.pk


@pytest.mark.parametrize(("by", "stars", "owed"), [("human", 4, 4), ("ctm", 2, 2), ("rule", 3, 1)])
def test_ctm_gets_the_stars_back_that_it_had(
    cast: Cast, hannah: Actor, by: str, stars: int, owed: int
) -> None:
    journey = fresh(cast.brightside)
    with agency_scope(cast.larkspur.pk):
        Call.unscoped.filter(journeys=journey).update(rating=stars, rating_by=by, ctm_rating=1)

    undo(hannah, agree(hannah, cast.brightside, journey))

    with agency_scope(cast.larkspur.pk):
        assert WriteLog.unscoped.get(external_id="7002", status="pending").value == owed
        assert Call.unscoped.get(journeys=journey).rating == stars


def test_who_is_a_customer_already_gets_another_agreement(cast: Cast, hannah: Actor) -> None:
    house = cast.brightside
    with agency_scope(cast.larkspur.pk):
        Customer.unscoped.filter(pk=house.work.customer.pk).update(status="archived", archived_at=NOON)
    before = everything(house)

    conversion = agree(hannah, house, house.work.journey)

    assert conversion.customer_id == house.work.customer.pk
    with agency_scope(cast.larkspur.pk):
        assert Customer.unscoped.get(pk=house.work.customer.pk).status == "active"
        assert ServiceAgreement.unscoped.filter(customer=house.work.customer).count() == 3
    undo(hannah, conversion)
    assert everything(house) == before


def test_after_half_a_minute_it_stands(cast: Cast, hannah: Actor) -> None:
    conversion = agree(hannah, cast.brightside, fresh(cast.brightside))
    stands = everything(cast.brightside)

    with pytest.raises(ConversionRefused, match="thirty seconds are over"):
        undo(hannah, conversion, now=NOON + timedelta(seconds=36))

    assert everything(cast.brightside) == stands


def touch(model: Any, **change: Any) -> Callable[[Conversion], None]:
    """Somebody else changes what the conversion changed."""
    paths = {
        Journey: "conversions",
        Call: "conversions",
        Customer: "conversions",
        Lead: "journeys__conversions",
    }

    def do(conversion: Conversion) -> None:
        model.unscoped.filter(**{paths[model]: conversion}).update(**change)

    return do


def more_money(conversion: Conversion) -> None:
    Outcome.unscoped.create(
        agency_id=conversion.agency_id, client_id=conversion.client_id, customer_id=conversion.customer_id,
        kind="revenue", amount=Decimal(5), occurred_at=NOON,
    )  # fmt: skip


def another_price(conversion: Conversion) -> None:
    ServiceAgreement.unscoped.filter(journey=conversion.journey_id).update(agreed_price=Decimal(1))


def another_day(conversion: Conversion) -> None:
    ServiceAgreement.unscoped.filter(journey=conversion.journey_id).update(agreed_date=date(2026, 11, 1))


@pytest.mark.parametrize(
    "change",
    [
        touch(Journey, paused=True),
        touch(Call, rating=4),
        touch(Call, category="warm"),
        touch(Customer, name="Ada M. Moss"),
        touch(Customer, status="inactive"),
        touch(Lead, status_by_hand=""),
        more_money,
        another_price,
        another_day,
    ],
)
def test_what_was_built_on_is_not_taken_back(
    cast: Cast, hannah: Actor, change: Callable[[Conversion], None]
) -> None:
    conversion = agree(hannah, cast.brightside, fresh(cast.brightside))
    with agency_scope(cast.larkspur.pk):
        change(conversion)
    stands = everything(cast.brightside)

    with pytest.raises(ConversionRefused, match="since"):
        undo(hannah, conversion)

    assert everything(cast.brightside) == stands


def test_what_does_not_fit_is_refused(cast: Cast, hannah: Actor) -> None:
    journey = fresh(cast.brightside)
    before = everything(cast.brightside)

    with pytest.raises(ConversionRefused, match="at least one service"):
        agree(hannah, cast.brightside, journey, agreed=[])
    with pytest.raises(ConversionRefused, match="another client"):
        agree(hannah, cast.brightside, journey, agreed=agreed(cast.delgado))
    with pytest.raises(Journey.DoesNotExist):
        agree(cast.actor("rafael"), cast.brightside, journey)
    with pytest.raises(Conversion.DoesNotExist):
        undo(cast.actor("rafael"), cast.brightside.work.conversion)

    assert everything(cast.brightside) == before


@pytest.mark.django_db(transaction=True)
def test_a_double_click_makes_one_customer() -> None:
    with transaction.atomic():
        cast = make_cast()
        journey = fresh(cast.brightside)
    hannah = cast.actor("hannah")

    results = at_once([lambda: agree(hannah, cast.brightside, journey)] * 4)

    assert {each.pk for each in results} == {results[0].pk}
    with transaction.atomic(), agency_scope(cast.larkspur.pk):
        assert Customer.unscoped.filter(lead=journey.lead_id).count() == 1
        assert ServiceAgreement.unscoped.filter(journey=journey).count() == 2
        assert WriteLog.unscoped.filter(external_id="7002").count() == 1


@pytest.mark.django_db(transaction=True)
def test_undone_twice_at_once_is_undone_once() -> None:
    with transaction.atomic():
        cast = make_cast()
        journey = fresh(cast.brightside)
        before = everything(cast.brightside)
    hannah = cast.actor("hannah")
    conversion = agree(hannah, cast.brightside, journey)

    results = at_once([lambda: undo(hannah, conversion)] * 3)

    assert [each.undone_at for each in results] == [NOON + timedelta(seconds=20)] * 3
    with transaction.atomic():
        assert everything(cast.brightside) == before


def test_by_the_pages_with_and_without_time_to_undo(cast: Cast) -> None:
    journey = fresh(cast.brightside)
    hannah = cast.browser("hannah")
    form = {
        "agreed_on": "2026-11-20", "services-TOTAL_FORMS": "2", "services-INITIAL_FORMS": "0",
        "services-0-service": str(cast.brightside.work.service.pk), "services-0-agreed_price": "",
        "services-0-currency": "USD", "services-1-service_name": "", "services-1-agreed_price": "",
    }  # fmt: skip
    address = reverse("crm:journey_agree_now", args=[journey.pk])

    assert hannah.get(reverse("crm:journey_agree", args=[journey.pk])).status_code == 200
    wrong = hannah.post(address, {**form, "services-0-service": "", "services-0-service_name": "Guard"})
    assert wrong.status_code == 422
    assert "Enter the price they agreed to." in wrong.content.decode()
    nothing = hannah.post(address, {**form, "services-0-service": ""})
    assert "Name at least one service." in nothing.content.decode()
    page = hannah.post(address, form, follow=True).content.decode()
    assert "Ada Moss is a customer now." in page
    with agency_scope(cast.larkspur.pk):
        conversion = Conversion.unscoped.get(journey=journey)
        assert ServiceAgreement.unscoped.get(journey=journey).agreed_price == Decimal("1800.00")
    undone = hannah.post(reverse("crm:conversion_undo", args=[conversion.pk]), follow=True).content.decode()
    assert "Taken back. Everything is as it was before." in undone
    hannah.post(address, form)
    with agency_scope(cast.larkspur.pk):
        Conversion.unscoped.filter(journey=journey, undone_at=None).update(
            done_at=timezone.now() - timedelta(minutes=2)
        )
        conversion = Conversion.unscoped.get(journey=journey, undone_at=None)
    late = hannah.post(reverse("crm:conversion_undo", args=[conversion.pk]), follow=True).content.decode()
    assert "The thirty seconds are over." in late
    assert "data-undo" not in late


def test_a_deal_follows_its_agreement(cast: Cast, hannah: Actor) -> None:
    house = cast.brightside
    values = {
        "service": None,
        "service_name": "Guard",
        "agreed_price": Decimal(90),
        "currency": "USD",
        "agreed_date": DAY,
    }
    with scoped(hannah.scope), transaction.atomic():
        made = customers.save_agreement(
            actor=hannah, customer_id=house.work.customer.pk, agreement_id=None, values=values, now=NOON
        )
        customers.save_agreement(
            actor=hannah, customer_id=house.work.customer.pk, agreement_id=made.pk, now=NOON,
            values={**values, "agreed_price": Decimal(80)},
        )  # fmt: skip
        deal = Outcome.unscoped.get(agreement=made)
        assert deal.occurred_at == midday(DAY, ZONE)
        customers.save_agreement(
            actor=hannah, customer_id=house.work.customer.pk, agreement_id=made.pk, now=NOON,
            values={**values, "agreed_price": Decimal(80), "agreed_date": date(2026, 10, 31)},
        )  # fmt: skip
        deal.refresh_from_db()
        assert deal.occurred_at == midday(date(2026, 10, 31), ZONE)
        assert (deal.kind, deal.amount, deal.lead_id) == ("deal", Decimal(80), house.lead.pk)
        with pytest.raises(customers.CustomerRefused, match="belongs to an agreement"):
            customers.remove_outcome(
                actor=hannah, customer_id=house.work.customer.pk, outcome_id=deal.pk, now=NOON
            )
        customers.remove_agreement(
            actor=hannah, customer_id=house.work.customer.pk, agreement_id=made.pk, now=NOON
        )
        assert not Outcome.unscoped.filter(pk=deal.pk).exists()


def test_a_deal_counts_in_the_month_in_which_it_was_agreed(cast: Cast, hannah: Actor) -> None:
    """Written down on the first of November, agreed to on the last of October."""
    house = cast.brightside
    journey, november = fresh(house), datetime(2026, 11, 1, 15, tzinfo=UTC)
    client = ClientFacts(house.client.pk, house.client.slug, house.client.name, "", "", ZONE, "active", "US")
    with scoped(hannah.scope), transaction.atomic():
        agree_to_service(
            actor=hannah,
            journey_id=journey.pk,
            agreed=agreed(house),
            agreed_on=date(2026, 10, 31),
            now=november,
        )
        deals = set(
            Outcome.unscoped.filter(lead=journey.lead, kind="deal").values_list("occurred_at", flat=True)
        )
        won = [outlook(hannah, client, at).won_count for at in (november - timedelta(days=1), november)]
        other = Outcome.unscoped.filter(kind="deal").exclude(lead=journey.lead).count()

    assert deals == {midday(date(2026, 10, 31), ZONE)}
    assert (won, other) == ([2, 0], 0)


def test_paid_is_reached_by_the_first_revenue_and_not_without_any(cast: Cast, hannah: Actor) -> None:
    house = cast.brightside
    own: dict[str, Any] = {"actor": hannah, "customer_id": house.work.customer.pk, "now": NOON}

    def reached() -> list[Any]:
        rows = OutcomeMilestone.unscoped.filter(lead=house.lead, stage="paid")
        return list(rows.values_list("reached_at", flat=True))

    with scoped(hannah.scope), transaction.atomic():
        Outcome.unscoped.filter(kind="revenue").delete()
        money = {"kind": "revenue", "amount": Decimal(5), "currency": "USD"}
        late = customers.add_outcome(**own, values={**money, "occurred_at": NOON})
        early = customers.add_outcome(**own, values={**money, "occurred_at": NOON - timedelta(days=3)})
        both = reached()
        customers.remove_outcome(**own, outcome_id=early.pk)
        one = reached()
        customers.remove_outcome(**own, outcome_id=late.pk)
        none = reached()

    assert (both, one, none) == ([NOON - timedelta(days=3)], [NOON], [])


def test_milestones_sums_and_notes_stand_on_the_page_of_a_customer(cast: Cast) -> None:
    house, hannah = cast.brightside, cast.browser("hannah")
    pk = house.work.customer.pk
    own: dict[str, Any] = {
        "agency_id": cast.larkspur.pk,
        "client": house.client,
        "customer": house.work.customer,
    }
    with agency_scope(cast.larkspur.pk):
        Outcome.unscoped.filter(customer=pk).delete()
        for n, (kind, amount) in enumerate([("revenue", 100), ("revenue", 50), ("ltv", 900), ("ltv", 700)]):
            at = NOON + timedelta(days=n)
            Outcome.unscoped.create(**own, kind=kind, amount=amount, currency="EUR", occurred_at=at)
        Customer.unscoped.filter(pk=pk).update(funnel_data={"Landing page": "Implants"})
    add = reverse("crm:customer_milestone_add", args=[pk])
    said = [
        hannah.post(add, {"stage": stage, "reached_at": at}).status_code
        for stage, at in (("meeting_held", "2026-03-02T10:00"), ("paid", "2026-03-02T10:00"),
                          ("replied", "2096-03-02T10:00"))
    ]  # fmt: skip
    hannah.post(reverse("crm:customer_note", args=[pk]), {"body": "Wants a <b>receipt</b>"})
    page = hannah.get(reverse("crm:customer", args=[pk])).content.decode()
    listed = hannah.get(reverse("crm:customers")).content.decode()
    hannah.post(reverse("crm:customer_milestone_remove", args=[pk]), {"stage": "meeting_held"})
    kept = hannah.post(reverse("crm:customer_milestone_remove", args=[pk]), {"stage": "paid"}, follow=True)
    with agency_scope(cast.larkspur.pk):
        stages = set(OutcomeMilestone.unscoped.filter(lead=house.lead).values_list("stage", flat=True))
        note = Note.unscoped.get(customer=pk)
        told = list(Activity.unscoped.filter(customer=pk).order_by("pk").values_list("action", flat=True))

    assert said == [302, 422, 422]
    assert all(
        each in page for each in ("Meeting held", "€150", "€700", "Landing page", "Wants a &lt;b&gt;receipt")
    )
    assert ("€150" in listed, "€700" in listed, "€900" in listed) == (True, True, False)
    assert stages == {"replied"}  # of the furniture
    assert "follows from agreements and revenue" in kept.content.decode()
    assert (note.lead_id, told) == (house.lead.pk, ["milestone_reached", "note_added", "milestone_removed"])


def test_calls_that_we_made_to_a_customer_can_be_linked(cast: Cast) -> None:
    house = cast.brightside
    own: dict[str, Any] = {"agency_id": house.client.agency_id, "client": house.client, "started_at": NOON}
    with agency_scope(house.client.agency_id):
        customer = Customer.unscoped.create(
            agency_id=house.client.agency_id, client=house.client, name="Eve Park", phone_e164="+14105550166"
        )
        Call.unscoped.create(
            **own, external_id="out-1", direction="outbound", to_number="+14105550166", summary="We rang Eve"
        )
        Call.unscoped.create(
            **own,
            external_id="in-1",
            direction="inbound",
            to_number="+14105550166",
            summary="Somebody rang us",
        )
    page = cast.browser("hannah").get(reverse("crm:customer", args=[customer.pk])).content.decode()

    assert ("We rang Eve" in page, "Somebody rang us" in page) == (True, False)


def test_a_call_is_linked_in_one_click(cast: Cast) -> None:
    house, hannah = cast.brightside, cast.browser("hannah")
    address = reverse("crm:customer_call", args=[house.work.customer.pk, house.call.pk])

    hannah.post(address, {"linked": "1"})
    with agency_scope(cast.larkspur.pk):
        assert Call.unscoped.get(pk=house.call.pk).customer_id == house.work.customer.pk
    hannah.post(address, {"linked": "0"})
    with agency_scope(cast.larkspur.pk):
        assert Call.unscoped.get(pk=house.call.pk).customer_id is None
    foreign = reverse("crm:customer_call", args=[house.work.customer.pk, cast.delgado.call.pk])
    assert hannah.post(foreign, {"linked": "1"}).status_code == 404


def test_the_window_is_what_the_page_says() -> None:
    assert timedelta(seconds=30) == conversions.UNDO_FOR
