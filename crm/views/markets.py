"""What campaigns aim at: the list of markets, and each of them."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from accounts.access import requires
from accounts.directory import visible_clients
from accounts.models import Client
from accounts.permissions import Level
from accounts.services.audit import Origin
from accounts.tenancy import Actor
from crm.campaign_page import markets_shown
from crm.forms.markets import HOUSE, MarketForm, NewMarketForm
from crm.models import Market
from crm.services import markets as services
from crm.services.markets import COUNTED, may_keep, uses
from crm.views.workplace import show

BOTH = ["GET", "POST"]
TAKEN = "There is another market of this name here."


@require_GET
@requires("campaigns.edit", side="staff")
def market_list(request: HttpRequest) -> HttpResponse:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    may_edit = actor.can("campaigns.edit", Level.WRITE)
    context = {
        "rows": [(each, may_edit and may_keep(actor, each.client_id)) for each in markets_shown(actor)],
        "may_edit": may_edit,
        "acts": "crm/markets/_acts.html",
    }
    return show(
        request, "crm/markets/list.html", "Markets", context, back=("Campaigns", reverse("crm:campaigns"))
    )


@require_http_methods(BOTH)
@requires("campaigns.edit", Level.WRITE, side="staff")
def market_new(request: HttpRequest) -> HttpResponse:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    clients = visible_clients(request)
    own: dict[str, Any] = {"clients": clients, "may_keep_house": may_keep(actor, None)}
    if request.method == "POST":
        form = NewMarketForm(request.POST, **own)
        if form.is_valid():
            whose = form.cleaned_data.pop("whose")
            chosen = next((each.id for each in clients if each.slug == whose), None)
            client = None if whose == HOUSE else Client.objects.for_actor(actor).get(pk=chosen)
            if _save(request, form, None, client):
                return _back(request, "The market is here. Choose it in a campaign.")
    else:
        form = NewMarketForm(initial={"whose": request.GET.get("client", "")}, **own)
    return _form(request, form, None)


@require_http_methods(BOTH)
@requires("campaigns.edit", Level.WRITE, side="staff")
def market_edit(request: HttpRequest, market_id: UUID) -> HttpResponse:
    market = _find(request, market_id)
    begin = {name: getattr(market, name) for name in services.MARKET_FIELDS}
    form = MarketForm(request.POST) if request.method == "POST" else MarketForm(initial=begin)
    if request.method == "POST" and form.is_valid() and _save(request, form, market, None):
        return _back(request, "Saved.")
    return _form(request, form, market)


@require_http_methods(BOTH)
@requires("campaigns.edit", Level.WRITE, side="staff")
def market_delete(request: HttpRequest, market_id: UUID) -> HttpResponse:
    """Asks first, and says why not while campaigns aim at it."""
    market, many = _find(request, market_id), 0
    if request.method == "POST":
        try:
            services.delete_market(
                actor=request.actor,  # type: ignore[attr-defined]
                market_id=market_id, now=timezone.now(), origin=Origin.of(request),
            )  # fmt: skip
        except services.InUse as used:
            many = used.campaigns
        else:
            return _back(request, f"{market.name} is deleted.")
    else:
        many = uses(market)
    context = {"market": market, "many": many, "most": COUNTED}
    return show(request, "crm/markets/delete.html", f"Delete {market.name}", context, back=_above(),
                status=422 if request.method == "POST" else 200)  # fmt: skip


def _find(request: HttpRequest, market_id: UUID) -> Market:
    """One that the reader may change; of one for all clients only who sees them all."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    market: Market | None = (
        Market.objects.for_actor(actor).select_related("client").filter(pk=market_id).first()
    )
    if market is None:
        raise Http404
    if not may_keep(actor, market.client_id):
        raise PermissionDenied
    return market


def _save(request: HttpRequest, form: Any, market: Market | None, client: Client | None) -> bool:
    try:
        services.save_market(
            actor=request.actor,  # type: ignore[attr-defined]
            market_id=market.pk if market else None, client=client, values=form.cleaned_data, now=timezone.now(),
            origin=Origin.of(request),
        )  # fmt: skip
    except services.MarketNameTaken:
        form.add_error("name", TAKEN)
        return False
    return True


def _form(request: HttpRequest, form: Any, market: Market | None) -> HttpResponse:
    heading = market.name if market else "New market"
    return show(request, "crm/markets/form.html", heading, {"form": form, "market": market}, back=_above(),
                status=422 if form.errors else 200)  # fmt: skip


def _above() -> tuple[str, str]:
    return "Markets", reverse("crm:markets")


def _back(request: HttpRequest, words: str) -> HttpResponse:
    messages.success(request, words)
    return HttpResponseRedirect(reverse("crm:markets"))
