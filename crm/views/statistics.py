"""Figures of a client or a campaign, and the rows behind each."""

from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from accounts.access import requires
from accounts.directory import visible_clients
from accounts.newest import page_of
from accounts.pages import layout_of
from accounts.tenancy import Actor
from crm import statistics as figures
from crm.dispositions import CATEGORIES, OTHER
from crm.models import Call, Campaign, Lead


@require_GET
@requires("analytics.client")
def statistics(request: HttpRequest) -> HttpResponse:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    found = _chosen(request)
    if found is None:
        asked = {"layout": layout_of(actor), "clients": visible_clients(request), "heading": "Figures"}
        return render(request, "crm/calling/which_client.html", asked)
    chosen, campaign = found
    here, behind = reverse("crm:statistics"), reverse("crm:statistics_rows")
    told = figures.outcomes(actor, chosen)
    most = max([many for *_, many in told.by_words], default=0) or 1
    context: dict[str, Any] = {
        "six": [
            (each, many, chosen.address(behind, of=each.key)) for each, many in figures.six(actor, chosen)
        ],
        "calls": told.every,
        "calls_url": chosen.address(behind, of="calls"),
        "outcomes": [
            (words, category, many, chosen.address(behind, of="calls", words=words))
            for words, category, many in told.by_words
        ],
        "most": most,
        "funnel": [
            (name, many, chosen.address(behind, of="calls", category=name)) for name, many in told.by_category
        ],
        "chosen": chosen,
        "campaign": campaign,
        "clients": visible_clients(request) if actor.is_staff else (),
        "campaigns": Campaign.objects.for_actor(actor).filter(client_id=chosen.client_id).order_by("name"),
        "clear_url": f"{here}?client={chosen.client}",
        "heading": f"Figures of {campaign.name}" if campaign else "Figures",
        "back": ("Campaigns", reverse("crm:campaigns")),
        "layout": layout_of(actor),
    }
    return render(request, "crm/campaigns/statistics.html", context)


@require_GET
@requires("analytics.client")
def statistics_rows(request: HttpRequest) -> HttpResponse:
    """The rows that one figure counts."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    found, key = _chosen(request), request.GET.get("of", "")
    if found is None or key not in figures.FIGURES:
        raise Http404
    chosen, _ = found
    words = request.GET.get("words", "").replace("\x00", "")[:40]
    category = request.GET.get("category", "")
    category = category if category in (*CATEGORIES, OTHER) else ""
    figure = figures.FIGURES[key]
    rows = figures.rows(actor, chosen, key, words, category)
    if key in ("sent", "replies", "calls"):
        rows = rows.select_related("lead", "called_by")
    page, older = page_of(rows, figure.dated_by, request.GET.get("before", ""))
    more = {name: value for name, value in (("words", words), ("category", category)) if value}
    here = reverse("crm:statistics_rows")
    context = {
        "rows": [_row(actor, each) for each in page],
        "figure": figure,
        "narrowed": words or category,
        "older_url": chosen.address(here, of=key, before=older, **more) if older else "",
        "heading": words or category or figure.name,
        "back": ("Figures", chosen.address(reverse("crm:statistics"))),
        "layout": layout_of(actor),
    }
    return render(request, "crm/campaigns/statistics_rows.html", context)


def _row(actor: Actor, each: Any) -> dict[str, Any]:
    if isinstance(each, Call):
        name = each.lead.name if each.lead else each.caller
        url = reverse("crm:inbox_call" if actor.is_staff else "portal:call", args=[each.pk])
        who = each.called_by.name if each.called_by else ""
        return {
            "name": name,
            "url": url,
            "what": each.disposition or each.summary,
            "who": who,
            "at": each.started_at,
        }
    if isinstance(each, Lead):
        url = reverse("crm:lead" if actor.is_staff else "portal:lead", args=[each.pk])
        return {
            "name": each.name,
            "url": url,
            "what": each.get_status_display(),
            "who": "",
            "at": each.created_at,
        }
    url = reverse("crm:campaign", args=[each.pk])
    return {
        "name": each.name,
        "url": url,
        "what": each.get_status_display(),
        "who": "",
        "at": each.created_at,
    }


def _chosen(request: HttpRequest) -> tuple[figures.Chosen, Campaign | None] | None:
    """What the address asks for; None where staff have to say for which client. A foreign campaign is not there."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    clients = visible_clients(request)
    campaign = None
    if wanted := request.GET.get("campaign", ""):
        try:
            campaign = Campaign.objects.for_actor(actor).filter(pk=UUID(wanted)).first()
        except ValueError:
            campaign = None
        if campaign is None:
            raise Http404
    slug = request.GET.get("client", "")
    client = next((each for each in clients if each.id == campaign.client_id), None) if campaign else None
    client = client or next((each for each in clients if each.slug == slug), None)
    client = client or (clients[0] if len(clients) == 1 else None)
    if client is None:
        return None
    parsed = figures.Chosen.parse(
        request.GET, client_id=client.id, client=client.slug, zone=client.timezone,
        campaign_id=campaign.pk if campaign else None,
    )  # fmt: skip
    return parsed, campaign
