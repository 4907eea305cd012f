"""A person's score: how it came about, a number set by hand, and that taken back."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.access import requires
from accounts.permissions import Level
from crm.forms.scoring import OverrideForm
from crm.models import Lead
from crm.score_page import history, panel_of
from crm.services.score_override import lift_override, override_score
from crm.views.person import frame, open_lead


@require_GET
@requires("leads.see")
def lead_score(request: HttpRequest, lead_id: UUID) -> HttpResponse:
    found = _open(request, lead_id)
    entries, older = history(request.actor, found, request.GET.get("before", ""))  # type: ignore[attr-defined]
    context = {
        **frame(request, found),
        "is_under": True,
        "under": "Score",
        "scoring": panel_of(request.actor, found),  # type: ignore[attr-defined]
        "entries": entries,
        "newer_url": request.path if "before" in request.GET else "",
        "older_url": f"{request.path}?{urlencode({'before': older})}" if older else "",
    }
    return render(request, "crm/person/score.html", context)


@require_http_methods(["GET", "POST"])
@requires("leads.edit", Level.OWN)
def lead_score_set(request: HttpRequest, lead_id: UUID) -> HttpResponse:
    found = _open(request, lead_id)
    if found.archived_at:
        raise Http404
    form = OverrideForm(request.POST or None, initial={"number": found.score})
    if request.method == "POST" and form.is_valid():
        try:
            override_score(
                actor=request.actor,  # type: ignore[attr-defined]
                lead_id=lead_id,
                now=timezone.now(),
                **form.cleaned_data,
            )
        except Lead.DoesNotExist:
            raise Http404 from None
        messages.success(request, f"Their score is {form.cleaned_data['number']} now, as you set it.")
        return redirect("crm:lead", lead_id=lead_id)
    context = {
        **frame(request, found),
        "is_under": True,
        "under": "Set the score",
        "scoring": panel_of(request.actor, found),  # type: ignore[attr-defined]
        "form": form,
    }
    return render(request, "crm/person/score_set.html", context, status=422 if form.errors else 200)


@require_POST
@requires("leads.edit", Level.OWN)
def lead_score_lift(request: HttpRequest, lead_id: UUID) -> HttpResponse:
    try:
        lead = lift_override(actor=request.actor, lead_id=lead_id, now=timezone.now())  # type: ignore[attr-defined]
    except Lead.DoesNotExist:
        raise Http404 from None
    messages.success(request, f"The sum counts again: their score is {lead.score}.")
    return redirect("crm:lead", lead_id=lead_id)


def _open(request: HttpRequest, lead_id: UUID) -> Lead:
    """Who was merged into somebody, or erased, has no score of their own any more."""
    found = open_lead(request, lead_id)
    if found.merged_into_id or found.erased_at:
        raise Http404
    return found
