"""Agreed to service: a person becomes a customer, in one transaction, and may be one no more for thirty seconds.

The conversion remembers each column it changed, before and after. Taking it back puts the former values in place, and
refuses when one of them is no longer what the conversion made it: somebody has built on it since.
Locks are taken in one order: journey, call, stage, lead, customer.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Model

from accounts.models import Client
from accounts.tenancy import Actor
from crm.due_dates import midday
from crm.models import (
    Call,
    CallClassification,
    Conversion,
    Customer,
    Journey,
    Lead,
    Note,
    Outcome,
    OutcomeMilestone,
    PipelineStage,
    Service,
    ServiceAgreement,
)
from crm.services.board import move_lead
from crm.services.ctm_writes import queue_rating
from crm.services.journeys import hold_journey
from crm.services.judging import adopt_human_rating
from crm.services.sequences import count_sequences
from crm.services.snapshots import changed_since, look, put_back
from crm.services.timeline import tell

UNDO_FOR = timedelta(seconds=30)
UNDO_LATENCY = timedelta(seconds=5)  # a press at the last moment still has to arrive
FIVE_STARS = 5
AGREED = "agreed"  # the milestone
OF_JOURNEY = ("status", "customer_id", "service_id", "paused", "closed_at", "lost_reason", "next_action_at")
OF_LEAD = ("stage_id", "stage_entered_at", "board_rank", "lost_reason", "status", "status_by_hand")
OF_CALL = ("rating", "rating_by", "rated_at", "category", "category_by", "customer_id")
OF_CUSTOMER = ("status", "archived_at")
OF_NEW_CUSTOMER = (*OF_CUSTOMER, "name", "phone", "phone_e164", "email", "source")


class AlreadyAgreed(Exception):
    """The journey has a customer already, by this or another conversion."""


class ConversionRefused(Exception):
    """What was asked for doesn't fit. The text says why."""


@dataclass(frozen=True, slots=True)
class Agreed:
    """One service that somebody agreed to. ``service`` is of the same client; None for one outside the catalogue."""

    service: Service | None
    name: str
    price: Decimal
    currency: str = "USD"


@transaction.atomic
def agree_to_service(
    *, actor: Actor, journey_id: UUID, agreed: Sequence[Agreed], agreed_on: date, now: datetime
) -> Conversion:
    """Make a customer of the journey's person, or find the one they are, with what they agreed to.

    Sets the journey to ``active_client``, its call to five stars and ``converted``, and the lead to converted, in the
    won stage where there is one. After the commit CTM is told of the stars. A second call for the same journey returns
    the conversion that stands. Raises `ConversionRefused`, `Journey.DoesNotExist`.
    """
    journey = hold_journey(actor, journey_id)
    if standing := Conversion.unscoped.filter(journey=journey, undone_at=None).first():
        return standing
    _check(journey, agreed)
    call = _hold_call(journey)
    lead = _won(actor, journey, now)
    customer, customer_before = _customer(journey)
    before: dict[str, Any] = {"customer": customer_before, "journey": look(journey, OF_JOURNEY)}
    after: dict[str, Any] = {}
    journey.status, journey.customer, journey.paused = Journey.Status.ACTIVE_CLIENT, customer, False
    journey.service = journey.service or agreed[0].service
    journey.closed_at, journey.lost_reason, journey.next_action_at = now, "", None
    journey.save(update_fields=("status", "customer", "service", "paused", "closed_at", "lost_reason",
                                "next_action_at", "updated_at"))  # fmt: skip
    after["journey"] = look(journey, OF_JOURNEY)
    if call:
        before["call"] = {**look(call, OF_CALL), "ctm_rating": call.ctm_rating}
        before["verdict"] = str(_convert_call(actor, call, customer, now).pk)
        after["call"] = look(call, OF_CALL)
    if lead:
        before["lead"], after["lead"] = lead
        before["milestone"] = _reach(journey, _agreed_at(journey, agreed_on))
    before["agreements"], before["outcomes"] = _write_agreements(journey, customer, agreed, agreed_on)
    after["customer"] = look(customer, OF_NEW_CUSTOMER)
    conversion = Conversion.unscoped.create(
        agency_id=journey.agency_id, client_id=journey.client_id, journey=journey, customer=customer, call=call,
        done_by_id=actor.user_id, done_at=now, before={"was": before, "made": after},
    )  # fmt: skip
    # Without the customer: what is told stays, and would keep one from going when this is taken back.
    tell(about=journey, journey_id=journey.pk, lead_id=journey.lead_id, call_id=journey.call_id, action="agreed",
         actor=actor, now=now, metadata={"services": len(agreed)})  # fmt: skip
    return conversion


def _check(journey: Journey, agreed: Sequence[Agreed]) -> None:
    if not agreed:
        raise ConversionRefused("Name at least one service.")
    if journey.status == Journey.Status.ARCHIVED:
        raise ConversionRefused("Take the journey out of the archive first.")
    if journey.status == Journey.Status.ACTIVE_CLIENT:
        raise AlreadyAgreed
    if journey.symptoms_redacted:
        raise ConversionRefused("What was said on this journey has been destroyed. Begin a new one.")
    for each in agreed:
        if each.service is not None and each.service.client_id != journey.client_id:
            raise ConversionRefused("That service belongs to another client.")


def _hold_call(journey: Journey) -> Call | None:
    if journey.call_id is None:
        return None
    return Call.unscoped.defer("raw", "transcript").select_for_update(of=("self",)).get(pk=journey.call_id)


def _won(actor: Actor, journey: Journey, now: datetime) -> tuple[dict[str, Any], dict[str, Any]] | None:
    """Set the lead to converted, and into the client's won stage. Returns its columns before and after."""
    if journey.lead_id is None:
        return None
    stages = PipelineStage.unscoped.filter(client_id=journey.client_id, is_won_stage=True).order_by(
        "position"
    )
    stage = stages.select_for_update(of=("self",), no_key=True).first()
    leads = Lead.unscoped.select_for_update(of=("self",))
    lead = leads.get(pk=journey.lead_id)
    before = look(lead, OF_LEAD)
    in_won = PipelineStage.unscoped.filter(leads=lead, is_won_stage=True).exists()
    if stage and not in_won and lead.archived_at is None:
        lead = move_lead(actor=actor, lead_id=lead.pk, stage_id=stage.pk, now=now).lead
    lead.status_by_hand = lead.status = Lead.Status.CONVERTED
    lead.save(update_fields=("status", "status_by_hand", "updated_at"))
    return before, look(lead, OF_LEAD)


def _customer(journey: Journey) -> tuple[Customer, dict[str, Any] | None]:
    """The customer that the person is already, active again, or a new one; with its former columns, None if new."""
    held = Customer.unscoped.select_for_update(of=("self",)).filter(client_id=journey.client_id)
    known = held.filter(lead_id=journey.lead_id).first() if journey.lead_id else None
    known = known or (held.filter(pk=journey.customer_id).first() if journey.customer_id else None)
    if known:
        before = look(known, OF_CUSTOMER)
        known.status, known.archived_at = Customer.Status.ACTIVE, None
        known.save(update_fields=("status", "archived_at", "updated_at"))
        return known, before
    person = journey.lead
    return Customer.unscoped.create(
        agency_id=journey.agency_id, client_id=journey.client_id, lead=person, name=journey.name or "Unnamed",
        phone=journey.phone, phone_e164=person.phone_e164 if person else "", email=journey.email,
        source=person.source if person else "",
    ), None  # fmt: skip


def _convert_call(actor: Actor, call: Call, customer: Customer, now: datetime) -> CallClassification:
    adopt_human_rating(call, FIVE_STARS, now)
    call.customer = customer
    call.save(update_fields=(*(name.removesuffix("_id") for name in OF_CALL), "updated_at"))
    verdict = CallClassification.unscoped.create(
        agency_id=call.agency_id, client_id=call.client_id, call=call, by=call.category_by, actor_id=actor.user_id,
        category=call.category, rating=call.rating, reason="agreed to service",
    )  # fmt: skip
    count_sequences(agency_id=call.agency_id, client_id=call.client_id, numbers=[call.from_e164])
    queue_rating(call=call, now=now)
    return verdict


def _agreed_at(journey: Journey, day: date) -> datetime:
    return midday(day, Client.unscoped.get(pk=journey.client_id).timezone)


def _reach(journey: Journey, at: datetime) -> str:
    """The id of the milestone if it is reached for the first time, else nothing."""
    made, new = OutcomeMilestone.unscoped.get_or_create(
        agency_id=journey.agency_id, client_id=journey.client_id, lead=journey.lead, stage=AGREED,
        defaults={"reached_at": at},
    )  # fmt: skip
    return str(made.pk) if new else ""


def _write_agreements(
    journey: Journey, customer: Customer, agreed: Sequence[Agreed], agreed_on: date
) -> tuple[dict[str, list[str]], list[str]]:
    """The agreements, and a deal for each. Returns {agreement: its price and day} and the deals."""
    agreements, deals, at = {}, [], _agreed_at(journey, agreed_on)
    for each in agreed:
        agreement = ServiceAgreement.unscoped.create(
            agency_id=journey.agency_id, client_id=journey.client_id, customer=customer, journey=journey,
            service=each.service, service_name=each.service.name if each.service else each.name,
            agreed_price=each.price, currency=each.currency, agreed_date=agreed_on,
        )  # fmt: skip
        deal = Outcome.unscoped.create(
            agency_id=journey.agency_id, client_id=journey.client_id, lead_id=journey.lead_id, customer=customer,
            agreement=agreement, kind=Outcome.Kind.DEAL, amount=each.price, currency=each.currency, occurred_at=at,
            source="agreement",
        )  # fmt: skip
        agreements[str(agreement.pk)] = [str(each.price), agreed_on.isoformat()]
        deals.append(str(deal.pk))
    return agreements, deals


@transaction.atomic
def undo_conversion(*, actor: Actor, conversion_id: UUID, now: datetime) -> Conversion:
    """Put everything back as it stood before, and owe CTM the stars it had. Twice is once.

    Raises `ConversionRefused` when thirty seconds are over or something was changed since; then nothing is done.
    """
    found = Conversion.objects.for_actor(actor).get(pk=conversion_id)
    journey = hold_journey(actor, found.journey_id)
    conversion: Conversion = Conversion.unscoped.select_for_update(of=("self",)).get(pk=conversion_id)
    if conversion.undone_at:
        return conversion
    if (
        not conversion.before or now - conversion.done_at > UNDO_FOR + UNDO_LATENCY
    ):  # emptied: they were erased
        raise ConversionRefused(
            "The thirty seconds are over. You can still change the journey, the agreement and the call by hand."
        )
    was, made = conversion.before["was"], conversion.before["made"]
    call = _hold_call(journey)
    lead = Lead.unscoped.select_for_update(of=("self",)).get(journeys=journey) if "lead" in was else None
    customer = Customer.unscoped.select_for_update(of=("self",)).get(conversions=conversion)
    _check_untouched(made, {"journey": journey, "call": call, "lead": lead, "customer": customer})
    _check_unused(conversion, customer, was)
    put_back(journey, was["journey"])
    if lead:
        put_back(lead, was["lead"])
    if call and "call" in was:
        _put_back_call(call, was, now)
    _delete_made(customer, was)
    conversion.undone_at, conversion.before = now, {}
    if was["customer"] is None:
        conversion.customer = None
    conversion.save(update_fields=("undone_at", "before", "customer", "updated_at"))
    if was["customer"] is None:
        customer.delete()
    tell(about=journey, journey_id=journey.pk, lead_id=journey.lead_id, call_id=journey.call_id,
         action="agreement_undone", actor=actor, now=now)  # fmt: skip
    return conversion


def _check_untouched(made: Mapping[str, Any], rows: Mapping[str, Model | None]) -> None:
    for name, row in rows.items():
        if name in made and (row is None or changed_since(row, made[name])):
            raise ConversionRefused(f"The {name} was changed since, so this can’t be taken back any more.")


def _check_unused(conversion: Conversion, customer: Customer, was: Mapping[str, Any]) -> None:
    """Nobody has built on what the conversion made."""
    agreements = {str(pk): (price, day) for pk, price, day in ServiceAgreement.unscoped.filter(
        pk__in=list(was["agreements"])).values_list("pk", "agreed_price", "agreed_date")}  # fmt: skip
    deals = set(map(str, Outcome.unscoped.filter(pk__in=was["outcomes"]).values_list("pk", flat=True)))
    more = Outcome.unscoped.filter(agreement_id__in=list(was["agreements"])).exclude(pk__in=was["outcomes"])
    same_words = agreements == {
        pk: (Decimal(price), date.fromisoformat(day)) for pk, (price, day) in was["agreements"].items()
    }
    if not same_words or deals != set(was["outcomes"]) or more.exists():
        raise ConversionRefused("What was agreed was changed since, so this can’t be taken back any more.")
    if was["customer"] is None and _is_used(conversion, customer, was):
        raise ConversionRefused("The customer has got more since, so this can’t be taken back any more.")


def _is_used(conversion: Conversion, customer: Customer, was: Mapping[str, Any]) -> bool:
    own = {"customer": customer}
    others = (
        ServiceAgreement.unscoped.filter(**own).exclude(pk__in=list(was["agreements"])),
        Outcome.unscoped.filter(**own).exclude(pk__in=was["outcomes"]),
        Journey.unscoped.filter(**own).exclude(pk=conversion.journey_id),
        Call.unscoped.filter(**own).exclude(conversions=conversion),
        Note.unscoped.filter(**own),
        Conversion.unscoped.filter(**own).exclude(pk=conversion.pk),
    )
    return any(each.exists() for each in others)


def _put_back_call(call: Call, was: Mapping[str, Any], now: datetime) -> None:
    """With the stars that CTM had: the machine's own were never sent there."""
    held = {name: value for name, value in was["call"].items() if name != "ctm_rating"}
    put_back(call, held)
    CallClassification.unscoped.filter(pk=was["verdict"]).delete()
    count_sequences(agency_id=call.agency_id, client_id=call.client_id, numbers=[call.from_e164])
    theirs = call.rating if call.rating_by in ("human", "ctm") else was["call"]["ctm_rating"]
    queue_rating(call=call, now=now, stars=theirs)


def _delete_made(customer: Customer, was: Mapping[str, Any]) -> None:
    Outcome.unscoped.filter(pk__in=was["outcomes"]).delete()
    ServiceAgreement.unscoped.filter(pk__in=list(was["agreements"])).delete()
    if was.get("milestone"):
        OutcomeMilestone.unscoped.filter(pk=was["milestone"]).delete()
    if was["customer"] is not None:
        put_back(customer, was["customer"])


def standing_conversion(actor: Actor, journey: Journey) -> Conversion | None:
    """The conversion of the journey that nobody took back."""
    found: Conversion | None = (
        Conversion.objects.for_actor(actor).filter(journey=journey, undone_at=None).first()
    )
    return found
