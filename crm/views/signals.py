"""Signals on the pages of people and companies: written down by hand, and dismissed when they have been seen."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from accounts.access import requires
from accounts.directory import reader_zone
from accounts.next_page import safe_next
from accounts.permissions import Level
from crm.forms.signals import SignalForm
from crm.models import Company, Lead, Signal
from crm.services.signals import add_signal, dismiss_signal
from crm.views.companies import frame_of, open_company
from crm.views.person import frame, open_lead


@require_http_methods(["GET", "POST"])
@requires("leads.edit", Level.OWN, side="staff")
def lead_signal(request: HttpRequest, lead_id: UUID) -> HttpResponse:
    found = open_lead(request, lead_id)
    if found.erased_at or found.merged_into_id:
        raise Http404
    around = {**frame(request, found), "is_under": True, "about": found.name}
    return _write(request, around, reverse("crm:lead", args=[lead_id]), lead_id=lead_id)


@require_http_methods(["GET", "POST"])
@requires("leads.edit", Level.OWN, side="staff")
def company_signal(request: HttpRequest, company_id: UUID) -> HttpResponse:
    found = open_company(request, company_id)
    around = {**frame_of(request, found), "about": found.name}
    return _write(request, around, reverse("crm:company", args=[company_id]), company_id=company_id)


def _write(
    request: HttpRequest,
    around: dict[str, Any],
    back: str,
    *,
    lead_id: UUID | None = None,
    company_id: UUID | None = None,
) -> HttpResponse:
    now = timezone.now()
    form = SignalForm(request.POST if request.method == "POST" else None, now=now, zone=reader_zone(request))
    if request.method == "POST" and form.is_valid():
        try:
            add_signal(
                actor=request.actor,  # type: ignore[attr-defined]
                now=now,
                lead_id=lead_id,
                company_id=company_id,
                **form.values,
            )
        except (Lead.DoesNotExist, Company.DoesNotExist):
            raise Http404 from None
        messages.success(request, "The signal is on the page.")
        return redirect(back)
    context = {**around, "under": "New signal", "form": form, "back_url": back}
    return render(request, "crm/person/signal.html", context, status=422 if form.errors else 200)


@require_POST
@requires("leads.edit", Level.OWN, side="staff")
def signal_dismiss(request: HttpRequest, signal_id: UUID) -> HttpResponse:
    """Take it off the page that it was seen on."""
    try:
        signal = dismiss_signal(actor=request.actor, signal_id=signal_id, now=timezone.now())  # type: ignore[attr-defined]
    except Signal.DoesNotExist:
        raise Http404 from None
    messages.success(request, "Seen, and off the page.")
    if signal.lead_id:
        return redirect(safe_next(request, reverse("crm:lead", args=[signal.lead_id])))
    return redirect(safe_next(request, reverse("crm:company", args=[signal.company_id])))
