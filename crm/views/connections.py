"""A client's connections to providers of calls, apart from CallTrackingMetrics' own keys."""

from zoneinfo import ZoneInfo

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.access import fresh_proof, requires
from accounts.models import Client
from accounts.permissions import Level
from accounts.proof import fresh
from accounts.services.audit import Origin
from accounts.tenancy import Actor
from accounts.views.clients import find_client
from crm.forms.connections import BackFillForm, GHLForm
from crm.models import GHLAccount
from crm.models.connections import Connection
from crm.services import ghl_connect
from crm.services.connections import KeysRefused
from crm.services.ghl_problems import in_words
from crm.services.sync_schedule import back_fill as fill_back
from crm.services.sync_schedule import sync_soon
from crm.services.trackers import TRACKERS
from lib.http import ProviderError


@require_GET
@requires("ctm.connect", side="staff")
def ghl(request: HttpRequest, slug: str) -> HttpResponse:
    """Where the token of GoHighLevel is entered."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    client = find_client(actor, slug)
    account = _account(actor, client, "ghl")
    form = GHLForm(initial={"location_id": getattr(account, "location_id", "")})
    return _show_ghl(request, client, form, proved=fresh(request, timezone.now()))


@require_POST
@transaction.non_atomic_requests  # the token is tried over the network before it is kept
@requires("ctm.connect", side="staff")
@fresh_proof
def connect_ghl(request: HttpRequest, slug: str) -> HttpResponse:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    with transaction.atomic():
        client = find_client(actor, slug)
    form = GHLForm(request.POST)
    if form.is_valid():
        try:
            ghl_connect.connect(
                client=client, keys=form.keys, now=timezone.now(), actor=actor, origin=Origin.of(request)
            )
        except KeysRefused as refusal:
            form.add_error(refusal.field, str(refusal))
        except ProviderError as error:
            form.add_error(None, in_words(error).words)
        else:
            messages.success(request, "Connected to GoHighLevel. The first sync has begun.")
            return redirect("crm:client", slug=slug)
    with transaction.atomic():
        return _show_ghl(request, client, form, proved=True, code=422)


@require_POST
@requires("ctm.sync", Level.ADMINISTER, side="staff")
def sync_now(request: HttpRequest, slug: str) -> HttpResponse:
    """Have a connection read soon: the one named by ``source``, CallTrackingMetrics' unless another is."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    account = _account(actor, find_client(actor, slug), request.POST.get("source", "ctm"))
    if account is None:
        raise Http404
    sync_soon(account=account, now=timezone.now())
    messages.info(request, "Sync asked for. New calls appear in a moment.")
    return redirect("crm:client", slug=slug)


@require_http_methods(["GET", "POST"])
@requires("ctm.sync", Level.ADMINISTER, side="staff")
def back_fill(request: HttpRequest, slug: str) -> HttpResponse:
    """Ask for which days are to be read again; a POST is the answer."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    client = find_client(actor, slug)
    accounts = {source: account for source in TRACKERS if (account := _account(actor, client, source))}
    if not accounts:
        raise Http404
    now = timezone.now()
    form = BackFillForm(
        request.POST or None,
        initial={"source": request.GET.get("source", "")},
        sources=[(source, TRACKERS[source].source.label) for source in accounts],
        today=now.astimezone(ZoneInfo(client.timezone)).date(),
    )
    if request.method == "GET" or not form.is_valid():
        code = 200 if request.method == "GET" else 422
        return render(
            request, "crm/connections/back_fill.html", {"client": client, "form": form}, status=code
        )
    asked = form.cleaned_data
    fill_back(
        account=accounts[asked["source"]], first=asked["first"], last=asked["last"], now=now, actor=actor,
        origin=Origin.of(request),
    )  # fmt: skip
    messages.info(request, "Those days are read next. What is here already is not doubled.")
    return redirect("crm:client", slug=slug)


def _account(actor: Actor, client: Client, source: str) -> Connection | None:
    if source not in TRACKERS:
        raise Http404
    rows = TRACKERS[source].accounts.objects.for_actor(actor)
    found: Connection | None = rows.filter(client=client).first()
    return found


def _show_ghl(
    request: HttpRequest, client: Client, form: GHLForm, *, proved: bool, code: int = 200
) -> HttpResponse:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    account = GHLAccount.objects.for_actor(actor).select_related("credential").filter(client=client).first()
    context = {"client": client, "account": account, "form": form, "proved": proved}
    return render(request, "crm/connections/ghl.html", context, status=code)
