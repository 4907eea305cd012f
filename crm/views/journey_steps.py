"""The steps of one journey."""

from uuid import UUID
from zoneinfo import ZoneInfo

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from accounts.access import requires
from accounts.permissions import Level
from accounts.tenancy import Actor
from crm.forms.journeys import ApplyForm, StepForm
from crm.models import Journey, JourneyStep
from crm.services import journey_steps as steps
from crm.views.journeys import above, back_to, find_journey, journey_shown, templates_of
from crm.views.workplace import facts_of, show

SHIFTS = {"up": -1, "down": 1}


@require_GET
@requires("journeys.edit", Level.WRITE)
def step_new(request: HttpRequest, journey_id: UUID) -> HttpResponse:
    return _form(request, find_journey(request, journey_id), None, StepForm())


@require_POST
@requires("journeys.edit", Level.WRITE)
def step_create(request: HttpRequest, journey_id: UUID) -> HttpResponse:
    return _save(request, find_journey(request, journey_id), None)


@require_GET
@requires("journeys.edit", Level.WRITE)
def step_edit(request: HttpRequest, journey_id: UUID, step_id: UUID) -> HttpResponse:
    journey, step = _find(request, journey_id, step_id)
    zone = ZoneInfo(facts_of(request, journey.client_id).timezone)
    return _form(
        request,
        journey,
        step,
        StepForm.of(step, step.due_at.astimezone(zone).date() if step.due_at else None),
    )


@require_POST
@requires("journeys.edit", Level.WRITE)
def step_save(request: HttpRequest, journey_id: UUID, step_id: UUID) -> HttpResponse:
    journey, step = _find(request, journey_id, step_id)
    return _save(request, journey, step)


@require_POST
@requires("journeys.edit", Level.WRITE)
def step_done(request: HttpRequest, journey_id: UUID, step_id: UUID) -> HttpResponse:
    """Mark the step as done, or as not done after all."""
    journey, step = _find(request, journey_id, step_id)
    done, to_today = request.POST.get("done") == "1", request.POST.get("next") == "today"
    steps.complete_step(
        actor=request.actor,  # type: ignore[attr-defined]
        journey_id=journey.pk,
        step_id=step.pk,
        done=done,
        now=timezone.now(),
    )
    words = f"“{step.label}” is done." if done else f"“{step.label}” is still to do."
    return back_to(request, journey, words, reverse("crm:today") if to_today else "")


@require_POST
@requires("journeys.edit", Level.WRITE)
def step_shift(request: HttpRequest, journey_id: UUID, step_id: UUID) -> HttpResponse:
    journey, step = _find(request, journey_id, step_id)
    by = SHIFTS.get(request.POST.get("to", ""), 0)
    steps.shift_step(actor=request.actor, journey_id=journey.pk, step_id=step.pk, by=by)  # type: ignore[attr-defined]
    return HttpResponseRedirect(reverse("crm:journey", args=[journey.pk]))


@require_POST
@requires("journeys.edit", Level.WRITE)
def step_remove(request: HttpRequest, journey_id: UUID, step_id: UUID) -> HttpResponse:
    """The page of the step asks first."""
    journey, step = _find(request, journey_id, step_id)
    try:
        steps.remove_step(actor=request.actor, journey_id=journey.pk, step_id=step.pk)  # type: ignore[attr-defined]
    except steps.StepRefused as refusal:
        messages.error(request, str(refusal))
        return HttpResponseRedirect(reverse("crm:journey", args=[journey.pk]))
    return back_to(request, journey, f"“{step.label}” is gone.")


@require_POST
@requires("journeys.edit", Level.WRITE)
def template_apply(request: HttpRequest, journey_id: UUID) -> HttpResponse:
    journey = find_journey(request, journey_id)
    form = ApplyForm(request.POST, templates=templates_of(request, facts_of(request, journey.client_id)))
    if not form.is_valid():
        return journey_shown(request, journey, 422, apply_form=form)
    try:
        added = steps.apply_template(
            actor=request.actor,  # type: ignore[attr-defined]
            journey_id=journey.pk, template=form.cleaned_data["template"], now=timezone.now(),
        )  # fmt: skip
    except steps.StepRefused as refusal:
        form.add_error(None, str(refusal))
        return journey_shown(request, journey, 422, apply_form=form)
    return back_to(request, journey, f"{added} step{'' if added == 1 else 's'} added.")


def _find(request: HttpRequest, journey_id: UUID, step_id: UUID) -> tuple[Journey, JourneyStep]:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    journey = find_journey(request, journey_id)
    step: JourneyStep | None = (
        JourneyStep.objects.for_actor(actor).filter(journey=journey, pk=step_id).first()
    )
    if step is None:
        raise Http404
    return journey, step


def _save(request: HttpRequest, journey: Journey, step: JourneyStep | None) -> HttpResponse:
    form = StepForm(request.POST)
    if form.is_valid():
        try:
            steps.save_step(
                actor=request.actor,  # type: ignore[attr-defined]
                journey_id=journey.pk, step_id=step.pk if step else None, values=form.cleaned_data,
            )  # fmt: skip
        except steps.StepRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            return back_to(request, journey, "The step is saved.")
    return _form(request, journey, step, form, 422)


def _form(
    request: HttpRequest, journey: Journey, step: JourneyStep | None, form: forms.Form, status: int = 200
) -> HttpResponse:
    return show(request, "crm/journeys/step.html", step.label if step else "New step",
                {"journey": journey, "step": step, "form": form}, client=facts_of(request, journey.client_id),
                back=above(journey), status=status)  # fmt: skip
