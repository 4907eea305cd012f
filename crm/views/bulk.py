"""One deed for the leads that were chosen in the list: a page that asks, and the deed."""

from typing import Any
from urllib.parse import urlsplit
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
from accounts.next_page import is_safe, safe_next
from accounts.pages import layout_of
from accounts.permissions import Level
from accounts.services.audit import Origin
from accounts.tenancy import Actor
from crm.forms.lists import BulkForm
from crm.lead_list import listed_leads
from crm.models import Campaign, Lead, PipelineStage, Tag
from crm.owners import possible_owners
from crm.services.bulk import MOST_AT_ONCE, Choice, Deed, Outcome, bulk_edit_all, may_do
from crm.views.leads import chosen_leads, names

EVERY = "every"  # everybody of the list, and not those alone who were ticked
NAMED = 12  # of the chosen, on the page that asks
QUESTIONS = {
    Deed.OWNER: "Give {} to",
    Deed.STAGE: "Move {} to a stage",
    Deed.TAG: "Put a tag on {}",
    Deed.UNTAG: "Take a tag off {}",
    Deed.CAMPAIGN: "Add {} to a campaign",
    Deed.SENTIMENT: "Set the sentiment of {}",
    Deed.DISQUALIFY: "Disqualify {}?",
    Deed.ARCHIVE: "Archive {}?",
    Deed.RESTORE: "Take {} out of the archive?",
}


@require_GET
@requires("leads.edit", Level.OWN)
def bulk(request: HttpRequest) -> HttpResponse:
    """Whom it concerns, and what exactly is to be done with them."""
    deed = _deed(request, request.GET)
    ids = _ids(request, request.GET)
    if len(ids) > MOST_AT_ONCE:
        return _too_many(request)
    leads = _leads(request, ids)
    if not leads:
        messages.info(request, "Choose some leads first.")
        return redirect(_back(request))
    return _page(request, deed, leads, _form(request, deed, leads, None))


@require_POST
@requires("leads.edit", Level.OWN)
def bulk_do(request: HttpRequest) -> HttpResponse:
    deed = _deed(request, request.POST)
    ids = _ids(request, request.POST)
    if len(ids) > MOST_AT_ONCE:
        return _too_many(request)
    leads = _leads(request, ids)
    form = _form(request, deed, leads, request.POST)
    if not form.is_valid():
        return _page(request, deed, leads, form, status=422)
    if EVERY in request.POST and leads and request.POST.get("count") != str(len(leads)):
        messages.warning(request, "The list has changed since you looked. Here is whom it concerns now.")
        return _page(request, deed, leads, form, status=422)
    try:
        outcome = bulk_edit_all(
            actor=request.actor,  # type: ignore[attr-defined]
            lead_ids=ids,
            deed=deed,
            choice=Choice(**form.cleaned_data),
            now=timezone.now(),
            origin=Origin.of(request),
        )
    except Campaign.DoesNotExist:
        raise Http404 from None
    _tell(request, outcome)
    return redirect(_back(request))


def _deed(request: HttpRequest, asked: QueryDict) -> Deed:
    try:
        deed = Deed(asked.get("deed", ""))
    except ValueError:
        raise Http404 from None
    if not may_do(request.actor, deed):  # type: ignore[attr-defined]
        raise PermissionDenied
    return deed


def _ids(request: HttpRequest, asked: QueryDict) -> list[UUID]:
    """Those that were ticked, or everybody of the list that ``next`` leads back to; at most one more than may be."""
    if EVERY in asked:
        place = urlsplit(asked.get("next", ""))
        if place.path != reverse("crm:leads") or not is_safe(request, asked.get("next")):
            raise Http404  # of which list it is must be said
        chosen = chosen_leads(request, QueryDict(place.query))
        return listed_leads(request.actor, chosen, MOST_AT_ONCE + 1)  # type: ignore[attr-defined]
    found = []
    for text in asked.getlist("lead")[: MOST_AT_ONCE + 1]:
        try:
            found.append(UUID(text))
        except ValueError:
            continue
    return found


def _leads(request: HttpRequest, ids: list[UUID]) -> list[Lead]:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    rows = Lead.objects.for_actor(actor).filter(pk__in=ids, erased_at=None, merged_into=None)
    shown = rows.select_related("client").only(
        "pk", "display_name", "phone", "email", "client_id", "client__name"
    )
    return list(shown.order_by("display_name", "pk"))


def _too_many(request: HttpRequest) -> HttpResponse:
    messages.warning(
        request,
        f"These are more than {MOST_AT_ONCE:,} leads, the most at once. Narrow the list with a filter first.",
    )
    return redirect(_back(request))


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
    many = leads[0].name if len(leads) == 1 else f"{len(leads):,} leads"
    context = {
        "layout": layout_of(actor),
        "question": QUESTIONS[deed].format(many),
        "deed": deed,
        "leads": leads,
        "every": EVERY in (request.POST if request.method == "POST" else request.GET),
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
        messages.success(request, f"Done for {done:,} lead{'s' if done > 1 else ''}.")
    for each in refused[:NAMED]:
        messages.warning(request, f"{each.name} {each.why}.")
    if len(refused) > NAMED:
        messages.warning(
            request, f"{len(refused) - NAMED:,} more were left as they are, for the like reasons."
        )
    if outcome.gone:
        messages.warning(request, f"{outcome.gone} could not be found any more.")
