"""Posts that change one call. To htmx they answer with the drawer as it now stands, otherwise with the page before."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST
from django_htmx.http import HttpResponseClientRedirect

from accounts.access import requires
from accounts.permissions import Level
from accounts.tenancy import Actor
from crm.forms import CategoryForm, NoteForm, RatingForm, StageForm, TagForm
from crm.models import Call, PipelineStage
from crm.services import workbench
from crm.services.board import ReasonMissing
from crm.services.notes import add_note
from crm.views.inbox import calls_filter, drawer_context, open_call


@require_POST
@requires("calls.judge", Level.WRITE)
def rate(request: HttpRequest, call_id: UUID) -> HttpResponse:
    def deed(actor: Actor, data: dict[str, Any]) -> None:
        workbench.rate_call(actor=actor, call_id=call_id, stars=data["rating"], now=timezone.now())

    return _do(request, call_id, RatingForm(request.POST), deed, "Rating saved.")


@require_POST
@requires("calls.judge", Level.WRITE)
def categorise(request: HttpRequest, call_id: UUID) -> HttpResponse:
    def deed(actor: Actor, data: dict[str, Any]) -> None:
        workbench.choose_category(actor=actor, call_id=call_id, category=data["category"], now=timezone.now())

    return _do(request, call_id, CategoryForm(request.POST), deed, "Category saved. It stays as you set it.")


@require_POST
@requires("leads.edit", Level.OWN)
def note(request: HttpRequest, call_id: UUID) -> HttpResponse:
    def deed(actor: Actor, data: dict[str, Any]) -> None:
        add_note(actor=actor, call_id=call_id, body=data["body"], now=timezone.now())

    return _do(request, call_id, NoteForm(request.POST), deed, "Note added.", "note_form")


@require_POST
@requires("leads.edit", Level.OWN)
def tag(request: HttpRequest, call_id: UUID) -> HttpResponse:
    def deed(actor: Actor, data: dict[str, Any]) -> None:
        workbench.tag_call(actor=actor, call_id=call_id, name=data["name"], now=timezone.now())

    return _do(request, call_id, TagForm(request.POST), deed, "Tag added.", "tag_form")


@require_POST
@requires("leads.edit", Level.OWN)
def untag(request: HttpRequest, call_id: UUID, tag_id: UUID) -> HttpResponse:
    def deed(actor: Actor, data: dict[str, Any]) -> None:
        workbench.untag_call(actor=actor, call_id=call_id, tag_id=tag_id, now=timezone.now())

    return _do(request, call_id, forms.Form(request.POST), deed, "Tag removed.")


@require_POST
@requires("leads.edit", Level.OWN)
def move(request: HttpRequest, call_id: UUID) -> HttpResponse:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    stages = PipelineStage.objects.for_actor(actor).filter(client_id=open_call(actor, call_id).client_id)

    def deed(actor: Actor, data: dict[str, Any]) -> None:
        workbench.move_lead(actor=actor, call_id=call_id, stage=data["stage"], now=timezone.now())

    try:
        return _do(request, call_id, StageForm(request.POST, stages=stages), deed, "Lead moved.")
    except ReasonMissing:
        return _ask_reason(request, open_call(actor, call_id))


def _ask_reason(request: HttpRequest, call: Call) -> HttpResponse:
    """On the page where people are moved: a drawer has no room for the question."""
    wanted = urlencode({"stage": request.POST.get("stage", "")})
    address = f"{reverse('crm:pipeline_card', args=[call.lead_id])}?{wanted}"
    if request.htmx:  # type: ignore[attr-defined]
        return HttpResponseClientRedirect(address)
    return HttpResponseRedirect(address)


@require_POST
@requires("leads.edit", Level.OWN, side="staff")
def unread(request: HttpRequest, call_id: UUID) -> HttpResponse:
    """Put the call back on the unread list and close it."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    open_call(actor, call_id)
    workbench.mark_seen(actor=actor, call_id=call_id, seen=False, now=timezone.now())
    messages.info(request, "Marked as unread.")
    chosen = calls_filter(request, request.POST)
    return HttpResponseRedirect(reverse("crm:inbox") + chosen.query)


def _do(
    request: HttpRequest,
    call_id: UUID,
    form: forms.Form,
    deed: Callable[[Actor, dict[str, Any]], None],
    done: str,
    kept_as: str = "",
) -> HttpResponse:
    """Run ``deed`` when the form is good. What was typed into a refused form named ``kept_as`` is shown again."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    kept: dict[str, Any] = {}
    if form.is_valid():
        try:
            deed(actor, form.cleaned_data)
        except Call.DoesNotExist:
            raise Http404 from None
        messages.success(request, done)
    else:
        open_call(actor, call_id)
        for errors in form.errors.values():
            messages.error(request, " ".join(map(str, errors)))
        kept = {kept_as: form} if kept_as else {}
    if request.htmx or kept:  # type: ignore[attr-defined]
        chosen = calls_filter(request, request.POST)
        context = drawer_context(request, open_call(actor, call_id), chosen, **kept)
        page = "crm/_drawer.html" if request.htmx else "crm/call.html"  # type: ignore[attr-defined]
        return render(request, page, {**context, "swapped": True}, status=422 if form.errors else 200)
    return HttpResponseRedirect(_back(request, call_id))


def _back(request: HttpRequest, call_id: UUID) -> str:
    wanted = request.POST.get("next", "")
    if url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure()):
        return wanted
    return reverse("crm:inbox_call", args=[call_id])
