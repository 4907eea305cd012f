"""One deed for the leads that were chosen in the list: a page that asks, and the deed."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from accounts.access import requires
from accounts.next_page import safe_next
from accounts.pages import layout_of
from accounts.permissions import Level
from accounts.services.audit import Origin
from accounts.tenancy import Actor
from crm.forms.lists import BulkForm
from crm.models import Campaign, Lead, PipelineStage, Tag
from crm.owners import possible_owners
from crm.services.bulk import MOST, Choice, Deed, Outcome, bulk_edit, may_do
from crm.views.leads import names

NAMED = 12  # of the chosen, on the page that asks
QUESTIONS = {
    Deed.OWNER: "Give {} to",
    Deed.STAGE: "Move {} to a stage",
    Deed.TAG: "Put a tag on {}",
    Deed.UNTAG: "Take a tag off {}",
    Deed.CAMPAIGN: "Add {} to a campaign",
    Deed.DISQUALIFY: "Disqualify {}?",
    Deed.ARCHIVE: "Archive {}?",
    Deed.RESTORE: "Take {} out of the archive?",
}


@require_GET
@requires("leads.edit", Level.OWN)
def bulk(request: HttpRequest) -> HttpResponse:
    """Whom it concerns, and what exactly is to be done with them."""
    deed, leads = _asked(request, request.GET)
    if not leads:
        messages.info(request, "Choose some leads first.")
        return redirect(_back(request))
    return _page(request, deed, leads, _form(request, deed, leads, None))


@require_POST
@requires("leads.edit", Level.OWN)
def bulk_do(request: HttpRequest) -> HttpResponse:
    deed, leads = _asked(request, request.POST)
    form = _form(request, deed, leads, request.POST)
    if not form.is_valid():
        return _page(request, deed, leads, form, status=422)
    try:
        outcome = bulk_edit(
            actor=request.actor,  # type: ignore[attr-defined]
            lead_ids=_ids(request.POST),
            deed=deed,
            choice=Choice(**form.cleaned_data),
            now=timezone.now(),
            origin=Origin.of(request),
        )
    except Campaign.DoesNotExist:
        raise Http404 from None
    _tell(request, outcome)
    return redirect(_back(request))


def _asked(request: HttpRequest, asked: QueryDict) -> tuple[Deed, list[Lead]]:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    try:
        deed = Deed(asked.get("deed", ""))
    except ValueError:
        raise Http404 from None
    if not may_do(actor, deed):
        raise PermissionDenied
    rows = Lead.objects.for_actor(actor).filter(pk__in=_ids(asked), erased_at=None, merged_into=None)
    return deed, list(rows.select_related("client").order_by("display_name", "pk"))


def _ids(asked: QueryDict) -> list[UUID]:
    found = []
    for text in asked.getlist("lead")[:MOST]:
        try:
            found.append(UUID(text))
        except ValueError:
            continue
    return found


def _form(request: HttpRequest, deed: Deed, leads: list[Lead], data: QueryDict | None) -> BulkForm:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    clients = {lead.client_id for lead in leads}
    only = next(iter(clients)) if len(clients) == 1 else None
    choices: list[Any] = []
    if deed == Deed.OWNER:
        people = possible_owners(actor, only)
        choices = [(each.id, each.name) for each in people if any(map(each.reaches, clients))]
    elif deed == Deed.STAGE:
        choices = [(name, name) for name in names(actor, PipelineStage, only)]
    elif deed == Deed.UNTAG:
        choices = [(name, name) for name in names(actor, Tag, only)]
    elif deed == Deed.CAMPAIGN:
        rows = Campaign.objects.for_actor(actor).filter(client_id__in=clients).exclude(status="completed")
        choices = list(rows.order_by("name").values_list("pk", "name"))
    return BulkForm(
        data, deed=deed, choices=choices, tags=names(actor, Tag, only) if deed == Deed.TAG else []
    )


def _page(
    request: HttpRequest, deed: Deed, leads: list[Lead], form: forms.Form, *, status: int = 200
) -> HttpResponse:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    many = leads[0].name if len(leads) == 1 else f"{len(leads)} leads"
    context = {
        "layout": layout_of(actor),
        "question": QUESTIONS[deed].format(many),
        "deed": deed,
        "leads": leads,
        "named": leads[:NAMED],
        "more": max(0, len(leads) - NAMED),
        "form": form,
        "back_url": _back(request),
    }
    return render(request, "crm/leads/bulk.html", context, status=status)


def _back(request: HttpRequest) -> str:
    return safe_next(request, reverse("crm:leads"))


def _tell(request: HttpRequest, outcome: Outcome) -> None:
    done, refused = len(outcome.done), outcome.refused
    if done:
        messages.success(request, f"Done for {done} lead{'s' if done > 1 else ''}.")
    for each in refused[:NAMED]:
        messages.warning(request, f"{each.name} {each.why}.")
    if len(refused) > NAMED:
        messages.warning(request, f"{len(refused) - NAMED} more were left as they are, for the like reasons.")
    if outcome.gone:
        messages.warning(request, f"{outcome.gone} could not be found any more.")
