"""Arranging a client's pipeline."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from accounts.access import requires
from accounts.directory import ClientFacts
from accounts.permissions import Level
from accounts.services.audit import Origin
from accounts.tenancy import Actor
from crm.board import sums_of
from crm.forms.pipeline import StageForm, StageRemovalForm
from crm.models import Lead, PipelineStage
from crm.services import stages
from crm.views.workplace import at, client_of, facts_of, show

SHIFTS = {"left": -1, "right": 1}


@require_GET
@requires("pipeline.stages", Level.WRITE)
def stage_list(request: HttpRequest) -> HttpResponse:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    client = client_of(request)
    back = ("Pipeline", reverse("crm:pipeline") + at(client, actor))
    context = {"lanes": sums_of(actor, client.id), "acts": "crm/pipeline/_stages_acts.html"}
    return show(request, "crm/pipeline/stages.html", "Stages", context, client=client, back=back)


@require_GET
@requires("pipeline.stages", Level.WRITE)
def stage_new(request: HttpRequest) -> HttpResponse:
    return _form(request, client_of(request), None, StageForm.of(None))


@require_POST
@requires("pipeline.stages", Level.WRITE)
def stage_create(request: HttpRequest) -> HttpResponse:
    return _save(request, client_of(request), None)


@require_GET
@requires("pipeline.stages", Level.WRITE)
def stage_edit(request: HttpRequest, stage_id: UUID) -> HttpResponse:
    stage, client = _find(request, stage_id)
    return _form(request, client, stage, StageForm.of(stage))


@require_POST
@requires("pipeline.stages", Level.WRITE)
def stage_save(request: HttpRequest, stage_id: UUID) -> HttpResponse:
    stage, client = _find(request, stage_id)
    return _save(request, client, stage)


@require_POST
@requires("pipeline.stages", Level.WRITE)
def stage_shift(request: HttpRequest, stage_id: UUID) -> HttpResponse:
    """Put the stage one to the left or to the right."""
    stage, client = _find(request, stage_id)
    actor: Actor = request.actor  # type: ignore[attr-defined]
    by = SHIFTS.get(request.POST.get("to", ""), 0)
    stages.shift_stage(
        actor=actor,
        client_id=client.id,
        stage_id=stage.pk,
        by=by,
        now=timezone.now(),
        origin=Origin.of(request),
    )
    return _back(request, client)


@require_GET
@requires("pipeline.stages", Level.WRITE)
def stage_remove(request: HttpRequest, stage_id: UUID) -> HttpResponse:
    """Ask, and ask where the people of the stage go."""
    stage, client = _find(request, stage_id)
    return _ask(request, client, stage, StageRemovalForm(others=_others(request, stage)))


@require_POST
@requires("pipeline.stages", Level.WRITE)
def stage_remove_now(request: HttpRequest, stage_id: UUID) -> HttpResponse:
    stage, client = _find(request, stage_id)
    form = StageRemovalForm(request.POST, others=_others(request, stage))
    form.fields["into"].required = _people(request, stage) > 0
    if not form.is_valid():
        return _ask(request, client, stage, form, 422)
    into = form.cleaned_data["into"]
    try:
        moved = stages.remove_stage(
            actor=request.actor,  # type: ignore[attr-defined]
            client_id=client.id, stage_id=stage.pk, into=into.pk if into else None, now=timezone.now(),
            origin=Origin.of(request),
        )  # fmt: skip
    except stages.StageNotEmpty:
        form.add_error("into", "Somebody has just come into this stage. Choose where they go.")
    except stages.StageRefused as refusal:
        form.add_error("into", str(refusal))
    else:
        went = (
            f" {moved} {'person' if moved == 1 else 'people'} went to {into.name}." if moved and into else ""
        )
        messages.success(request, f"The stage {stage.name} is gone.{went}")
        return _back(request, client)
    return _ask(request, client, stage, form, 422)


def _find(request: HttpRequest, stage_id: UUID) -> tuple[PipelineStage, ClientFacts]:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    stage: PipelineStage | None = PipelineStage.objects.for_actor(actor).filter(pk=stage_id).first()
    if stage is None:
        raise Http404
    return stage, facts_of(request, stage.client_id)


def _others(request: HttpRequest, stage: PipelineStage) -> object:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    return PipelineStage.objects.for_actor(actor).filter(client_id=stage.client_id).exclude(pk=stage.pk)


def _people(request: HttpRequest, stage: PipelineStage) -> int:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    return int(Lead.objects.for_actor(actor).filter(client_id=stage.client_id, stage=stage).count())


def _save(request: HttpRequest, client: ClientFacts, stage: PipelineStage | None) -> HttpResponse:
    form = StageForm(request.POST)
    if form.is_valid():
        try:
            saved = stages.save_stage(
                actor=request.actor,  # type: ignore[attr-defined]
                client_id=client.id, stage_id=stage.pk if stage else None, values=form.values, now=timezone.now(),
                origin=Origin.of(request),
            )  # fmt: skip
        except stages.StageNameTaken:
            form.add_error("name", "This pipeline has another stage of this name.")
        else:
            messages.success(request, f"The stage {saved.name} is saved.")
            return _back(request, client)
    return _form(request, client, stage, form, 422)


def _form(
    request: HttpRequest, client: ClientFacts, stage: PipelineStage | None, form: StageForm, status: int = 200
) -> HttpResponse:
    heading = stage.name if stage else "New stage"
    context = {"stage": stage, "form": form}
    return show(request, "crm/pipeline/stage.html", heading, context, client=client, back=_above(request, client),
                status=status)  # fmt: skip


def _ask(
    request: HttpRequest, client: ClientFacts, stage: PipelineStage, form: StageRemovalForm, status: int = 200
) -> HttpResponse:
    context = {"stage": stage, "form": form, "people": _people(request, stage)}
    return show(request, "crm/pipeline/stage_remove.html", f"Remove {stage.name}", context, client=client,
                back=_above(request, client), status=status)  # fmt: skip


def _above(request: HttpRequest, client: ClientFacts) -> tuple[str, str]:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    return "Stages", reverse("crm:stages") + at(client, actor)


def _back(request: HttpRequest, client: ClientFacts) -> HttpResponse:
    return HttpResponseRedirect(_above(request, client)[1])
