"""Tags: on one lead, and the page on which a client's tags are named, coloured and deleted."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.access import requires
from accounts.directory import ClientFacts, visible_clients
from accounts.next_page import safe_next
from accounts.pages import layout_of
from accounts.permissions import Level
from accounts.services.audit import Origin
from accounts.tenancy import Actor
from crm.forms import TagForm
from crm.forms.lists import TagLookForm
from crm.models import Lead, Tag
from crm.services import tags
from crm.services.tags import NameTaken

TAKEN = "There is a tag of that name already."


@require_POST
@requires("leads.edit", Level.OWN)
def lead_tag(request: HttpRequest, lead_id: UUID) -> HttpResponse:
    """Put a tag on the lead and go back to the page that the form was on."""
    form = TagForm(request.POST)
    if form.is_valid():
        try:
            tags.tag_lead(
                actor=request.actor,  # type: ignore[attr-defined]
                lead_id=lead_id,
                name=form.cleaned_data["name"],
                now=timezone.now(),
            )
        except Lead.DoesNotExist:
            raise Http404 from None
        messages.success(request, "Tag added.")
    else:
        messages.error(request, " ".join(map(str, form.errors["name"])))
    return redirect(safe_next(request, reverse("crm:lead", args=[lead_id])))


@require_POST
@requires("leads.edit", Level.OWN)
def lead_untag(request: HttpRequest, lead_id: UUID, tag_id: UUID) -> HttpResponse:
    try:
        tags.untag_lead(
            actor=request.actor,  # type: ignore[attr-defined]
            lead_id=lead_id,
            tag_id=tag_id,
            now=timezone.now(),
        )
    except Lead.DoesNotExist:
        raise Http404 from None
    messages.success(request, "Tag removed.")
    return redirect(safe_next(request, reverse("crm:lead", args=[lead_id])))


@require_GET
@requires("pipeline.stages", Level.WRITE)
def tag_list(request: HttpRequest) -> HttpResponse:
    return _list(request, _client(request, request.GET.get("client", "")), TagLookForm())


@require_POST
@requires("pipeline.stages", Level.WRITE)
def tag_create(request: HttpRequest) -> HttpResponse:
    client = _client(request, request.POST.get("client", ""))
    form = TagLookForm(request.POST)
    if client and form.is_valid():
        try:
            tag = tags.create_tag(
                actor=request.actor,  # type: ignore[attr-defined]
                client_id=client.id,
                now=timezone.now(),
                origin=Origin.of(request),
                **form.cleaned_data,
            )
        except NameTaken:
            form.add_error("name", TAKEN)
        else:
            messages.success(request, f"{tag.name} is here.")
            return redirect(_address(request, client))
    return _list(request, client, form, status=422)


@require_http_methods(["GET", "POST"])
@requires("pipeline.stages", Level.WRITE)
def tag_change(request: HttpRequest, tag_id: UUID) -> HttpResponse:
    tag, back = _tag(request, tag_id)
    form = TagLookForm(
        request.POST if request.method == "POST" else None, initial={"name": tag.name, "hue": tag.hue}
    )
    if request.method == "POST" and form.is_valid():
        try:
            tags.change_tag(
                actor=request.actor,  # type: ignore[attr-defined]
                tag_id=tag_id,
                now=timezone.now(),
                origin=Origin.of(request),
                **form.cleaned_data,
            )
        except NameTaken:
            form.add_error("name", TAKEN)
        else:
            messages.success(request, "Saved.")
            return redirect(back)
    return _page(request, "change", {"tag": tag, "form": form, "back_url": back}, 422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@requires("pipeline.stages", Level.WRITE)
def tag_delete(request: HttpRequest, tag_id: UUID) -> HttpResponse:
    tag, back = _tag(request, tag_id)
    if request.method == "POST":
        tags.delete_tag(
            actor=request.actor,  # type: ignore[attr-defined]
            tag_id=tag_id,
            now=timezone.now(),
            origin=Origin.of(request),
        )
        messages.success(request, f"{tag.name} is deleted.")
        return redirect(back)
    leads, calls = tags.uses(tag)
    return _page(
        request,
        "delete",
        {"tag": tag, "leads": leads, "calls": calls, "most": tags.COUNTED, "back_url": back},
    )


def _list(
    request: HttpRequest, client: ClientFacts | None, form: TagLookForm, status: int = 200
) -> HttpResponse:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    clients = visible_clients(request)
    context = {
        "client": client,
        "clients": clients if len(clients) > 1 else (),
        "tags": list(Tag.objects.for_actor(actor).filter(client_id=client.id)) if client else [],
        "form": form,
    }
    return _page(request, "list", context, status)


def _client(request: HttpRequest, slug: str) -> ClientFacts | None:
    """The client that is named, else the reader's first; None for who has none."""
    clients = visible_clients(request)
    return next((each for each in clients if each.slug == slug), clients[0] if clients else None)


def _tag(request: HttpRequest, tag_id: UUID) -> tuple[Tag, str]:
    tag = Tag.objects.for_actor(request.actor).filter(pk=tag_id).first()  # type: ignore[attr-defined]
    if tag is None:
        raise Http404
    client = next((each for each in visible_clients(request) if each.id == tag.client_id), None)
    return tag, _address(request, client)


def _address(request: HttpRequest, client: ClientFacts | None) -> str:
    query = f"?client={client.slug}" if client and request.actor.is_staff else ""  # type: ignore[attr-defined]
    return reverse("crm:tags") + query


def _page(request: HttpRequest, name: str, context: dict[str, Any], status: int = 200) -> HttpResponse:
    layout = layout_of(request.actor)  # type: ignore[attr-defined]
    return render(request, f"crm/tags/{name}.html", {"layout": layout, **context}, status=status)
