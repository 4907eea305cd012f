"""Saved views: naming a query, choosing among those there are, changing and deleting them."""

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django.views.decorators.vary import vary_on_headers

from accounts.access import requires
from accounts.pages import layout_of
from accounts.services.audit import Origin
from accounts.tenancy import Actor
from crm.forms.lists import ViewForm
from crm.in_address import ALL, InAddress
from crm.lead_words import summary
from crm.models import SavedView
from crm.opened import address_of, offered_views
from crm.services import saved_views
from crm.services.saved_views import NameTaken, may_share, query_of
from crm.views.inbox import calls_filter
from crm.views.leads import chosen_leads

TITLES = {"leads": "Leads", "calls": "Calls"}
TAKEN = "You have a view of that name already."


def path_of(request: HttpRequest, resource: str) -> str:
    if resource == "leads":
        return reverse("crm:leads")
    return reverse("crm:inbox" if request.actor.is_staff else "portal:calls")  # type: ignore[attr-defined]


def parser(request: HttpRequest, resource: str) -> Callable[[Mapping[str, str]], InAddress]:
    """What reads a query of that list for this reader."""
    if resource == "leads":
        return lambda query: chosen_leads(request, query)
    return lambda query: calls_filter(request, query)


@require_GET
@requires("leads.see")
@vary_on_headers("HX-Request")
def views(request: HttpRequest, resource: str) -> HttpResponse:
    """The views of one list; to htmx the menu of them alone."""
    actor, parse = _actor_at(request, resource), parser(request, resource)
    path, chosen = path_of(request, resource), parse(request.GET.dict())
    context = {
        "layout": layout_of(actor),
        "resource": resource,
        "title": TITLES[resource],
        "offered": offered_views(actor, resource, path, parse),
        "chosen": chosen,
        "all_url": f"{path}?view={ALL}",
        "back_url": path + (chosen.query or f"?view={ALL}"),
        "new_url": reverse("crm:views_new", args=[resource]) + chosen.query,
        "views_url": reverse("crm:views", args=[resource]) + chosen.query,
    }
    page = "crm/views/_menu.html" if request.htmx else "crm/views/list.html"  # type: ignore[attr-defined]
    return render(request, page, context)


@require_GET
@requires("leads.see")
def new(request: HttpRequest, resource: str) -> HttpResponse:
    actor, chosen = _actor_at(request, resource), parser(request, resource)(request.GET.dict())
    return _form(request, ViewForm(may_share=may_share(actor)), resource, chosen)


@require_POST
@requires("leads.see")
def create(request: HttpRequest, resource: str) -> HttpResponse:
    actor = _actor_at(request, resource)
    chosen = parser(request, resource)(request.GET.dict())
    form = ViewForm(request.POST, may_share=may_share(actor))
    if form.is_valid():
        try:
            view = saved_views.save_view(
                actor=actor,
                resource=resource,
                query=chosen.kept,
                now=timezone.now(),
                origin=Origin.of(request),
                **form.cleaned_data,
            )
        except NameTaken:
            form.add_error("name", TAKEN)
        else:
            messages.success(request, f"{view.name} is saved.")
            return redirect(address_of(view, path_of(request, resource)))
    return _form(request, form, resource, chosen, status=422)


@require_http_methods(["GET", "POST"])
@requires("leads.see")
def change(request: HttpRequest, view_id: UUID) -> HttpResponse:
    """Name, sharing and whether one's list begins with it."""
    actor, view = _changeable(request, view_id)
    kept = {"name": view.name, "shared": view.shared, "is_default": view.is_default}
    form = ViewForm(
        request.POST if request.method == "POST" else None,
        initial=kept,
        may_share=may_share(actor),
        is_own=view.owner_id == actor.user_id,
    )
    if request.method == "POST" and form.is_valid():
        try:
            saved_views.change_view(
                actor=actor,
                view_id=view_id,
                now=timezone.now(),
                origin=Origin.of(request),
                **{**kept, **form.cleaned_data},
            )
        except NameTaken:
            form.add_error("name", TAKEN)
        else:
            messages.success(request, "Saved.")
            return redirect("crm:views", resource=view.resource)
    chosen = parser(request, view.resource)(query_of(view))
    return _form(request, form, view.resource, chosen, view=view, status=422 if form.errors else 200)


@require_POST
@requires("leads.see")
def keep(request: HttpRequest, view_id: UUID) -> HttpResponse:
    """Let the view mean what the address says now."""
    actor, view = _changeable(request, view_id)
    chosen = parser(request, view.resource)(request.GET.dict())
    view = saved_views.keep_query(
        actor=actor, view_id=view_id, query=chosen.kept, now=timezone.now(), origin=Origin.of(request)
    )
    messages.success(request, f"{view.name} now shows this list.")
    return redirect(address_of(view, path_of(request, view.resource)))


@require_POST
@requires("leads.see")
def begin(request: HttpRequest, view_id: UUID) -> HttpResponse:
    """Let one's own list begin with the view, or with no view."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    begins = request.POST.get("begins") == "1"
    try:
        view = saved_views.begin_with(actor=actor, view_id=view_id, begins=begins)
    except SavedView.DoesNotExist:
        raise Http404 from None
    told = f"Your list begins with {view.name} now." if begins else "Your list begins with everything again."
    messages.success(request, told)
    return redirect("crm:views", resource=view.resource)


@require_http_methods(["GET", "POST"])
@requires("leads.see")
def delete(request: HttpRequest, view_id: UUID) -> HttpResponse:
    actor, view = _changeable(request, view_id)
    if request.method == "POST":
        saved_views.delete_view(actor=actor, view_id=view_id, now=timezone.now(), origin=Origin.of(request))
        messages.success(request, f"{view.name} is deleted.")
        return redirect("crm:views", resource=view.resource)
    context = {
        "layout": layout_of(actor),
        "view": view,
        "back_url": reverse("crm:views", args=[view.resource]),
    }
    return render(request, "crm/views/delete.html", context)


def _actor_at(request: HttpRequest, resource: str) -> Actor:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    if resource not in TITLES:
        raise Http404
    return actor


def _changeable(request: HttpRequest, view_id: UUID) -> tuple[Actor, SavedView]:
    """To who does not see the view it does not exist; who may not change it is refused by the service."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    try:
        return actor, saved_views.view_to_change(actor, view_id)
    except SavedView.DoesNotExist:
        raise Http404 from None


def _form(
    request: HttpRequest, form: ViewForm, resource: str, chosen: InAddress, *, status: int = 200, **more: Any
) -> HttpResponse:
    context = {
        "layout": layout_of(request.actor),  # type: ignore[attr-defined]
        "form": form,
        "resource": resource,
        "title": TITLES[resource],
        "said": summary(chosen),
        "action": reverse("crm:views_create", args=[resource]) + chosen.query,
        "back_url": path_of(request, resource) + chosen.query,
        **more,
    }
    return render(request, "crm/views/form.html", context, status=status)
