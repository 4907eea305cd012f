"""Campaigns: the list, one of them, and what may be changed about it."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.access import fresh_proof, requires
from accounts.directory import visible_clients
from accounts.models import Client
from accounts.pages import layout_of
from accounts.permissions import Level
from accounts.services.audit import Origin
from accounts.tenancy import Actor
from crm import campaign_page as pages
from crm.editing import EditConflict
from crm.forms.campaigns import MODES, AssignForm, CampaignForm, MembersForm
from crm.forms.seen import say_conflict
from crm.models import Campaign, CampaignAssignment, CampaignMember, Market
from crm.services import campaigns as services
from crm.services.campaigns import MOVES, Refused
from crm.services.queue import is_open
from crm.services.readers import callers

BOTH = ["GET", "POST"]
WORDS = {"active": ("Start", "play"), "paused": ("Pause", "pause"), "completed": ("End it", "flag")}


@require_GET
@requires("campaigns.edit")
def campaign_list(request: HttpRequest) -> HttpResponse:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    clients = visible_clients(request)
    slug, status = request.GET.get("client", ""), request.GET.get("status", "")
    wanted = next((each for each in clients if each.slug == slug), None)
    markets = [each for each in pages.markets_shown(actor) if each.used]
    market = next((each for each in markets if str(each.pk) == request.GET.get("market", "")), None)
    context = {
        "rows": pages.campaigns(actor, status, wanted.id if wanted else None, market.pk if market else None),
        "market": market,
        "markets": markets,
        "status": status if status in Campaign.Status.values else "",
        "statuses": Campaign.Status.choices,
        "clients": clients if actor.is_staff and len(clients) > 1 else (),
        "client": wanted,
        "may_edit": _may_edit(actor),
        "may_count": actor.can("analytics.client"),
        "heading": "Campaigns",
        "acts": "crm/campaigns/_list_acts.html",
        "layout": layout_of(actor),
    }
    return render(request, "crm/campaigns/list.html", context)


@require_http_methods(BOTH)
@requires("campaigns.edit", Level.WRITE, side="staff")
def campaign_new(request: HttpRequest) -> HttpResponse:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    clients = visible_clients(request)
    slug = request.GET.get("client", "") or (clients[0].slug if len(clients) == 1 else "")
    client = pages.client_of(actor, {each.slug: each.id for each in clients}, slug)
    if client is None:
        context = {"layout": layout_of(actor), "clients": clients, "heading": "New campaign"}
        return render(request, "crm/calling/which_client.html", context)
    markets = _markets(actor, client)
    form = (
        CampaignForm(request.POST, markets=markets)
        if request.method == "POST"
        else CampaignForm(markets=markets)
    )
    if request.method == "POST" and form.is_valid():
        made = services.create_campaign(
            actor=actor, client=client, values=form.values(), now=timezone.now(), origin=Origin.of(request)
        )
        messages.success(request, "The campaign is made. Add people, then start it.")
        return redirect("crm:campaign", campaign_id=made.pk)
    return _form(request, form, client, None)


@require_http_methods(BOTH)
@requires("campaigns.edit", Level.WRITE, side="staff")
def campaign_edit(request: HttpRequest, campaign_id: UUID) -> HttpResponse:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    campaign = find(actor, campaign_id)
    markets = _markets(actor, campaign.client)
    form = (
        CampaignForm(request.POST, markets=markets)
        if request.method == "POST"
        else CampaignForm.of(campaign, markets)
    )
    if request.method == "POST" and form.is_valid():
        try:
            services.change_campaign(
                actor=actor, campaign_id=campaign.pk, seen=form.seen_values, values=form.typed,
                now=timezone.now(), origin=Origin.of(request),
            )  # fmt: skip
        except EditConflict as conflict:
            form = CampaignForm(form.renewed(conflict.theirs, conflict.current), markets=markets)
            say_conflict(form, conflict, form.words)
        else:
            messages.success(request, "Saved.")
            return redirect("crm:campaign", campaign_id=campaign.pk)
    return _form(request, form, campaign.client, campaign)


@require_GET
@requires("campaigns.edit")
def campaign(request: HttpRequest, campaign_id: UUID) -> HttpResponse:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    return show(request, find(actor, campaign_id))


def show(request: HttpRequest, found: Campaign, code: int = 200, **forms: Any) -> HttpResponse:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    status, now = request.GET.get("member", ""), timezone.now()
    rows, older = pages.members(actor, found, status, request.GET.get("before", ""))
    here = reverse("crm:campaign", args=[found.pk])
    assigned = CampaignAssignment.objects.for_actor(actor).filter(campaign=found).select_related("user")
    people = [each.user for each in assigned]
    may_edit = _may_edit(actor)
    context = {
        "campaign": found,
        "open": is_open(found, now),
        "moves": [(each.value, *WORDS[each.value]) for each in MOVES[found.status]] if may_edit else [],
        "modes": MODES,
        "may_edit": may_edit,
        "may_autopilot": actor.can("campaigns.autopilot", Level.WRITE),
        "may_call": actor.is_staff and actor.can("calls.log", Level.WRITE),
        "may_count": actor.can("analytics.client"),
        "people": people,
        "assign_form": AssignForm(
            initial={"people": [each.pk for each in people]}, people=_workers(actor, found)
        ) if may_edit else None,
        "members": rows,
        "states": pages.states(actor, found),
        "chosen": status if status in CampaignMember.Status.values else "",
        "older_url": f"{here}?member={status}&before={older}" if older else "",
        "heading": found.name,
        "back": ("Campaigns", reverse("crm:campaigns")),
        "acts": "crm/campaigns/_campaign_acts.html",
        "layout": layout_of(actor),
        **forms,
    }  # fmt: skip
    return render(request, "crm/campaigns/campaign.html", context, status=code)


@require_POST
@requires("campaigns.edit", Level.WRITE, side="staff")
def campaign_status(request: HttpRequest, campaign_id: UUID) -> HttpResponse:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    found = find(actor, campaign_id)
    try:
        moved = services.move_campaign(
            actor=actor, campaign_id=found.pk, status=request.POST.get("status", ""), now=timezone.now(),
            origin=Origin.of(request),
        )  # fmt: skip
    except Refused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, f"The campaign is {moved.get_status_display().lower()} now.")
    return redirect("crm:campaign", campaign_id=found.pk)


@require_POST
@requires("campaigns.edit", Level.WRITE, side="staff")
def campaign_mode(request: HttpRequest, campaign_id: UUID) -> HttpResponse:
    """Any mode but autopilot."""
    found = find(request.actor, campaign_id)  # type: ignore[attr-defined]
    modes = {value for value, _ in MODES} - {Campaign.PermissionMode.AUTOPILOT}
    return _choose_mode(request, found, modes)


@require_POST
@requires("campaigns.autopilot", Level.WRITE)
@fresh_proof
def campaign_autopilot(request: HttpRequest, campaign_id: UUID) -> HttpResponse:
    """Any mode, for who may allow autopilot and has just shown that it is them."""
    found = find(request.actor, campaign_id)  # type: ignore[attr-defined]
    return _choose_mode(request, found, {value for value, _ in MODES})


def _choose_mode(request: HttpRequest, found: Campaign, modes: set[str]) -> HttpResponse:
    mode = request.POST.get("mode", "")
    if mode not in modes:
        messages.error(request, "Choose one of the modes.")
        return redirect("crm:campaign", campaign_id=found.pk)
    services.choose_mode(
        actor=request.actor,  # type: ignore[attr-defined]
        campaign_id=found.pk, mode=mode, now=timezone.now(), origin=Origin.of(request),
    )  # fmt: skip
    messages.success(request, "Saved.")
    return redirect("crm:campaign", campaign_id=found.pk)


@require_POST
@requires("campaigns.edit", Level.WRITE, side="staff")
def campaign_assign(request: HttpRequest, campaign_id: UUID) -> HttpResponse:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    found = find(actor, campaign_id)
    form = AssignForm(request.POST, people=_workers(actor, found))
    if not form.is_valid():
        return show(request, found, 422, assign_form=form)
    services.assign(
        actor=actor, campaign_id=found.pk, user_ids=form.cleaned_data["people"], now=timezone.now(),
        origin=Origin.of(request),
    )  # fmt: skip
    messages.success(request, "Saved. They find the campaign in their list.")
    return redirect("crm:campaign", campaign_id=found.pk)


@require_http_methods(BOTH)
@requires("campaigns.edit", Level.WRITE, side="staff")
def campaign_members_add(request: HttpRequest, campaign_id: UUID) -> HttpResponse:
    """A list of the client's people to tick, searched by name or number."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    found = find(actor, campaign_id)
    q = " ".join(request.GET.get("q", "").replace("\x00", "").split())[:100]
    leads = pages.to_add(actor, found, q)
    form, code = None, 200
    if request.method == "POST":
        form = MembersForm(request.POST, leads=[(each.pk, each.name) for each in leads])
        if form.is_valid():
            try:
                done = services.add_members(
                    actor=actor, campaign_id=found.pk, lead_ids=form.cleaned_data["lead"], now=timezone.now()
                )
            except Refused as refused:
                form.add_error(None, str(refused))
            else:
                _tell(request, done)
                return redirect("crm:campaign", campaign_id=found.pk)
        code = 422
    context = {
        "campaign": found, "leads": leads, "q": q, "form": form, "heading": "Add people",
        "back": (found.name, reverse("crm:campaign", args=[found.pk])), "layout": layout_of(actor),
    }  # fmt: skip
    return render(request, "crm/campaigns/members_add.html", context, status=code)


@require_POST
@requires("campaigns.edit", Level.WRITE, side="staff")
def campaign_member(request: HttpRequest, campaign_id: UUID, member_id: UUID) -> HttpResponse:
    """Pause, let go on, end, or take out; ``do`` says which."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    found, do = find(actor, campaign_id), request.POST.get("do", "")
    if not CampaignMember.objects.for_actor(actor).filter(pk=member_id, campaign=found).exists():
        raise Http404
    try:
        if do == "remove":
            services.remove_member(actor=actor, member_id=member_id, now=timezone.now())
        elif do in ("active", "paused", "completed"):
            services.change_member(actor=actor, member_id=member_id, status=do, now=timezone.now())
    except Refused as refused:
        messages.error(request, str(refused))
    return redirect("crm:campaign", campaign_id=found.pk)


def _tell(request: HttpRequest, done: services.Added) -> None:
    """How many came in, and of the others why not."""
    messages.success(request, f"Added {done.added} {'person' if done.added == 1 else 'people'}.")
    for many, one, more in (
        (done.stopped, "is on the do-not-contact list and came in as opted out",
         "are on the do-not-contact list and came in as opted out"),
        (done.present, "was in the campaign already", "were in the campaign already"),
        (done.gone, "could not be found any more", "could not be found any more"),
    ):  # fmt: skip
        if many:
            messages.warning(request, f"{many} {one if many == 1 else more}.")


def find(actor: Actor, campaign_id: UUID) -> Campaign:
    rows = Campaign.objects.for_actor(actor).select_related("client", "market")
    found: Campaign | None = rows.filter(pk=campaign_id).first()
    if found is None:
        raise Http404
    return found


def _may_edit(actor: Actor) -> bool:
    return actor.is_staff and actor.can("campaigns.edit", Level.WRITE)


def _markets(actor: Actor, client: Client) -> Any:
    """Of the client, and those of the agency for all its clients."""
    return Market.objects.for_client(client).order_by("name")


def _workers(actor: Actor, campaign: Campaign) -> dict[UUID, str]:
    """Whoever may call for the client, the reader among them; and who is assigned already, whatever became of them."""
    found = callers(actor, campaign.client_id)
    assigned = CampaignAssignment.objects.for_actor(actor).filter(campaign=campaign).select_related("user")
    found |= {each.user_id: each.user.name for each in assigned}
    if actor.user_id:
        found.setdefault(actor.user_id, "Me")
    return found


def _form(request: HttpRequest, form: CampaignForm, client: Client, found: Campaign | None) -> HttpResponse:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    back = reverse("crm:campaign", args=[found.pk]) if found else reverse("crm:campaigns")
    context = {
        "form": form, "client": client, "campaign": found, "layout": layout_of(actor), "back_url": back,
        "heading": "Edit" if found else "New campaign", "back": (found.name if found else "Campaigns", back),
    }  # fmt: skip
    return render(request, "crm/campaigns/form.html", context, status=422 if form.errors else 200)
