"""The list of leads, and the page on which its filters, order and columns are chosen."""

from collections.abc import Mapping
from functools import cache
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET

from accounts.access import requires
from accounts.directory import visible_clients
from accounts.pages import layout_of
from accounts.permissions import Level
from accounts.tenancy import Actor
from crm.forms.lists import LeadFilterForm
from crm.in_address import ALL
from crm.lead_columns import shown_columns
from crm.lead_filter import WORDS, LeadFilter
from crm.lead_list import lead_neighbours, lead_page
from crm.lead_rows import LeadRows, headings
from crm.lead_words import chips
from crm.models import Lead, PipelineStage, Tag
from crm.opened import default_address, opened
from crm.owners import possible_owners
from crm.services.bulk import Deed, may_do
from crm.views.inbox import page_links, reading_of
from lib.ui.routes import address

DEEDS = (
    (Deed.OWNER, "user-round-check", "Owner"),
    (Deed.STAGE, "square-kanban", "Stage"),
    (Deed.TAG, "tag", "Tag"),
    (Deed.UNTAG, "x", "Take a tag off"),
    (Deed.CAMPAIGN, "megaphone", "Campaign"),
    (Deed.SENTIMENT, "smile", "Sentiment"),
    (Deed.DISQUALIFY, "ban", "Disqualify"),
    (Deed.ARCHIVE, "archive", "Archive"),
)
DEEDS_OF_ARCHIVE = ((Deed.RESTORE, "archive-restore", "Take out of the archive"),)
STATUSES = tuple(WORDS["status"].items())


@require_GET
@requires("leads.see")
def lead_list(request: HttpRequest) -> HttpResponse:
    """The leads of the reader's clients that pass the filter. A form's address is put into its short shape first."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    here, chosen = address("crm:leads"), chosen_leads(request)
    if is_long(request.GET):
        return HttpResponseRedirect(here + chosen.query)
    if not request.GET and (begin := default_address(actor, "leads", here)):
        return HttpResponseRedirect(begin)
    found = opened(actor, "leads", here, chosen, lambda query: chosen_leads(request, query))
    chosen = found.chosen  # type: ignore[assignment]
    query = chosen.query
    before = chosen.order.place(request.GET.get("before", ""))
    after = chosen.order.place(request.GET.get("after", ""))
    many = actor.is_staff and len(visible_clients(request)) > 1
    columns = shown_columns(chosen.columns, many_clients=many)
    page = lead_page(actor, chosen, columns, before=before, after=after)
    deeds = offered_deeds(actor, chosen)
    rows = LeadRows(request, columns, now=timezone.now(), pick=bool(deeds))
    context = {
        "layout": layout_of(actor),
        "chosen": chosen,
        "opened": found,
        "page": page,
        "rows": rows.drawn(page.rows, query),
        "headings": headings(chosen, columns, here),
        "deeds": deeds,
        "may_pick": bool(deeds),
        "chips": chips(chosen, owner_name=owner_name(actor, chosen)),
        "leads_url": here,
        "filters_url": address("crm:lead_filters") + query,
        "clear_url": f"{here}?view={ALL}",
        "csv_url": address("crm:leads_csv") + query,
        "views_url": views_address() + query,
        "new_view_url": views_address() + "new/" + query,
        "client_options": visible_clients(request) if many else (),
        "status_options": STATUSES,
        "may_export": actor.can("leads.export", Level.WRITE),
        "may_add": actor.can("leads.edit", Level.OWN),
        **page_links(here, chosen, page),
    }
    return render(request, "crm/leads/list.html", context)


@cache
def views_address() -> str:
    return reverse("crm:views", args=["leads"])


def offered_deeds(actor: Actor, chosen: LeadFilter) -> tuple[tuple[str, str, str], ...]:
    """(deed, icon, words) of what the reader may do with several leads of this list at once."""
    wanted = DEEDS_OF_ARCHIVE if chosen.archived else DEEDS
    return tuple((deed.value, icon, words) for deed, icon, words in wanted if may_do(actor, deed))


@require_GET
@requires("leads.see")
def lead_filters(request: HttpRequest) -> HttpResponse:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    chosen = chosen_leads(request)
    clients = [(each.slug, each.name) for each in visible_clients(request)] if actor.is_staff else []
    form = LeadFilterForm(
        chosen=chosen,
        clients=clients if len(clients) > 1 else [],
        stages=names(actor, PipelineStage, chosen.client_id),
        tags=names(actor, Tag, chosen.client_id),
        owners=[
            (str(each.id), each.name)
            for each in possible_owners(actor, chosen.client_id)
            if each.id != actor.user_id
        ],
    )
    context = {
        "layout": layout_of(actor),
        "form": form,
        "leads_url": reverse("crm:leads"),
        "back_url": reverse("crm:leads") + chosen.query,
    }
    return render(request, "crm/leads/filters.html", context)


def chosen_leads(request: HttpRequest, params: Mapping[str, str] | None = None) -> LeadFilter:
    """The filter in the address, or in ``params``, for who reads."""
    asked = request.GET if params is None else params
    return LeadFilter.parse(_one_each(asked), reading_of(request))


def _one_each(asked: Mapping[str, str]) -> dict[str, str]:
    """Of a name that comes several times the values in one, as in columns=phone,stage."""
    if isinstance(asked, QueryDict):
        return {name: ",".join(values) for name, values in asked.lists()}
    return dict(asked)


def is_long(asked: QueryDict) -> bool:
    """Whether a form wrote the address: with names without a value, or the same name twice."""
    return any(len(values) > 1 or not values[0] for _, values in asked.lists())


def names(actor: Actor, model: type[PipelineStage] | type[Tag], client_id: UUID | None) -> list[str]:
    """The names there are, each once whichever client's, capitals aside."""
    rows = model.objects.for_actor(actor)
    if client_id:
        rows = rows.filter(client_id=client_id)
    found: dict[str, str] = {}
    for name in rows.values_list("name", flat=True):
        found.setdefault(name.casefold(), name)
    return (
        list(found.values())
        if model is PipelineStage and client_id
        else sorted(found.values(), key=str.casefold)
    )


def owner_name(actor: Actor, chosen: LeadFilter) -> str:
    """The name of the person whose leads are asked for, "" when they are nobody the reader knows."""
    if not chosen.owner or len(chosen.owner) < 36:
        return ""
    people = possible_owners(actor, chosen.client_id)
    return next((each.name for each in people if str(each.id) == chosen.owner), "")


def around_in_list(request: HttpRequest, lead: Lead) -> dict[str, str]:
    """The way from a lead's page back to the list it was opened from, and to its neighbours there."""
    chosen = chosen_leads(request)
    above, below = lead_neighbours(request.actor, chosen, lead)  # type: ignore[attr-defined]
    return {
        "list_url": reverse("crm:leads") + (chosen.query or f"?view={ALL}"),
        "previous_url": reverse("crm:lead", args=[above]) + chosen.query if above else "",
        "next_url": reverse("crm:lead", args=[below]) + chosen.query if below else "",
    }
