"""Merging people: who looks the same, what stays, and the way back."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.access import requires
from accounts.directory import ClientFacts, visible_clients
from accounts.models import Client
from accounts.pages import layout_of
from accounts.permissions import Level
from accounts.services.audit import Origin
from accounts.tenancy import Actor
from crm.merging import CHOICES, choices
from crm.models import DifferentPeople, Lead, LeadMerge
from crm.searching import search_leads
from crm.services.duplicates import NotSeveral, lookalikes, shared_groups, take_back, tell_apart, told_apart
from crm.services.merging import MOST, MergeRefused, merge_leads, undo_merge
from crm.views.person import frame, open_lead
from crm.views.workplace import at, client_of, facts_of

FOUND = 20
MOST_APART = 200


@require_http_methods(["GET", "POST"])
@requires("leads.erase", Level.ADMINISTER)
def lead_merge(request: HttpRequest, lead_id: UUID) -> HttpResponse:
    """Choose who is the same person, see field by field what stays, and merge."""
    found = open_lead(request, lead_id)
    if found.archived_at or found.erased_at:
        raise Http404
    asked = (request.POST if request.method == "POST" else request.GET).getlist("with")
    others = _named(request, found, asked)
    refused = ""
    if request.method == "POST" and others:
        try:
            kept = _merge(request, found, others)
        except MergeRefused as why:
            refused = str(why)
        except Lead.DoesNotExist:
            raise Http404 from None
        else:
            messages.success(request, f"Merged. {kept.name} is one person now.")
            return redirect("crm:lead", lead_id=kept.pk)
        found, others = open_lead(request, lead_id), _named(request, found, asked)
    q = " ".join(request.GET.get("q", "").replace("\x00", "").split())[:100]
    people = [found, *others]
    context = {
        **frame(request, found), "is_under": True, "under": "Merge", "others": others, "refused": refused, "q": q,
        "choices": choices(people, request.POST.dict()) if others else [], "people": people,
        "candidates": [] if others else _candidates(request, found, q),
    }  # fmt: skip
    return render(request, "crm/person/merge.html", context, status=409 if refused else 200)


def _merge(request: HttpRequest, found: Lead, others: list[Lead]) -> Lead:
    chosen = {key: request.POST.get(key, "") for key in CHOICES}
    return merge_leads(
        actor=request.actor,  # type: ignore[attr-defined]
        kept_id=found.pk,
        merged_ids=[each.pk for each in others],
        choose=chosen,
        seen={
            name.removeprefix("seen-"): str(value)
            for name, value in request.POST.items()
            if name.startswith("seen-")
        },
        now=timezone.now(),
        origin=Origin.of(request),
    )


def _named(request: HttpRequest, found: Lead, asked: list[str]) -> list[Lead]:
    """The other active people of the client that the address or the form names; at most as many as can be merged."""
    ids = [pk for pk in map(_uuid, asked) if pk and pk != found.pk]
    rows = Lead.objects.for_actor(request.actor).select_related("stage", "owner")  # type: ignore[attr-defined]
    known = rows.filter(pk__in=ids, client_id=found.client_id, archived_at=None).order_by("pk")
    return list(known[: MOST - 1])


def _candidates(request: HttpRequest, found: Lead, q: str) -> list[Lead]:
    """Who was searched for, else who looks the same or has the same name."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    rows = (
        Lead.objects.for_actor(actor).filter(client_id=found.client_id, archived_at=None).exclude(pk=found.pk)
    )
    if q:
        return list(rows.filter(pk__in=search_leads(q, client_id=found.client_id, most=FOUND + 1))[:FOUND])
    same = lookalikes(
        actor, found.client_id, email=found.email, phone_e164=found.phone_e164, linkedin_url=found.linkedin_url,
        external_ref=found.external_ref, but=found.pk,
    )  # fmt: skip
    ids = [each.lead.pk for each in same]
    if len(found.display_name) > 2:
        ids += search_leads(found.display_name, client_id=found.client_id, most=FOUND)
    return list(rows.filter(Q(pk__in=ids))[:FOUND])


@require_http_methods(["GET", "POST"])
@requires("leads.erase", Level.ADMINISTER)
def merge_undo(request: HttpRequest, lead_id: UUID, merge_id: UUID) -> HttpResponse:
    """Ask, and take the people apart on POST."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    found = open_lead(request, lead_id)
    rows = LeadMerge.objects.for_actor(actor).select_related("merged", "merged_by")
    row: LeadMerge | None = rows.filter(pk=merge_id, kept=found, undone_at=None).first()
    if row is None:
        raise Http404
    refused = ""
    if request.method == "POST":
        try:
            apart = undo_merge(
                actor=actor, lead_id=lead_id, merge_id=merge_id, now=timezone.now(), origin=Origin.of(request)
            )
        except LeadMerge.DoesNotExist:
            raise Http404 from None
        except MergeRefused as why:
            refused = str(why)
        else:
            messages.success(request, f"{' and '.join(each.name for each in apart)} stands alone again.")
            return redirect("crm:lead", lead_id=lead_id)
    context = {
        **frame(request, found),
        "is_under": True,
        "under": "Undo merge",
        "row": row,
        "refused": refused,
    }
    return render(request, "crm/person/merge_undo.html", context, status=409 if refused else 200)


@require_GET
@requires("leads.see")
def duplicates(request: HttpRequest) -> HttpResponse:
    """People of one client who share a number or a profile, page by page."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    every = visible_clients(request)
    slug = request.GET.get("client", "")
    chosen = next((each for each in every if each.slug == slug), every[0] if every else None)
    client = Client.objects.for_actor(actor).filter(pk=chosen.id).first() if chosen else None
    groups, more = shared_groups(actor, client, request.GET.get("after", "")) if client else ([], "")
    here, params = reverse("crm:duplicates"), {"client": chosen.slug} if chosen and len(every) > 1 else {}
    context: dict[str, Any] = {
        "layout": layout_of(actor), "under": "Possible duplicates", "groups": groups, "clients": every,
        "client": client, "here": here, "may_edit": actor.can("leads.edit", Level.WRITE),
        "apart": told_apart(actor, client) if client and not request.GET.get("after") else [],
        "may_erase": actor.can("leads.erase", Level.ADMINISTER),
        "newer_url": f"{here}?{urlencode(params)}" if "after" in request.GET else "",
        "older_url": f"{here}?{urlencode({**params, 'after': more})}" if more else "",
    }  # fmt: skip
    return render(request, "crm/person/duplicates.html", context)


@require_POST
@requires("leads.edit", Level.WRITE)
def different(request: HttpRequest) -> HttpResponse:
    """These look the same, and are different people: they are shown no more."""
    client = client_of(request)
    ids = [found for each in request.POST.getlist("lead")[:MOST_APART] if (found := _uuid(each))]
    try:
        tell_apart(
            actor=request.actor,  # type: ignore[attr-defined]
            client_id=client.id, lead_ids=ids, now=timezone.now(),
        )  # fmt: skip
    except NotSeveral:
        messages.warning(request, "They are not on the list any more.")
    else:
        messages.success(request, "Remembered: these are different people.")
    return redirect(_duplicates_of(request, client))


@require_POST
@requires("leads.edit", Level.WRITE)
def different_undo(request: HttpRequest, said_id: UUID) -> HttpResponse:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    said = DifferentPeople.objects.for_actor(actor).filter(pk=said_id).first()
    if said is None:
        raise Http404
    client = facts_of(request, said.client_id)
    try:
        take_back(actor=actor, said_id=said_id, now=timezone.now())
    except DifferentPeople.DoesNotExist:
        raise Http404 from None
    messages.success(request, "They are asked about again.")
    return redirect(_duplicates_of(request, client))


def _duplicates_of(request: HttpRequest, client: ClientFacts) -> str:
    return reverse("crm:duplicates") + at(client, request.actor)  # type: ignore[attr-defined]


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
