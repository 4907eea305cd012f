"""A person added and changed by hand, with a look at who is there already."""

import json
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from accounts.access import requires
from accounts.directory import visible_clients
from accounts.models import Client
from accounts.pages import layout_of
from accounts.permissions import Level
from accounts.tenancy import Actor
from crm.editing import EditConflict
from crm.extras import set_aside
from crm.forms.leads import LeadForm
from crm.forms.seen import say_conflict
from crm.identity import profile_address
from crm.models import Lead
from crm.services.duplicates import Lookalike, lookalikes
from crm.services.leads import EmailTaken, as_text, create_lead, region_of, update_lead
from crm.views.person import frame, open_lead
from lib import phones

TAKEN = "Somebody of this client has this address already. One address is one person."


@require_http_methods(["GET", "POST"])
@requires("leads.edit", Level.OWN)
def lead_new(request: HttpRequest) -> HttpResponse:
    """Add a person. Where somebody looks the same, the form comes back with them and is saved at the second try."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    client = _chosen(request)
    first = {"client": client.pk} if client else {}
    form = LeadForm(request.POST or None, clients=_choices(request), region=_region(client), initial=first)
    twins: list[Lookalike] = []
    if request.method == "POST" and form.is_valid() and client:
        twins = _twins(actor, client, form.values)
        if not _email_taken(form, twins) and (not twins or request.POST.get("anyway")):
            try:
                lead = create_lead(actor=actor, client_id=client.pk, values=form.values, now=timezone.now())
            except EmailTaken:
                form.add_error("email", TAKEN)
            else:
                messages.success(request, f"{lead.name} is here.")
                return redirect("crm:lead", lead_id=lead.pk)
    context = {
        "layout": layout_of(actor), "under": "New person", "form": form, "twins": twins, "client": client,
        "cancel_url": reverse("crm:leads"),
    }  # fmt: skip
    refused = bool(form.errors or twins)
    return render(request, "crm/person/form.html", context, status=422 if refused else 200)


@require_http_methods(["GET", "POST"])
@requires("leads.edit", Level.OWN)
def lead_edit(request: HttpRequest, lead_id: UUID) -> HttpResponse:
    """Change a person. What others changed meanwhile is shown beside what was typed, and nothing is lost."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    found = open_lead(request, lead_id)
    if found.erased_at or found.merged_into_id:
        raise Http404
    shown = as_text(found)
    form = LeadForm(
        request.POST or None,
        clients=[],
        region=region_of(found.client),
        aside=set_aside(found.enrichment_data),
        initial={**shown, "seen": json.dumps(shown)},
    )
    twins: list[Lookalike] = []
    if request.method == "POST" and form.is_valid():
        twins = _twins(actor, found.client, form.values, but=found.pk)
        known = {each.lead.pk for each in _twins(actor, found.client, shown, but=found.pk)}
        fresh = [each for each in twins if each.lead.pk not in known]
        if not _email_taken(form, twins) and (not fresh or request.POST.get("anyway")):
            try:
                update_lead(
                    actor=actor,
                    lead_id=lead_id,
                    seen=form.seen_values,
                    values=form.values,
                    now=timezone.now(),
                )
            except EditConflict as conflict:
                form = _again(form, found, conflict)
            except EmailTaken:
                form.add_error("email", TAKEN)
            except Lead.DoesNotExist:
                raise Http404 from None
            else:
                messages.success(request, "Saved.")
                return redirect("crm:lead", lead_id=lead_id)
        twins = fresh
    context = {
        **frame(request, found), "is_under": True, "under": "Edit", "form": form, "twins": twins,
        "cancel_url": reverse("crm:lead", args=[lead_id]),
    }  # fmt: skip
    return render(request, "crm/person/form.html", context, status=422 if form.errors or twins else 200)


@require_POST
@requires("leads.edit", Level.OWN)
def lookalikes_now(request: HttpRequest) -> HttpResponse:
    """Who looks the same as what is being typed, for the script beside the form. By POST: addresses hold no names."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    known = _uuid(request.POST.get("lead", ""))
    lead = Lead.objects.for_actor(actor).select_related("client").filter(pk=known).first() if known else None
    client = lead.client if lead else _chosen(request)
    twins: list[Lookalike] = []
    if client is not None:
        typed = {
            name: request.POST.get(name, "").replace("\x00", "")
            for name in ("email", "phone", "linkedin_url")
        }
        twins = _twins(actor, client, typed, but=known)
    return render(request, "crm/person/_twins.html", {"twins": twins})


def _chosen(request: HttpRequest) -> Client | None:
    """The client that the form or the address names, or the only one there is."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    clients = visible_clients(request)
    wanted = request.POST.get("client") or request.GET.get("client", "")
    found = next((each for each in clients if wanted in (str(each.id), each.slug)), None)
    if found is None and len(clients) == 1:
        found = clients[0]
    return Client.objects.for_actor(actor).filter(pk=found.id).first() if found else None


def _choices(request: HttpRequest) -> list[tuple[str, str]]:
    clients = visible_clients(request)
    return [("", "Choose"), *((str(each.id), each.name) for each in clients)] if len(clients) > 1 else []


def _region(client: Client | None) -> str:
    return region_of(client) if client else "US"


def _twins(actor: Actor, client: Client, values: Any, *, but: UUID | None = None) -> list[Lookalike]:
    return lookalikes(
        actor,
        client.pk,
        email=values["email"].strip(),
        phone_e164=phones.parse(values["phone"], region_of(client)).e164 if values["phone"] else "",
        linkedin_url=profile_address(values["linkedin_url"]),
        external_ref=values.get("external_ref", ""),
        but=but,
    )


def _email_taken(form: LeadForm, twins: list[Lookalike]) -> bool:
    if any(each.by == "address" for each in twins):
        form.add_error("email", TAKEN)
        return True
    return False


def _again(form: LeadForm, found: Lead, conflict: EditConflict) -> LeadForm:
    data = form.renewed(conflict.theirs, conflict.current)
    again = LeadForm(data, clients=[], region=region_of(found.client), aside=form.aside)
    say_conflict(again, conflict)
    return again


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
