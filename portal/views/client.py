"""The client portal: what the agency's work brought this one business. Nothing else exists here."""

from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET

from accounts.access import requires
from accounts.directory import reader_zone, visible_clients
from accounts.tenancy import Actor
from crm.classification.categories import LABELS
from crm.inbox import InboxFilter, Place, inbox_page, search_leads
from crm.models import Lead
from crm.presenting import Listing, caller_name
from crm.views.inbox import drawer_context, open_call, page_links
from crm.views.person import open_lead
from lib.ui.times import clock
from portal import stats

LATEST = 6
LEADS_A_PAGE = 50
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
def calls(request: HttpRequest) -> HttpResponse:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    chosen = InboxFilter.parse(request.GET, {})
    before, after = Place.parse(request.GET.get("before", "")), Place.parse(request.GET.get("after", ""))
    page = inbox_page(actor, chosen, before=before, after=after)
    listing = Listing(request, now=timezone.now(), route="portal:call")
    context = {
        "chosen": chosen,
        "page": page,
        "days": listing.days(page.rows, query=chosen.query),
        "categories": LABELS,
        "on_first_page": before is None and after is None,
        **page_links(reverse("portal:calls"), chosen, page),
    }
    return render(request, "portal/calls.html", context)


@require_GET
@requires("leads.see", side="client")
def call(request: HttpRequest, call_id: UUID) -> HttpResponse:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    found = open_call(actor, call_id)
    chosen = InboxFilter.parse(request.GET, {})
    return render(request, "portal/call.html", drawer_context(request, found, chosen, route="portal:call"))


@require_GET
@requires("leads.see", side="client")
def leads(request: HttpRequest) -> HttpResponse:
    """The people who called, latest first; ``page`` counts from one."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    q = " ".join(request.GET.get("q", "").replace("\x00", "").split())[:100]
    number = _page_number(request.GET.get("page", ""))
    rows = Lead.objects.for_actor(actor).select_related("stage").recently_active()
    if q:
        rows = rows.filter(pk__in=search_leads(q, most=500))
    start = (number - 1) * LEADS_A_PAGE
    found = list(rows[start : start + LEADS_A_PAGE + 1])
    zone = ZoneInfo(reader_zone(request))
    shown = [(lead, _when(lead.last_call_at, zone, timezone.now())) for lead in found[:LEADS_A_PAGE]]
    context = {
        "rows": shown,
        "q": q,
        "newer_url": _leads_url(q, number - 1) if number > 1 else "",
        "older_url": _leads_url(q, number + 1) if len(found) > LEADS_A_PAGE else "",
    }
    return render(request, "portal/leads.html", context)


def _leads_url(q: str, number: int) -> str:
    chosen = {"q": q, "page": str(number) if number > 1 else ""}
    return f"{reverse('portal:leads')}?{urlencode({key: value for key, value in chosen.items() if value})}"


def _page_number(text: str) -> int:
    return min(int(text), 1000) if text.isascii() and text.isdigit() and int(text) > 0 else 1


def _when(moment: datetime | None, zone: ZoneInfo, now: datetime) -> str:
    """``9:42 AM`` today, ``18 Nov`` this year, ``18 Nov 2025`` before."""
    if moment is None:
        return ""
    local, today = moment.astimezone(zone), now.astimezone(zone).date()
    if local.date() == today:
        return clock(local)
    return f"{local.day} {local:%b}" + (f" {local.year}" if local.year != today.year else "")


@require_GET
@requires("leads.see", side="client")
def lead(request: HttpRequest, lead_id: UUID) -> HttpResponse:
    """Where a person's page was before both sides shared one."""
    open_lead(request, lead_id)
    return redirect("crm:lead", lead_id=lead_id)
