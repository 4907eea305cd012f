"""The agency's list of clients, and each client's connections to providers of calls."""

from datetime import datetime
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from accounts.access import fresh_proof, requires
from accounts.directory import visible_clients
from accounts.forms.clients import FactsForm, defaults_for_clients
from accounts.models import Client
from accounts.permissions import Level
from accounts.proof import fresh
from accounts.services.acting import clients_to_act_as
from accounts.services.audit import Origin
from accounts.tenancy import Actor
from accounts.views.clients import find_client
from crm.forms import ConnectForm
from crm.models import CTMAccount, CTMSyncRun, GHLAccount, GHLSyncRun
from crm.models.connections import Connection
from crm.services import ctm_connect
from crm.services.connections import KeysRefused
from crm.services.ctm_problems import in_words
from crm.services.new_client import new_client
from integrations.models import WriteLog
from lib.http import ProviderError

RUNS_SHOWN = 10
ARCHIVED = "archived"


@require_GET
@requires("clients.profile", side="staff")
def client_list(request: HttpRequest) -> HttpResponse:
    """The clients of one status, or all that are not archived. A status that there is none of means all."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    wanted = request.GET.get("status", "")
    every = visible_clients(request)
    counts = {value: sum(each.status == value for each in every) for value in Client.Status.values}
    if wanted == ARCHIVED:
        shown = list(Client.objects.for_actor(actor).exclude(archived_at=None))
    else:
        wanted = wanted if wanted in counts else ""
        shown = [each for each in every if not wanted or each.status == wanted]
    accounts: dict[UUID, list[Connection]] = {}
    for kind in (CTMAccount, GHLAccount):
        for account in kind.objects.for_actor(actor):
            accounts.setdefault(account.client_id, []).append(account)
    context = {
        "rows": [
            (client, found, _newest(found)) for client in shown for found in [accounts.get(client.id, [])]
        ],
        "wanted": wanted,
        "filters": [("", "All", len(every))]
        + [(value, words, counts[value]) for value, words in Client.Status.choices]
        + [(ARCHIVED, "Archived", None)],
        "may_create": actor.can("clients.manage", Level.WRITE),
        "client_route": "crm:client" if actor.can("ctm.sync") and wanted != ARCHIVED else "clients:profile",
    }
    return render(request, "crm/clients.html", context)


@require_GET
@requires("clients.manage", Level.WRITE, side="staff")
def client_new(request: HttpRequest) -> HttpResponse:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    return render(request, "crm/client_new.html", {"form": FactsForm(initial=defaults_for_clients(actor))})


@require_POST
@requires("clients.manage", Level.WRITE, side="staff")
def client_create(request: HttpRequest) -> HttpResponse:
    form = FactsForm(request.POST)
    if not form.is_valid():
        return render(request, "crm/client_new.html", {"form": form}, status=422)
    client = new_client(
        actor=request.actor,  # type: ignore[attr-defined]
        values=form.cleaned_data,
        now=timezone.now(),
        origin=Origin.of(request),
    )
    messages.success(request, f"{client.name} is here. Fill in whom to reach, and connect its calls.")
    return redirect("clients:profile", slug=client.slug)


@require_GET
@requires("ctm.sync", side="staff")
def client_detail(request: HttpRequest, slug: str) -> HttpResponse:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    client = find_client(actor, slug)
    return render(
        request,
        "crm/client.html",
        {
            **_panel(actor, client),
            "form": _blank_form(actor, client),
            "proved": fresh(request, timezone.now()),
        },
    )


@require_POST
@transaction.non_atomic_requests  # the keys are tried over the network before they are kept
@requires("ctm.connect", side="staff")
@fresh_proof
def connect(request: HttpRequest, slug: str) -> HttpResponse:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    with transaction.atomic():
        client = find_client(actor, slug)
    form = ConnectForm(request.POST)
    if form.is_valid():
        try:
            ctm_connect.connect(
                client=client,
                keys=form.keys,
                signing_secret=form.cleaned_data["signing_secret"],
                now=timezone.now(),
            )
        except KeysRefused as refusal:
            form.add_error(refusal.field, str(refusal))
        except ProviderError as error:
            form.add_error(None, in_words(error).words)
        else:
            messages.success(request, "Connected. The first sync has begun.")
            return redirect("crm:client", slug=slug)
    with transaction.atomic():
        return render(
            request, "crm/client.html", {**_panel(actor, client), "form": form, "proved": True}, status=422
        )


def _panel(actor: Actor, client: Client) -> dict[str, object]:
    account = CTMAccount.objects.for_actor(actor).select_related("credential").filter(client=client).first()
    runs = CTMSyncRun.objects.for_client(client).newest_first()[:RUNS_SHOWN]
    writes = WriteLog.objects.for_client(client).filter(provider="ctm")
    return {
        "client": client,
        "account": account,
        "runs": list(runs),
        "ghl": GHLAccount.objects.for_actor(actor).select_related("credential").filter(client=client).first(),
        "ghl_runs": list(GHLSyncRun.objects.for_client(client).newest_first()[:RUNS_SHOWN]),
        "waiting_writes": writes.filter(status=WriteLog.Status.PENDING).count(),
        "failed_writes": list(writes.filter(status=WriteLog.Status.FAILED).order_by("-created_at")[:5]),
        "may_connect": actor.can("ctm.connect"),
        "may_act_as": clients_to_act_as(actor).filter(pk=client.pk).exists(),
        "may_sync": actor.can("ctm.sync", Level.ADMINISTER),
        "hooks": [ctm_connect.webhook_address(account, each) for each in ctm_connect.POSITIONS]
        if account
        else [],
    }


def _newest(accounts: list[Connection]) -> datetime | None:
    """When anything was last read."""
    return max((each.last_success_at for each in accounts if each.last_success_at), default=None)


def _blank_form(actor: Actor, client: Client) -> ConnectForm:
    account = CTMAccount.objects.for_actor(actor).filter(client=client).first()
    return ConnectForm(initial={"account_number": account.account_number if account else ""})
