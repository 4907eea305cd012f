"""Lists of leads and calls as files. Many rows leave only after a fresh proof."""

from zoneinfo import ZoneInfo

from django.http import FileResponse, HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.views.decorators.http import require_GET

from accounts import gate, proof
from accounts.access import requires
from accounts.directory import reader_zone, visible_clients
from accounts.permissions import Level
from accounts.services.audit import Origin
from accounts.tenancy import Actor
from crm.inbox import NEWEST
from crm.lead_list import TABLE
from crm.paging import Source
from crm.services.exporting import Listed, export_list, is_large
from crm.views.inbox import calls_filter
from crm.views.leads import chosen_leads

BLOCK = 1 << 16


@require_GET
@requires("leads.export", Level.WRITE)
def leads_csv(request: HttpRequest) -> HttpResponseBase:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    chosen = chosen_leads(request)
    listed = Listed(chosen, chosen.order, Source(TABLE, *chosen.conditions(actor)))
    return _file(request, "leads", listed, chosen.client)


@require_GET
@requires("leads.export", Level.WRITE)
def calls_csv(request: HttpRequest) -> HttpResponseBase:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    chosen = calls_filter(request)
    listed = Listed(chosen, NEWEST, Source("crm_call c", *chosen.conditions(actor)))
    return _file(request, "calls", listed, chosen.client)


def _file(request: HttpRequest, what: str, listed: Listed, client: str) -> HttpResponseBase:
    actor, now, zone = request.actor, timezone.now(), reader_zone(request)  # type: ignore[attr-defined]
    if not proof.fresh(request, now) and is_large(listed):
        return gate.ask_again(request)
    file = export_list(actor=actor, what=what, listed=listed, zone=zone, now=now, origin=Origin.of(request))
    day = now.astimezone(ZoneInfo(zone)).date()
    name = f"{what}-{client or _house(request)}-{day}.csv"
    response = FileResponse(file, as_attachment=True, filename=name, content_type="text/csv; charset=utf-8")
    response.block_size = BLOCK
    response["Cache-Control"] = "no-store"
    return response


def _house(request: HttpRequest) -> str:
    """Whose list it is: the one client's that there is, else the agency's."""
    actor, principal = request.actor, request.principal  # type: ignore[attr-defined]
    clients = visible_clients(request)
    return clients[0].slug if len(clients) == 1 else str(principal.agencies[actor.agency_id].slug)
