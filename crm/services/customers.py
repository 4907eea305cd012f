"""A client's customers: who they are, what they agreed to at which price, and what came of them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Min

from accounts.models import Client
from accounts.tenancy import Actor
from crm.due_dates import midday
from crm.models import Call, Customer, Outcome, OutcomeMilestone, ServiceAgreement
from crm.services.timeline import tell

PAID = OutcomeMilestone.Stage.PAID
BY_HAND = (OutcomeMilestone.Stage.REPLIED, OutcomeMilestone.Stage.MEETING_BOOKED,
           OutcomeMilestone.Stage.MEETING_HELD)  # fmt: skip
FIELDS = ("name", "phone", "phone_e164", "email")
Status = Customer.Status


class CustomerRefused(Exception):
    """What was asked for doesn't fit. The text says why."""


def hold_customer(actor: Actor, customer_id: UUID) -> Customer:
    """Lock the customer among those of ``actor``. Raises `Customer.DoesNotExist`."""
    held: Customer = Customer.objects.for_actor(actor).select_for_update(of=("self",)).get(pk=customer_id)
    return held


@transaction.atomic
def change_customer(*, actor: Actor, customer_id: UUID, values: Mapping[str, Any], now: datetime) -> Customer:
    """Change the contact block. ``values`` holds every one of ``FIELDS``."""
    customer = hold_customer(actor, customer_id)
    changed = [name for name in FIELDS if getattr(customer, name) != values[name]]
    for name in changed:
        setattr(customer, name, values[name])
    if changed:
        customer.save(update_fields=(*changed, "updated_at"))
        _tell(customer, actor, "customer_changed", now, {"changed": changed})
    return customer


@transaction.atomic
def set_customer_status(*, actor: Actor, customer_id: UUID, status: str, now: datetime) -> Customer:
    """Let the customer be active, inactive or archived. Raises `CustomerRefused` for another word."""
    if status not in Status.values:
        raise CustomerRefused("Choose active, inactive or archived.")
    customer = hold_customer(actor, customer_id)
    if customer.status != status:
        was, customer.status = customer.status, status
        customer.archived_at = now if status == Status.ARCHIVED else None
        customer.save(update_fields=("status", "archived_at", "updated_at"))
        _tell(customer, actor, "customer_status", now, {"from": was, "to": status})
    return customer


@transaction.atomic
def link_call(*, actor: Actor, customer_id: UUID, call_id: UUID, linked: bool, now: datetime) -> Call:
    """Say that the call is this customer's, or that it is not. Raises `Call.DoesNotExist` for another client's."""
    found = Customer.objects.for_actor(actor).only("client_id").get(pk=customer_id)
    calls = Call.objects.for_actor(actor).defer("raw", "transcript").filter(client_id=found.client_id)
    call: Call = calls.select_for_update(of=("self",)).get(pk=call_id)
    customer = hold_customer(actor, customer_id)
    wanted = customer.pk if linked else None
    if call.customer_id == wanted or (not linked and call.customer_id != customer.pk):
        return call
    call.customer_id = wanted
    call.save(update_fields=("customer", "updated_at"))
    tell(about=customer, customer_id=customer.pk, lead_id=call.lead_id, call_id=call.pk,
         action="call_linked" if linked else "call_unlinked", actor=actor, now=now)  # fmt: skip
    return call


@transaction.atomic
def save_agreement(
    *, actor: Actor, customer_id: UUID, agreement_id: UUID | None, values: Mapping[str, Any], now: datetime
) -> ServiceAgreement:
    """Write down what the customer agreed to, or change it; its deal follows the price and the day.

    ``values``: service (of the same client, or None), service_name, agreed_price, currency, agreed_date. Raises
    `CustomerRefused`, `ServiceAgreement.DoesNotExist`.
    """
    customer = hold_customer(actor, customer_id)
    service = values["service"]
    if service is not None and service.client_id != customer.client_id:
        raise CustomerRefused("That service belongs to another client.")
    if agreement_id is None:
        agreement = ServiceAgreement(
            agency_id=customer.agency_id, client_id=customer.client_id, customer=customer
        )
    else:
        held = ServiceAgreement.unscoped.select_for_update(of=("self",))
        agreement = held.get(pk=agreement_id, customer=customer)
    if agreement.redacted_at is None:
        agreement.service = service
        agreement.service_name = service.name if service else values["service_name"]
    agreement.agreed_price, agreement.currency = values["agreed_price"], values["currency"]
    agreement.agreed_date = values["agreed_date"]
    agreement.save()
    _deal_of(agreement, customer, now)
    _tell(customer, actor, "agreement_changed" if agreement_id else "agreement_added", now,
          {"agreement": str(agreement.pk)})  # fmt: skip
    return agreement


def _deal_of(agreement: ServiceAgreement, customer: Customer, now: datetime) -> None:
    zone = Client.unscoped.get(pk=agreement.client_id).timezone
    money = {
        "amount": agreement.agreed_price, "currency": agreement.currency,
        "occurred_at": midday(agreement.agreed_date, zone),
    }  # fmt: skip
    deals = Outcome.unscoped.filter(agreement=agreement, kind=Outcome.Kind.DEAL)
    if not deals.update(**money, updated_at=now):
        Outcome.unscoped.create(
            agency_id=agreement.agency_id, client_id=agreement.client_id, customer=customer, lead_id=customer.lead_id,
            agreement=agreement, kind=Outcome.Kind.DEAL, source="agreement", **money,
        )  # fmt: skip


@transaction.atomic
def remove_agreement(*, actor: Actor, customer_id: UUID, agreement_id: UUID, now: datetime) -> None:
    """Take away an agreement that was a mistake, with its deal."""
    customer = hold_customer(actor, customer_id)
    agreement = ServiceAgreement.unscoped.select_for_update(of=("self",)).get(
        pk=agreement_id, customer=customer
    )
    Outcome.unscoped.filter(agreement=agreement).delete()
    agreement.delete()
    _tell(customer, actor, "agreement_removed", now, {"agreement": str(agreement_id)})


@transaction.atomic
def add_outcome(*, actor: Actor, customer_id: UUID, values: Mapping[str, Any], now: datetime) -> Outcome:
    """Write down money that came of the customer. ``values``: kind, amount, currency, occurred_at (aware).

    The first revenue by its time is when the milestone ``paid`` was reached.
    """
    customer = hold_customer(actor, customer_id)
    outcome = Outcome.unscoped.create(
        agency_id=customer.agency_id, client_id=customer.client_id, customer=customer, lead_id=customer.lead_id,
        kind=values["kind"], amount=values["amount"], currency=values["currency"], occurred_at=values["occurred_at"],
    )  # fmt: skip
    _follow_revenue(customer)
    _tell(customer, actor, "outcome_added", now, {"kind": outcome.kind, "outcome": str(outcome.pk)})
    return outcome


@transaction.atomic
def remove_outcome(*, actor: Actor, customer_id: UUID, outcome_id: UUID, now: datetime) -> None:
    """Take away money that was a mistake; without any revenue nobody has paid. Raises `CustomerRefused` for the deal of
    an agreement, `Outcome.DoesNotExist`.
    """
    customer = hold_customer(actor, customer_id)
    outcome = Outcome.unscoped.select_for_update(of=("self",)).get(pk=outcome_id, customer=customer)
    if outcome.agreement_id:
        raise CustomerRefused("This deal belongs to an agreement. Change the agreement instead.")
    outcome.delete()
    _follow_revenue(customer)
    _tell(customer, actor, "outcome_removed", now, {"outcome": str(outcome_id)})


@transaction.atomic
def reach_milestone(
    *, actor: Actor, customer_id: UUID, stage: str, reached_at: datetime, now: datetime
) -> OutcomeMilestone:
    """Write down when the person reached ``stage``; said again, it is the new time. Raises `CustomerRefused` for a
    stage that follows from agreements and revenue, and for a customer without a lead.
    """
    customer = hold_customer(actor, customer_id)
    if stage not in BY_HAND:
        raise CustomerRefused("Choose one of the milestones in the list.")
    if reached_at > now:
        raise CustomerRefused("That is still to come. Write it down when it has happened.")
    if customer.lead_id is None:
        raise CustomerRefused("Milestones are a lead’s, and this customer has none.")
    made: OutcomeMilestone
    made, _ = OutcomeMilestone.unscoped.update_or_create(
        agency_id=customer.agency_id, client_id=customer.client_id, lead_id=customer.lead_id, stage=stage,
        defaults={"reached_at": reached_at},
    )  # fmt: skip
    _tell(customer, actor, "milestone_reached", now, {"stage": stage})
    return made


@transaction.atomic
def remove_milestone(*, actor: Actor, customer_id: UUID, stage: str, now: datetime) -> None:
    """Take away a milestone that was a mistake; one that is not there is fine. Raises `CustomerRefused` as above."""
    customer = hold_customer(actor, customer_id)
    if stage not in BY_HAND:
        raise CustomerRefused("This one follows from agreements and revenue. Change those instead.")
    own = {"client_id": customer.client_id, "lead_id": customer.lead_id, "stage": stage}
    if customer.lead_id and OutcomeMilestone.unscoped.filter(**own).delete()[0]:
        _tell(customer, actor, "milestone_removed", now, {"stage": stage})


def _follow_revenue(customer: Customer) -> None:
    if customer.lead_id is None:
        return
    own: dict[str, Any] = {
        "agency_id": customer.agency_id,
        "client_id": customer.client_id,
        "lead_id": customer.lead_id,
    }
    revenue = Outcome.unscoped.filter(**own, kind=Outcome.Kind.REVENUE)
    if first := revenue.aggregate(at=Min("occurred_at"))["at"]:
        OutcomeMilestone.unscoped.update_or_create(**own, stage=PAID, defaults={"reached_at": first})
    else:
        OutcomeMilestone.unscoped.filter(**own, stage=PAID).delete()


def _tell(customer: Customer, actor: Actor, action: str, now: datetime, metadata: Mapping[str, Any]) -> None:
    """By ids alone: what somebody bought is redacted one day, and the timeline is never rewritten."""
    tell(about=customer, customer_id=customer.pk, lead_id=customer.lead_id, action=action, actor=actor, now=now,
         metadata=metadata)  # fmt: skip
