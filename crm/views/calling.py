"""Calls written down by hand, and how calls ended."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts.access import requires
from accounts.directory import ClientFacts, reader_zone, visible_clients
from accounts.pages import layout_of
from accounts.permissions import Level
from accounts.tenancy import Actor
from crm.callee import zone_of
from crm.dispositions import BY_WORDS, DISPOSITIONS, proposed_disposition
from crm.forms.calling import CallForm, DispositionForm
from crm.models import Call, Lead
from crm.services import disposing
from crm.services.calling import log_call
from crm.services.readers import callers

BOTH = ["GET", "POST"]


@require_http_methods(BOTH)
@requires("calls.log", Level.WRITE)
def log(request: HttpRequest) -> HttpResponse:
    """A call with somebody we may not know yet; staff choose the client first where there are several."""
    clients = visible_clients(request)
    wanted = request.GET.get("client", "")
    found = [each for each in clients if each.slug == wanted] or (list(clients) if len(clients) == 1 else [])
    if not found:
        actor: Actor = request.actor  # type: ignore[attr-defined]
        context = {"layout": layout_of(actor), "clients": clients, "heading": "Log a call"}
        return render(request, "crm/calling/which_client.html", context)
    return _log(request, found[0], None)


@require_http_methods(BOTH)
@requires("calls.log", Level.WRITE)
def log_with(request: HttpRequest, lead_id: UUID) -> HttpResponse:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    lead = Lead.objects.for_actor(actor).filter(pk=lead_id, erased_at=None).first()
    client = next((each for each in visible_clients(request) if lead and each.id == lead.client_id), None)
    if lead is None or client is None:
        raise Http404
    if lead.merged_into_id and request.method == "GET":
        return redirect("crm:lead_call_log", lead.merged_into_id)
    return _log(request, client, lead)


def _log(request: HttpRequest, client: ClientFacts, lead: Lead | None) -> HttpResponse:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    now = timezone.now()
    callee = zone_of(lead.timezone, lead.phone_e164, client.timezone) if lead else client.timezone
    own: dict[str, Any] = {
        "now": now, "zone": reader_zone(request), "callee_zone": callee, "person": lead is None,
        "colleagues": callers(actor, client.id),
    }  # fmt: skip
    begin = {"started_at": now, "phone": lead.phone if lead else ""}
    form = CallForm(request.POST, **own) if request.method == "POST" else CallForm(initial=begin, **own)
    if request.method == "POST" and form.is_valid():
        try:
            done = log_call(
                actor=actor, client_id=client.id, lead_id=lead.pk if lead else None, told=form.told(actor.user_id),
                choice=form.choice if form.choice.words else None, now=now,
            )  # fmt: skip
        except disposing.Refused as refused:
            form.add_error(refused.field, str(refused))
        else:
            messages.success(request, "Call logged.")
            return redirect(_address_of(actor, done.call))
    context = {
        "layout": layout_of(actor), "form": form, "lead": lead, "client": client, "heading": "Log a call",
        "known": DISPOSITIONS, "back_url": reverse("crm:inbox" if actor.is_staff else "portal:calls"),
    }  # fmt: skip
    return render(request, "crm/calling/log.html", context, status=422 if form.errors else 200)


@require_http_methods(BOTH)
@requires("calls.log", Level.WRITE)
def dispose(request: HttpRequest, call_id: UUID) -> HttpResponse:
    """Say how a call ended, or change what was said; for tracked calls as for those logged by hand."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    calls = Call.objects.for_actor(actor).defer("raw", "transcript").select_related("lead", "client")
    call = calls.filter(pk=call_id).first()
    if call is None:
        raise Http404
    now, lead = timezone.now(), call.lead
    zone = zone_of(lead.timezone, lead.phone_e164, call.client.timezone) if lead else call.client.timezone
    own: dict[str, Any] = {"now": now, "callee_zone": zone, "colleagues": callers(actor, call.client_id)}
    begin = {
        "disposition": call.disposition or proposed_disposition(call.category),
        "booked_elsewhere": call.booked_elsewhere,
    }
    form = (
        DispositionForm(request.POST, **own)
        if request.method == "POST"
        else DispositionForm(initial=begin, **own)
    )
    if request.method == "POST" and form.is_valid():
        try:
            done = disposing.set_disposition(actor=actor, call_id=call.pk, choice=form.choice, now=now)
        except disposing.Refused as refused:
            form.add_error(refused.field, str(refused))
        else:
            messages.success(request, "Saved." if form.choice.words else "Taken back.")
            for each in done.stays:
                messages.warning(request, each)
            return redirect(_address_of(actor, call))
    context = {
        "layout": layout_of(actor), "form": form, "call": call, "heading": "How the call ended",
        "known": DISPOSITIONS, "back_url": _address_of(actor, call),
        "is_old_word": bool(call.disposition) and call.disposition not in BY_WORDS,
        "proposed": "" if call.disposition else proposed_disposition(call.category),
    }  # fmt: skip
    return render(request, "crm/calling/dispose.html", context, status=422 if form.errors else 200)


def _address_of(actor: Actor, call: Call) -> str:
    """The call's page; the list where the person may log a call with somebody but not see them."""
    if not Call.objects.for_actor(actor).filter(pk=call.pk).exists():
        return reverse("crm:inbox")
    return reverse("crm:inbox_call" if actor.is_staff else "portal:call", args=[call.pk])
