"""A client's customers, what they agreed to, and what came of it."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID
from zoneinfo import ZoneInfo

from django import forms
from django.contrib import messages
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from accounts.access import requires
from accounts.directory import ClientFacts
from accounts.newest import page_of
from accounts.permissions import Level
from accounts.tenancy import Actor
from crm import totals
from crm.forms import NoteForm
from crm.forms.customers import (
    AgreementForm,
    CustomerFilter,
    CustomerForm,
    MilestoneForm,
    OutcomeForm,
    PriceOnlyForm,
)
from crm.models import Call, Customer, Journey, Note, Outcome, OutcomeMilestone, Service, ServiceAgreement
from crm.outlook import outlook
from crm.pairs import pairs
from crm.services import customers
from crm.services.notes import add_note
from crm.services.stops import stops_of_customer
from crm.views.workplace import at, chosen_client, facts_of, show

CALLS_SHOWN = NOTES_SHOWN = 20


@require_GET
@requires("customers.edit")
def customer_list(request: HttpRequest) -> HttpResponse:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    client = chosen_client(request)
    chosen = CustomerFilter(request.GET)
    told = chosen.cleaned_data if chosen.is_valid() else {}
    rows = Customer.objects.for_actor(actor).filter(client_id=client.id if client else None).newest_first()
    rows = rows.filter(status=told["status"]) if told.get("status") else rows.exclude(status="archived")
    if q := told.get("q"):
        rows = rows.filter(Q(name__icontains=q) | Q(phone_e164__contains=q) | Q(email__icontains=q))
    found, older = page_of(rows.with_agreements(), "created_at", request.GET.get("before", ""))
    place = {"before": older, "status": told.get("status", ""), "q": told.get("q", "")}
    if client and actor.is_staff:
        place["client"] = client.slug
    context = {
        "rows": found,
        "chosen": told,
        "statuses": CustomerFilter.base_fields["status"].choices,  # type: ignore[attr-defined]
        "older_url": f"?{urlencode({name: each for name, each in place.items() if each})}" if older else "",
        "outlook": outlook(actor, client, timezone.now()) if client else None,
        "totals": totals.of_client(actor, client) if client else [],
        "tabs": "crm/customers/_tabs.html",
        "here": "customers",
    }
    return show(request, "crm/customers/list.html", "Customers", context, client=client)


@require_GET
@requires("customers.edit")
def customer_page(request: HttpRequest, customer_id: UUID) -> HttpResponse:
    return _page(request, _find(request, customer_id))


def _page(request: HttpRequest, customer: Customer, status: int = 200, **kept: forms.Form) -> HttpResponse:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    client = facts_of(request, customer.client_id)
    own = {"customer": customer}
    calls = Call.objects.for_actor(actor).defer("raw", "transcript", "transcript_turns").newest_first()
    known = Q(lead_id=customer.lead_id) if customer.lead_id else Q(pk=None)
    if customer.phone_e164:
        known |= Q(from_e164=customer.phone_e164)
        known |= Q(direction=Call.Direction.OUTBOUND, to_number=customer.phone_e164)  # as we dialled it
    outcomes = list(Outcome.objects.for_actor(actor).filter(**own).order_by("-occurred_at", "-pk"))
    reached = OutcomeMilestone.objects.for_actor(actor).filter(client_id=client.id, lead_id=customer.lead_id)
    notes = Note.objects.for_actor(actor).filter(client_id=client.id)
    about = Q(customer=customer) | Q(journey__customer=customer)
    now = timezone.now()
    unlinked = calls.filter(known, client_id=client.id, customer=None)
    context = {
        "customer": customer,
        "agreements": list(
            ServiceAgreement.objects.for_actor(actor).filter(**own).order_by("-agreed_date", "-pk")
        ),
        "outcomes": outcomes,
        "totals": totals.of_outcomes(outcomes),
        "milestones": list(reached.order_by("reached_at", "pk")) if customer.lead_id else [],
        "notes": list(
            notes.filter(about).select_related("author").order_by("-created_at", "-pk")[:NOTES_SHOWN]
        ),
        "funnel": pairs(customer.funnel_data),
        "journeys": list(Journey.objects.for_actor(actor).filter(**own).newest_first()[:CALLS_SHOWN]),
        "calls": list(calls.filter(**own)[:CALLS_SHOWN]),
        "unlinked": list(unlinked[:CALLS_SHOWN]),
        "may_write": actor.can("customers.edit", Level.WRITE),
        "may_see_calls": actor.can("leads.see"),
        "stops": stops_of_customer(actor=actor, customer=customer, now=now),
        "outcome_form": kept.get("outcome_form")
        or OutcomeForm(initial={"occurred_at": now}, zone=client.timezone),
        "milestone_form": kept.get("milestone_form")
        or MilestoneForm(initial={"reached_at": now}, zone=client.timezone),
        "note_form": kept.get("note_form") or NoteForm(auto_id="note_%s"),
        "note_url": reverse("crm:customer_note", args=[customer.pk]),
        "acts": "crm/customers/_customer_acts.html",
    }
    return show(request, "crm/customers/customer.html", customer.name, context, client=client,
                back=("Customers", reverse("crm:customers") + at(client, actor)), status=status)  # fmt: skip


@require_GET
@requires("customers.edit", Level.WRITE)
def customer_edit(request: HttpRequest, customer_id: UUID) -> HttpResponse:
    customer = _find(request, customer_id)
    return _form(request, customer, "customer_edit", CustomerForm.of(customer))


@require_POST
@requires("customers.edit", Level.WRITE)
def customer_save(request: HttpRequest, customer_id: UUID) -> HttpResponse:
    customer = _find(request, customer_id)
    form = CustomerForm(request.POST)
    if not form.is_valid():
        return _form(request, customer, "customer_edit", form, 422)
    customers.change_customer(
        actor=request.actor,  # type: ignore[attr-defined]
        customer_id=customer.pk,
        values=form.values(facts_of(request, customer.client_id).phone_country),
        now=timezone.now(),
    )
    return _done(request, customer, "Saved.")


@require_POST
@requires("customers.edit", Level.WRITE)
def customer_status(request: HttpRequest, customer_id: UUID) -> HttpResponse:
    customer = _find(request, customer_id)
    try:
        held = customers.set_customer_status(
            actor=request.actor,  # type: ignore[attr-defined]
            customer_id=customer.pk, status=request.POST.get("status", ""), now=timezone.now(),
        )  # fmt: skip
    except customers.CustomerRefused as refusal:
        messages.error(request, str(refusal))
        return HttpResponseRedirect(reverse("crm:customer", args=[customer.pk]))
    return _done(request, customer, f"{held.name} is {held.get_status_display().lower()} now.")


@require_POST
@requires("customers.edit", Level.WRITE)
def customer_call(request: HttpRequest, customer_id: UUID, call_id: UUID) -> HttpResponse:
    """Say that a call is this customer's, or that it is not."""
    customer = _find(request, customer_id)
    linked = request.POST.get("linked") == "1"
    try:
        customers.link_call(actor=request.actor, customer_id=customer.pk, call_id=call_id, linked=linked,  # type: ignore[attr-defined]
                            now=timezone.now())  # fmt: skip
    except Call.DoesNotExist:
        raise Http404 from None
    return _done(request, customer, "Call linked." if linked else "Call no longer linked.")


@require_GET
@requires("customers.edit", Level.WRITE)
def agreement_new(request: HttpRequest, customer_id: UUID) -> HttpResponse:
    customer = _find(request, customer_id)
    return _agreement_form(request, customer, None, _blank(request, customer, None))


@require_GET
@requires("customers.edit", Level.WRITE)
def agreement_edit(request: HttpRequest, customer_id: UUID, agreement_id: UUID) -> HttpResponse:
    customer = _find(request, customer_id)
    agreement = _agreement(request, customer, agreement_id)
    return _agreement_form(request, customer, agreement, _blank(request, customer, agreement))


@require_POST
@requires("customers.edit", Level.WRITE)
def agreement_create(request: HttpRequest, customer_id: UUID) -> HttpResponse:
    return _save_agreement(request, _find(request, customer_id), None)


@require_POST
@requires("customers.edit", Level.WRITE)
def agreement_save(request: HttpRequest, customer_id: UUID, agreement_id: UUID) -> HttpResponse:
    customer = _find(request, customer_id)
    return _save_agreement(request, customer, _agreement(request, customer, agreement_id))


@require_POST
@requires("customers.edit", Level.WRITE)
def agreement_remove(request: HttpRequest, customer_id: UUID, agreement_id: UUID) -> HttpResponse:
    """The page of the agreement asks first."""
    customer = _find(request, customer_id)
    agreement = _agreement(request, customer, agreement_id)
    customers.remove_agreement(actor=request.actor, customer_id=customer.pk, agreement_id=agreement.pk,  # type: ignore[attr-defined]
                               now=timezone.now())  # fmt: skip
    return _done(request, customer, "The agreement and its deal are gone.")


@require_POST
@requires("customers.edit", Level.WRITE)
def outcome_add(request: HttpRequest, customer_id: UUID) -> HttpResponse:
    customer = _find(request, customer_id)
    form = OutcomeForm(request.POST, zone=facts_of(request, customer.client_id).timezone)
    if not form.is_valid():
        return _page(request, customer, 422, outcome_form=form)
    customers.add_outcome(
        actor=request.actor,  # type: ignore[attr-defined]
        customer_id=customer.pk,
        values=form.cleaned_data,
        now=timezone.now(),
    )
    return _done(request, customer, "Added.")


@require_POST
@requires("customers.edit", Level.WRITE)
def outcome_remove(request: HttpRequest, customer_id: UUID, outcome_id: UUID) -> HttpResponse:
    customer = _find(request, customer_id)
    try:
        customers.remove_outcome(
            actor=request.actor,  # type: ignore[attr-defined]
            customer_id=customer.pk,
            outcome_id=outcome_id,
            now=timezone.now(),
        )
    except Outcome.DoesNotExist:
        raise Http404 from None
    except customers.CustomerRefused as refusal:
        messages.error(request, str(refusal))
        return HttpResponseRedirect(reverse("crm:customer", args=[customer.pk]))
    return _done(request, customer, "Removed.")


@require_POST
@requires("customers.edit", Level.WRITE)
def milestone_add(request: HttpRequest, customer_id: UUID) -> HttpResponse:
    customer = _find(request, customer_id)
    form = MilestoneForm(request.POST, zone=facts_of(request, customer.client_id).timezone)
    if form.is_valid():
        try:
            customers.reach_milestone(
                actor=request.actor,  # type: ignore[attr-defined]
                customer_id=customer.pk, now=timezone.now(), **form.cleaned_data,
            )  # fmt: skip
        except customers.CustomerRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            return _done(request, customer, "Written down.")
    return _page(request, customer, 422, milestone_form=form)


@require_POST
@requires("customers.edit", Level.WRITE)
def milestone_remove(request: HttpRequest, customer_id: UUID) -> HttpResponse:
    customer = _find(request, customer_id)
    try:
        customers.remove_milestone(
            actor=request.actor,  # type: ignore[attr-defined]
            customer_id=customer.pk, stage=request.POST.get("stage", ""), now=timezone.now(),
        )  # fmt: skip
    except customers.CustomerRefused as refusal:
        messages.error(request, str(refusal))
        return HttpResponseRedirect(reverse("crm:customer", args=[customer.pk]))
    return _done(request, customer, "Removed.")


@require_POST
@requires("customers.edit", Level.WRITE)
def note_add(request: HttpRequest, customer_id: UUID) -> HttpResponse:
    customer, form = _find(request, customer_id), NoteForm(request.POST, auto_id="note_%s")
    if not form.is_valid():
        return _page(request, customer, 422, note_form=form)
    add_note(
        actor=request.actor,  # type: ignore[attr-defined]
        customer_id=customer.pk, body=form.cleaned_data["body"], now=timezone.now(),
    )  # fmt: skip
    return _done(request, customer, "Note added.")


def _find(request: HttpRequest, customer_id: UUID) -> Customer:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    customer: Customer | None = Customer.objects.for_actor(actor).filter(pk=customer_id).first()
    if customer is None:
        raise Http404
    return customer


def _agreement(request: HttpRequest, customer: Customer, agreement_id: UUID) -> ServiceAgreement:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    rows = ServiceAgreement.objects.for_actor(actor).filter(customer=customer)
    agreement: ServiceAgreement | None = rows.filter(pk=agreement_id).first()
    if agreement is None:
        raise Http404
    return agreement


def services_of(request: HttpRequest, client: ClientFacts) -> Any:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    return Service.objects.for_actor(actor).filter(client_id=client.id).offered()


def _blank(request: HttpRequest, customer: Customer, agreement: ServiceAgreement | None) -> forms.Form:
    client = facts_of(request, customer.client_id)
    if agreement and agreement.redacted_at:
        names = ("agreed_price", "currency", "agreed_date")
        return PriceOnlyForm(initial={name: getattr(agreement, name) for name in names})
    today = timezone.now().astimezone(ZoneInfo(client.timezone)).date()
    return AgreementForm.of(agreement, services=_choices(request, client, agreement), today=today)


def _choices(request: HttpRequest, client: ClientFacts, agreement: ServiceAgreement | None) -> Any:
    """What is offered, and what was agreed to already though it is offered no more."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    offered = Q(active=True)
    if agreement and agreement.service_id:
        offered |= Q(pk=agreement.service_id)
    return Service.objects.for_actor(actor).filter(offered, client_id=client.id).order_by("name")


def _save_agreement(
    request: HttpRequest, customer: Customer, agreement: ServiceAgreement | None
) -> HttpResponse:
    client = facts_of(request, customer.client_id)
    form: AgreementForm | PriceOnlyForm
    if agreement and agreement.redacted_at:
        form = PriceOnlyForm(request.POST)
    else:
        form = AgreementForm(request.POST, services=_choices(request, client, agreement))
    if not form.is_valid():
        return _agreement_form(request, customer, agreement, form, 422)
    customers.save_agreement(
        actor=request.actor,  # type: ignore[attr-defined]
        customer_id=customer.pk, agreement_id=agreement.pk if agreement else None, values=form.values,
        now=timezone.now(),
    )  # fmt: skip
    return _done(request, customer, "The agreement is saved.")


def _agreement_form(
    request: HttpRequest,
    customer: Customer,
    agreement: ServiceAgreement | None,
    form: forms.Form,
    status: int = 200,
) -> HttpResponse:
    heading = "Agreement" if agreement else "New agreement"
    context = {"customer": customer, "agreement": agreement, "form": form}
    return show(request, "crm/customers/agreement.html", heading, context, client=facts_of(request, customer.client_id),
                back=(customer.name, reverse("crm:customer", args=[customer.pk])), status=status)  # fmt: skip


def _form(
    request: HttpRequest, customer: Customer, page: str, form: forms.Form, status: int = 200
) -> HttpResponse:
    return show(request, f"crm/customers/{page}.html", f"Change {customer.name}", {"customer": customer, "form": form},
                client=facts_of(request, customer.client_id),
                back=(customer.name, reverse("crm:customer", args=[customer.pk])), status=status)  # fmt: skip


def _done(request: HttpRequest, customer: Customer, words: str) -> HttpResponse:
    messages.success(request, words)
    return HttpResponseRedirect(reverse("crm:customer", args=[customer.pk]))
