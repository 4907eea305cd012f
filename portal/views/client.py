"""The client portal: what the agency's work brought this one business. Nothing else exists here."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET
from django.views.decorators.vary import vary_on_headers

from accounts.access import requires
from accounts.directory import reader_zone, visible_clients
from accounts.permissions import Level
from accounts.tenancy import Actor
from crm.classification.categories import LABELS
from crm.inbox import NEWEST, InboxFilter, inbox_page
from crm.opened import default_address
from crm.presenting import Listing, caller_name
from crm.views.inbox import MORE, calls_filter, drawer_context, open_call, opening, page_links
from crm.views.leads import lead_list
from crm.views.person import open_lead
from portal import stats

LATEST = 6
CHART_DAYS = 14
WAITS_FOR = timedelta(days=7)  # whoever asked for a call longer ago is not news any more
NEEDS_ATTENTION = InboxFilter(category="needs_attention")


@require_GET
@requires("leads.see", side="client")
def home(request: HttpRequest) -> HttpResponse:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    zone, now = ZoneInfo(reader_zone(request)), timezone.now()
    start = stats.monday(now, zone)
    latest = inbox_page(actor, InboxFilter())
    waiting = [
        each for each in inbox_page(actor, NEEDS_ATTENTION).rows[:1] if now - each["started_at"] < WAITS_FOR
    ]
    local = now.astimezone(zone)
    week = stats.week(actor, start, now)
    before = stats.week(actor, stats.a_week_before(start), stats.a_week_before(local))
    return render(
        request,
        "portal/home.html",
        {
            "client": visible_clients(request)[0],
            "greeting": _greeting(local),
            "week": week,
            "figures": _figures(week, before),
            "chart": _chart(actor, now, zone),
            "days": Listing(request, now=now, route="portal:call").days(latest.rows[:LATEST]),
            "waiting": waiting[0] if waiting else None,
            "waiting_name": _name(waiting[0]) if waiting else "",
        },
    )


def _name(row: dict[str, Any]) -> str:
    return caller_name(row["lead_name"], row["caller_name"], row["from_e164"], row["from_number"])


def _figures(week: stats.Week, before: stats.Week) -> list[dict[str, Any]]:
    """Three figures, each beside the same stretch of last week."""
    share = week.answered_percent
    missed = week.calls - week.answered
    return [
        _figure("New leads", week.new_leads, before.new_leads),
        _figure("Worth following up", week.good, before.good),
        {
            "name": "Calls answered",
            "value": "–" if share is None else f"{share}%",
            "more": None,
            "words": f"{missed} missed" if missed else "none missed" if week.calls else "no calls yet",
        },
    ]


def _figure(name: str, now: int, then: int) -> dict[str, Any]:
    more = now - then
    words = (
        "same as by now last week"
        if more == 0
        else f"{'more' if more > 0 else 'fewer'} than by now last week"
    )
    return {"name": name, "value": now, "more": more, "less": -more, "words": words}


def _greeting(local: datetime) -> str:
    return "Good morning" if local.hour < 12 else "Good afternoon" if local.hour < 18 else "Good evening"


def _chart(actor: Actor, now: datetime, zone: ZoneInfo) -> dict[str, Any]:
    """The last fourteen days, today included."""
    start = stats.a_week_before(stats.monday(now, zone))
    days = stats.by_day(actor, start, CHART_DAYS, zone)
    columns = [
        {
            "label": f"{day:%A} {day.day} {day:%B}",
            "tick": f"{day:%b} {day.day}" if day.weekday() == 0 else "",
            "parts": [("c1", answered, "answered"), ("c3", missed, "missed")],
        }
        for day, answered, missed in days
    ]
    top = max([answered + missed for _, answered, missed in days] + [3])
    return {"columns": columns, "top": -(-top // 3) * 3, "rows": days}


@require_GET
@requires("leads.see", side="client")
@vary_on_headers("HX-Request")
def calls(request: HttpRequest) -> HttpResponse:
    """The client's calls; to htmx, which asks every few seconds, their rows alone."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    chosen = calls_filter(request)
    alone = request.htmx  # type: ignore[attr-defined]
    if not alone and not request.GET and (begin := default_address(actor, "calls", reverse("portal:calls"))):
        return HttpResponseRedirect(begin)
    before, after = NEWEST.place(request.GET.get("before", "")), NEWEST.place(request.GET.get("after", ""))
    page = inbox_page(actor, chosen, before=before, after=after)
    listing = Listing(request, now=timezone.now(), route="portal:call")
    context = {
        "chosen": chosen,
        "page": page,
        "days": listing.days(page.rows, query=chosen.query),
        "categories": LABELS,
        **MORE,
        "may_log": actor.can("calls.log", Level.WRITE),
        "on_first_page": before is None and after is None,
        **page_links(reverse("portal:calls"), chosen, page),
    }
    if alone:
        return render(request, "portal/_rows.html", context)
    return render(request, "portal/calls.html", {**context, **opening(request, reverse("portal:calls"))})


@require_GET
@requires("leads.see", side="client")
def call(request: HttpRequest, call_id: UUID) -> HttpResponse:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    found = open_call(actor, call_id)
    chosen = calls_filter(request)
    return render(request, "portal/call.html", drawer_context(request, found, chosen, route="portal:call"))


@require_GET
@requires("leads.see", side="client")
def leads(request: HttpRequest) -> HttpResponseBase:
    """The list's first address, which people have kept."""
    return lead_list(request)


@require_GET
@requires("leads.see", side="client")
def lead(request: HttpRequest, lead_id: UUID) -> HttpResponse:
    """Where a person's page was before both sides shared one."""
    open_lead(request, lead_id)
    return redirect("crm:lead", lead_id=lead_id)
