"""The call queue of one campaign: a person at a time, by keyboard or without any script."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from accounts.access import requires
from accounts.pages import layout_of
from accounts.permissions import Level
from accounts.tenancy import Actor
from crm import campaign_page as pages
from crm.callee import local_time, zone_of
from crm.dispositions import DISPOSITIONS
from crm.forms.campaigns import HoldForm, QueueForm
from crm.models import Callback, Campaign, CampaignMember, Lead
from crm.services import disposing
from crm.services import queue as services
from crm.services.readers import callers
from crm.views.campaigns import find

SHOWN = 10  # callbacks to come


@require_GET
@requires("calls.log", Level.WRITE, side="staff")
def queue(request: HttpRequest, campaign_id: UUID) -> HttpResponse:
    """Whom the reader holds. Looking takes nobody: that is for the button."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    campaign = find(actor, campaign_id)
    return _show(request, campaign, services.mine(actor, campaign, timezone.now()))


@require_POST
@requires("calls.log", Level.WRITE, side="staff")
def queue_next(request: HttpRequest, campaign_id: UUID) -> HttpResponse:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    campaign = find(actor, campaign_id)
    return _go_on(request, campaign)


@require_POST
@requires("calls.log", Level.WRITE, side="staff")
def queue_done(request: HttpRequest, campaign_id: UUID, member_id: UUID) -> HttpResponse:
    """The call was made: write it down and give out the next person."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    campaign, now = find(actor, campaign_id), timezone.now()
    member = services.mine(actor, campaign, now)
    if member is None or member.pk != member_id:
        return _lost(request, campaign)
    form = QueueForm(request.POST, **_of(actor, member, now))
    if form.is_valid():
        data = form.cleaned_data
        try:
            done = services.finish(
                actor=actor, campaign_id=campaign.pk, member_id=member.pk, choice=form.choice,
                notes=data["notes"].strip(), seconds=(data["minutes"] or 0) * 60, now=now,
            )  # fmt: skip
        except disposing.Refused as refused:
            form.add_error(refused.field, str(refused))
        except services.NotYours:
            return _lost(request, campaign)
        else:
            messages.success(request, f"{member.lead.name}: {done.call.disposition}.")
            return _go_on(request, campaign)
    return _show(request, campaign, member, form=form, code=422)


@require_POST
@requires("calls.log", Level.WRITE, side="staff")
def queue_skip(request: HttpRequest, campaign_id: UUID, member_id: UUID) -> HttpResponse:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    campaign = find(actor, campaign_id)
    try:
        services.let_go(actor=actor, campaign_id=campaign.pk, member_id=member_id, now=timezone.now())
    except services.NotYours:
        return _lost(request, campaign)
    return _go_on(request, campaign)


@require_POST
@requires("calls.log", Level.WRITE, side="staff")
def queue_hold(request: HttpRequest, campaign_id: UUID, member_id: UUID) -> HttpResponse:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    campaign, now = find(actor, campaign_id), timezone.now()
    form = HoldForm(request.POST)
    if not form.is_valid():
        return _show(request, campaign, services.mine(actor, campaign, now), hold_form=form, code=422)
    try:
        services.let_go(
            actor=actor, campaign_id=campaign.pk, member_id=member_id, now=now, until=form.until(now),
            reason=form.cleaned_data["reason"] or "Held back",
        )  # fmt: skip
    except services.NotYours:
        return _lost(request, campaign)
    messages.info(request, "Held back.")
    return _go_on(request, campaign)


def _go_on(request: HttpRequest, campaign: Campaign) -> HttpResponse:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    services.next_person(actor=actor, campaign_id=campaign.pk, now=timezone.now())
    return redirect("crm:queue", campaign_id=campaign.pk)


def _lost(request: HttpRequest, campaign: Campaign) -> HttpResponse:
    messages.warning(request, "This person is no longer yours: the time was over. Nothing was written down.")
    return redirect("crm:queue", campaign_id=campaign.pk)


def _of(actor: Actor, member: CampaignMember, now: Any) -> dict[str, Any]:
    lead = member.lead
    zone = zone_of(lead.timezone, lead.phone_e164, lead.client.timezone)
    return {"now": now, "callee_zone": zone, "colleagues": callers(actor, member.client_id)}


def _show(
    request: HttpRequest, campaign: Campaign, member: CampaignMember | None, *, form: QueueForm | None = None,
    hold_form: HoldForm | None = None, code: int = 200,
) -> HttpResponse:  # fmt: skip
    actor: Actor = request.actor  # type: ignore[attr-defined]
    now = timezone.now()
    context: dict[str, Any] = {
        "campaign": campaign,
        "member": member,
        "open": services.is_open(campaign, now),
        "done_for_today": services.is_done_for_today(campaign, now),
        "callbacks": _callbacks(actor, campaign),
        "heading": "Call queue",
        "back": (campaign.name, reverse("crm:campaign", args=[campaign.pk])),
        "layout": layout_of(actor),
    }
    if member is not None:
        of = _of(actor, member, now)
        context |= {
            "lead": member.lead,
            "about": _about(member.lead),
            "stopped": services.is_stopped(member.lead, now),
            "local": local_time(now, of["callee_zone"]),
            "promised": _promised(actor, campaign, member),
            "form": form or QueueForm(**of),
            "hold_form": hold_form or HoldForm(),
            "keys": [(n, each) for n, each in enumerate(DISPOSITIONS, 1)],
            **pages.history(actor, member.lead),
        }
    return render(request, "crm/campaigns/queue.html", context, status=code)


def _about(lead: Lead) -> str:
    """``Office manager · Vega & Sons · Towson, MD``"""
    place = ", ".join(filter(None, (lead.city, lead.state)))
    return " · ".join(filter(None, (lead.title, lead.company_name, place)))


def _callbacks(actor: Actor, campaign: Campaign) -> list[Callback]:
    """What the reader promised and has still to do, soonest first."""
    rows = Callback.objects.for_actor(actor).open().filter(campaign=campaign, assigned_to=actor.user_id)
    return list(rows.select_related("lead").order_by("due_at")[:SHOWN])


def _promised(actor: Actor, campaign: Campaign, member: CampaignMember) -> Callback | None:
    rows = Callback.objects.for_actor(actor).open().filter(campaign=campaign, lead=member.lead_id)
    found: Callback | None = rows.order_by("due_at").first()
    return found
