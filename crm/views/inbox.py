from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Prefetch
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET
from django.views.decorators.vary import vary_on_headers

from accounts.access import requires
from accounts.directory import reader_zone, visible_clients
from accounts.permissions import Level
from accounts.tenancy import Actor
from crm.classification.categories import LABELS
from crm.dispositions import DISPOSITIONS
from crm.dossier import dossier
from crm.in_address import ALL, InAddress, one_line
from crm.inbox import DIRECTIONS, NEWEST, SOURCES, InboxFilter, inbox_page, neighbours
from crm.lead_filter import DAYS, Range, Reading
from crm.lead_words import range_words
from crm.models import Call, CallTag
from crm.opened import default_address, opened
from crm.paging import Page
from crm.presenting import Listing
from crm.services.workbench import mark_seen
from lib.ui.routes import address

CATEGORY_OPTIONS = tuple(LABELS.items())
# The choices of the filters that are folded away, on both sides.
MORE = {
    "direction_options": tuple(DIRECTIONS.items()),
    "source_options": tuple(SOURCES.items()),
    "disposition_options": tuple(each.words for each in DISPOSITIONS),
    "day_options": tuple((days, range_words(Range(days))) for days in DAYS),
}


@require_GET
@requires("leads.see", side="staff")
@vary_on_headers("HX-Request")
def inbox(request: HttpRequest) -> HttpResponse:
    """The inbox; to htmx, which asks every few seconds, its rows alone."""
    if request.htmx:  # type: ignore[attr-defined]
        return render(request, "crm/_rows.html", _list(request))
    actor: Actor = request.actor  # type: ignore[attr-defined]
    if not request.GET and (begin := default_address(actor, "calls", address("crm:inbox"))):
        return HttpResponseRedirect(begin)
    return render(request, "crm/inbox.html", {**_list(request), **opening(request, address("crm:inbox"))})


@require_GET
@requires("leads.see", side="staff")
@vary_on_headers("HX-Request")
def inbox_call(request: HttpRequest, call_id: UUID) -> HttpResponse:
    """The inbox with one call open; to htmx the drawer alone."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    call = open_call(actor, call_id)
    if call.seen_at is None:
        mark_seen(actor=actor, call_id=call.pk, seen=True, now=timezone.now())
    chosen = calls_filter(request)
    drawer = drawer_context(request, call, chosen)
    if request.htmx:  # type: ignore[attr-defined]
        return render(request, "crm/_drawer.html", drawer)
    page = {**_list(request, around=call), **opening(request, address("crm:inbox"))}
    return render(request, "crm/inbox.html", {**page, **drawer})


def open_call(actor: Actor, call_id: UUID) -> Call:
    """The call with all the drawer shows of it; to strangers it does not exist."""
    calls = Call.objects.for_actor(actor).defer("raw").select_related("lead__stage", "client")
    tags = CallTag.objects.for_actor(actor).select_related("tag").order_by("tag__name")
    try:
        call: Call = calls.prefetch_related(Prefetch("call_tags", queryset=tags)).get(pk=call_id)
    except Call.DoesNotExist:
        raise Http404 from None
    return call


def drawer_context(
    request: HttpRequest, call: Call, chosen: InboxFilter, *, route: str = "crm:inbox_call", **forms: Any
) -> dict[str, Any]:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    now = timezone.now()
    newer, older = neighbours(actor, chosen, call)
    find, hit = one_line(request.GET.get("find", "")), request.GET.get("hit", "")
    return {
        "call": call,
        "dossier": dossier(
            actor, call, now=now, find=find, hit=int(hit) if hit.isdecimal() and len(hit) < 6 else 1
        ),
        "find_url": reverse(route, args=[call.pk]),
        "find_query": urlencode({**chosen.params, "find": find}),
        "chosen": chosen,
        "previous_call_url": reverse(route, args=[newer]) + chosen.query if newer else "",
        "next_call_url": reverse(route, args=[older]) + chosen.query if older else "",
        "awaits_sound": call.awaits_sound(now),
        "list_url": address("crm:inbox") + chosen.query,
        "here": reverse(route, args=[call.pk]) + chosen.query,
        "categories": LABELS,
        "may_judge": actor.can("calls.judge", Level.WRITE),
        "may_edit": actor.can("leads.edit", Level.OWN),
        "may_log": actor.can("calls.log", Level.WRITE),
        "may_listen": actor.can("calls.listen"),
        **forms,
    }


def calls_filter(request: HttpRequest, asked: Mapping[str, str] | None = None) -> InboxFilter:
    """The filter in the address, or in ``asked``, for who reads."""
    return InboxFilter.parse(request.GET if asked is None else asked, reading_of(request))


def reading_of(request: HttpRequest) -> Reading:
    zone = reader_zone(request)
    return Reading(slugs(request), zone, timezone.now().astimezone(ZoneInfo(zone)).date())


def slugs(request: HttpRequest) -> dict[str, UUID]:
    return {client.slug: client.id for client in visible_clients(request)}


def opening(request: HttpRequest, path: str) -> dict[str, Any]:
    """By which saved view a list of calls was opened, and what may be done with it."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    chosen = calls_filter(request)
    found = opened(actor, "calls", path, chosen, lambda query: calls_filter(request, query))
    return {
        "opened": found,
        "views_url": reverse("crm:views", args=["calls"]) + chosen.query,
        "new_view_url": reverse("crm:views_new", args=["calls"]) + chosen.query,
        "csv_url": address("crm:calls_csv") + chosen.query,
        "may_log": actor.can("calls.log", Level.WRITE),
        "may_export": actor.can("leads.export", Level.WRITE),
    }


def _list(request: HttpRequest, around: Call | None = None) -> dict[str, Any]:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    chosen = calls_filter(request)
    before, after = NEWEST.place(request.GET.get("before", "")), NEWEST.place(request.GET.get("after", ""))
    page = inbox_page(actor, chosen, before=before, after=after)
    listing, here = Listing(request, now=timezone.now()), address("crm:inbox")
    return {
        "chosen": chosen,
        "page": page,
        "days": listing.days(page.rows, selected=around.pk if around else None, query=chosen.query),
        "category_options": CATEGORY_OPTIONS,
        **MORE,
        "client_options": visible_clients(request),
        "on_first_page": before is None and after is None,
        "all_query": chosen.with_(unread=False).query,
        "unread_query": chosen.with_(unread=True).query,
        "inbox_url": here,
        "clear_url": f"{here}?view={ALL}",
        "clients_url": address("crm:clients"),
        **page_links(here, chosen, page),
    }


def page_links(path: str, chosen: InAddress, page: Page) -> dict[str, str]:
    """The addresses of the pages before and after, "" where there is none."""
    return {
        "newer_url": chosen.address(path, after=page.newer) if page.newer else "",
        "older_url": chosen.address(path, before=page.older) if page.older else "",
    }
