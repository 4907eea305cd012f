"""A person's page, for the agency and for the client whose lead it is."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.access import requires
from accounts.pages import layout_of
from accounts.permissions import Level
from accounts.tenancy import Actor
from crm.editing import EditConflict
from crm.forms.facts import FactsForm, LeadStageForm, NumberForm
from crm.forms.notes import LeadNoteForm
from crm.forms.seen import say_conflict
from crm.models import Lead, PipelineStage, Tag
from crm.person import find_lead, person
from crm.score_page import panel_of
from crm.services.board import ReasonMissing, move_lead
from crm.services.facts import NoSuchOwner, set_facts
from crm.services.numbers import clear_wrong_number
from crm.services.readers import WORKING, colleagues
from crm.timeline import KINDS
from crm.views.leads import around_in_list, chosen_leads, names

BESIDE = {"journeys": "journeys.edit", "campaigns": "campaigns.edit", "customer": "customers.edit"}


@require_GET
@requires("leads.see")
def lead(request: HttpRequest, lead_id: UUID) -> HttpResponse:
    """The page of one person; who was merged into somebody leads there."""
    found = open_lead(request, lead_id)
    if found.merged_into_id:
        messages.info(request, f"{found.name} was merged into this person.")
        return redirect("crm:lead", lead_id=found.merged_into_id)
    if found.erased_at:
        return render(request, "crm/person/erased.html", frame(request, found))
    return render(request, "crm/person/lead.html", page_of_lead(request, found))


def open_lead(request: HttpRequest, lead_id: UUID) -> Lead:
    try:
        return find_lead(request.actor, lead_id)  # type: ignore[attr-defined]
    except Lead.DoesNotExist:
        raise Http404 from None


def frame(request: HttpRequest, found: Lead) -> dict[str, Any]:
    """What every page around a lead shows."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    return {
        "layout": layout_of(actor),
        "lead": found,
        "client": found.client,
        "may_edit": actor.can("leads.edit", Level.OWN) and not found.erased_at,
        "may_log": actor.can("calls.log", Level.WRITE),
        "may_erase": actor.can("leads.erase", Level.ADMINISTER),
    }


def page_of_lead(
    request: HttpRequest,
    found: Lead,
    *,
    note_form: Any = None,
    facts_form: Any = None,
    stage_form: Any = None,
) -> dict[str, Any]:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    kind = request.GET.get("kind", "")
    shown = person(actor, found, kind=kind, before=request.GET.get("before", ""), now=timezone.now())
    here, around = reverse("crm:lead", args=[found.pk]), frame(request, found)
    owners = colleagues(actor, found.client_id, WORKING) if around["may_edit"] else {}
    listed = chosen_leads(request).params  # the list it was opened from rides along
    chosen = {**listed, **({"kind": kind} if kind in KINDS else {})}
    around |= around_in_list(request, found)
    return {
        **around,
        "person": shown,
        "scoring": panel_of(actor, found),
        "kinds": [("", "All"), *KINDS.items()],
        "here": here,
        "ride": urlencode(listed),
        "note_form": note_form or LeadNoteForm(),
        "facts_form": facts_form or FactsForm(owners=owners, lead=found),
        "stage_form": stage_form or LeadStageForm(stages=_stages(actor, found), lead=found),
        "may_open": {page: actor.can(capability) for page, capability in BESIDE.items()},
        "may_begin": actor.can("journeys.edit", Level.WRITE)
        and not found.archived_at
        and not found.erased_at,
        "may_signal": actor.is_staff and around["may_edit"],
        "signal_url": reverse("crm:lead_signal", args=[found.pk]),
        "tag_names": names(actor, Tag, found.client_id) if around["may_edit"] else [],
        "newer_url": f"{here}?{urlencode(chosen)}" if "before" in request.GET else "",
        "older_url": f"{here}?{urlencode({**chosen, 'before': shown.older})}" if shown.older else "",
    }


@require_POST
@requires("leads.edit", Level.OWN)
def facts(request: HttpRequest, lead_id: UUID) -> HttpResponse:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    found = open_lead(request, lead_id)
    form = FactsForm(request.POST, owners=colleagues(actor, found.client_id, WORKING), lead=found)
    if form.is_valid():
        try:
            data = form.cleaned_data
            set_facts(
                actor=actor,
                lead_id=lead_id,
                status_by_hand=data["status_by_hand"],
                sentiment=data["sentiment"],
                owner_id=data["owner"],
                now=timezone.now(),
                seen=form.seen_values,
            )
        except Lead.DoesNotExist:
            raise Http404 from None
        except EditConflict as conflict:
            form = _again(request, form, conflict)
        except NoSuchOwner:
            form.add_error(
                "owner", "This person can’t work with the client’s leads any more. Choose another."
            )
        else:
            messages.success(request, "Saved.")
            return redirect("crm:lead", lead_id=lead_id)
    return render(request, "crm/person/lead.html", page_of_lead(request, found, facts_form=form), status=422)


def _again(request: HttpRequest, form: FactsForm, conflict: EditConflict) -> FactsForm:
    """What was chosen here beside what somebody else has chosen since."""
    again = FactsForm(
        form.renewed(conflict.theirs, conflict.current),
        owners=colleagues(request.actor, form.lead.client_id, WORKING),  # type: ignore[attr-defined]
        lead=form.lead,
    )
    say_conflict(again, conflict, again.words)
    return again


def _stages(actor: Actor, found: Lead) -> Any:
    return PipelineStage.objects.for_actor(actor).filter(client_id=found.client_id)


@require_POST
@requires("leads.edit", Level.OWN)
def stage(request: HttpRequest, lead_id: UUID) -> HttpResponse:
    """To the top of another stage, or out of all of them."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    found = open_lead(request, lead_id)
    form = LeadStageForm(request.POST, stages=_stages(actor, found), lead=found)
    if form.is_valid():
        chosen = form.cleaned_data["stage"]
        try:
            move_lead(
                actor=actor, lead_id=lead_id, stage_id=chosen.pk if chosen else None,
                reason=form.cleaned_data["reason"], now=timezone.now(),
            )  # fmt: skip
        except Lead.DoesNotExist:
            raise Http404 from None
        except ReasonMissing as missing:
            form.add_error("reason", str(missing))
        else:
            messages.success(request, "Saved.")
            return redirect("crm:lead", lead_id=lead_id)
    return render(request, "crm/person/lead.html", page_of_lead(request, found, stage_form=form), status=422)


@require_http_methods(["GET", "POST"])
@requires("leads.edit", Level.OWN)
def number(request: HttpRequest, lead_id: UUID) -> HttpResponse:
    """Say why a number that was marked wrong is right after all."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    found = open_lead(request, lead_id)
    form = NumberForm(request.POST) if request.method == "POST" else NumberForm()
    if request.method == "POST" and form.is_valid():
        try:
            clear_wrong_number(
                actor=actor, lead_id=lead_id, reason=form.cleaned_data["reason"], now=timezone.now()
            )
        except Lead.DoesNotExist:
            raise Http404 from None
        messages.success(request, "The number counts as right again.")
        return redirect("crm:lead", lead_id=lead_id)
    context = {**frame(request, found), "is_under": True, "under": "Number", "form": form}
    return render(request, "crm/person/number.html", context, status=422 if form.errors else 200)
