"""The companies where a client's leads work."""

import json
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_GET, require_http_methods

from accounts.access import requires
from accounts.directory import visible_clients
from accounts.pages import layout_of
from accounts.permissions import Level
from accounts.services.audit import Origin
from accounts.tenancy import Actor
from crm.companies import companies_page, company_calls
from crm.editing import EditConflict
from crm.forms.leads import CompanyForm
from crm.forms.seen import say_conflict
from crm.models import Company, Lead, Signal
from crm.services.companies import DomainTaken, as_text, save_company

PEOPLE = 50


@require_GET
@requires("leads.see")
def companies(request: HttpRequest) -> HttpResponse:
    """Companies by name, of one client or of all, paged by key; ``q`` is what a name begins with."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    every = visible_clients(request)
    slug = request.GET.get("client", "")
    client = next((each for each in every if each.slug == slug), None)
    q = " ".join(request.GET.get("q", "").replace("\x00", "").split())[:100]
    rows, more = companies_page(actor, client.id if client else None, q, request.GET.get("after", ""))
    names = {each.id: each for each in every}
    here = reverse("crm:companies")
    chosen = {key: value for key, value in (("client", client.slug if client else ""), ("q", q)) if value}
    context = {
        "layout": layout_of(actor), "under": "Companies", "rows": [(each, names.get(each.client_id)) for each in rows],
        "q": q, "chosen_client": client, "clients": every, "here": here,
        "may_edit": actor.can("leads.edit", Level.OWN),
        "newer_url": f"{here}?{urlencode(chosen)}" if "after" in request.GET else "",
        "older_url": f"{here}?{urlencode({**chosen, 'after': more})}" if more else "",
    }  # fmt: skip
    return render(request, "crm/companies/list.html", context)


@require_GET
@requires("leads.see")
def company(request: HttpRequest, company_id: UUID) -> HttpResponse:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    found = open_company(request, company_id)
    people = Lead.objects.for_actor(actor).filter(client_id=found.client_id, company=found, archived_at=None)
    context = {
        **frame_of(request, found),
        "people": list(people.select_related("stage").recently_active()[:PEOPLE]),
        "calls": company_calls(actor, found),
        "signals": list(Signal.objects.for_actor(actor).filter(company=found).fresh()[:PEOPLE]),
        "may_signal": actor.is_staff and actor.can("leads.edit", Level.OWN),
        "signal_url": reverse("crm:company_signal", args=[found.pk]),
    }
    return render(request, "crm/companies/company.html", context)


@require_http_methods(["GET", "POST"])
@requires("leads.edit", Level.OWN)
def company_edit(request: HttpRequest, company_id: UUID) -> HttpResponse:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    found = open_company(request, company_id)
    shown = as_text(found)
    form = CompanyForm(request.POST or None, initial={**shown, "seen": json.dumps(shown)})
    if request.method == "POST" and form.is_valid():
        try:
            save_company(
                actor=actor, company_id=company_id, seen=form.seen_values, values=form.cleaned_data,
                now=timezone.now(), origin=Origin.of(request),
            )  # fmt: skip
        except EditConflict as conflict:
            form = CompanyForm(form.renewed(conflict.theirs, conflict.current))
            say_conflict(form, conflict)
        except DomainTaken as taken:
            form.add_error("domain", f"{taken} has this domain already. One domain is one company.")
        else:
            messages.success(request, "Saved.")
            return redirect("crm:company", company_id=company_id)
    context = {**frame_of(request, found), "form": form}
    return render(request, "crm/companies/edit.html", context, status=422 if form.errors else 200)


def open_company(request: HttpRequest, company_id: UUID) -> Company:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    found: Company | None = (
        Company.objects.for_actor(actor).select_related("client").filter(pk=company_id).first()
    )
    if found is None:
        raise Http404
    return found


def frame_of(request: HttpRequest, found: Company) -> dict[str, Any]:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    return {
        "layout": layout_of(actor), "under": found.name, "company": found, "client": found.client,
        "may_edit": actor.can("leads.edit", Level.OWN),
    }  # fmt: skip
