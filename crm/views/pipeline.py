"""The board: a client's people by stage, moved by hand."""

from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST
from django.views.decorators.vary import vary_on_headers

from accounts.access import requires
from accounts.directory import ClientFacts
from accounts.permissions import Level
from accounts.tenancy import Actor
from crm.board import card_of, helping, lanes, sums_of
from crm.forms.pipeline import MoveForm
from crm.models import Lead, PipelineStage
from crm.outlook import outlook
from crm.services import board
from crm.views.workplace import at, chosen_client, client_of, facts_of, show

MINE = "me"


@require_GET
@requires("leads.see")
@vary_on_headers("HX-Request")
def pipeline(request: HttpRequest) -> HttpResponse:
    """The board of one client; to htmx, which asks when it has changed, the board alone."""
    client = chosen_client(request)
    if client is None:
        return show(request, "crm/pipeline/board.html", "Pipeline", {"lanes": []})
    context = _board(request, client)
    if request.htmx:  # type: ignore[attr-defined]
        return render(request, "crm/pipeline/_board.html", {**context, "client": client, "swapped": True})
    return show(request, "crm/pipeline/board.html", "Pipeline", context, client=client)


@require_GET
@requires("leads.see")
@vary_on_headers("HX-Request")
def pipeline_lane(request: HttpRequest, stage_id: UUID) -> HttpResponse:
    """The next people of a stage; as a page of its own without a script."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    stage = PipelineStage.objects.for_actor(actor).filter(pk=stage_id).first()
    if stage is None:
        raise Http404
    return _helping(request, facts_of(request, stage.client_id), stage)


@require_GET
@requires("leads.see")
@vary_on_headers("HX-Request")
def pipeline_unplaced(request: HttpRequest) -> HttpResponse:
    """The next people without a stage."""
    return _helping(request, client_of(request), None)


def _helping(request: HttpRequest, client: ClientFacts, stage: PipelineStage | None) -> HttpResponse:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    lane = helping(
        actor, stage, client.id, request.GET.get("after", ""), timezone.now(), owner_id=_owner(request)
    )
    context = {"lane": lane, "may_edit": actor.can("leads.edit", Level.OWN), "own": _own(request), "client": client,
               "at": at(client, actor)}  # fmt: skip
    if request.htmx:  # type: ignore[attr-defined]
        return render(request, "crm/pipeline/_cards.html", context)
    name = stage.name if stage else "No stage"
    return show(
        request,
        "crm/pipeline/lane.html",
        name,
        context,
        client=client,
        back=("Pipeline", _address(request, client)),
    )


@require_GET
@requires("leads.edit", Level.OWN)
def pipeline_card(request: HttpRequest, lead_id: UUID) -> HttpResponse:
    """Ask where somebody goes; the way to move without a script, and to say why somebody is lost."""
    lead = _find(request, lead_id)
    wanted = request.GET.get("stage", "")
    stages = _stages(request, lead)
    known = {str(stage.pk) for stage in stages}
    initial = {
        "stage": wanted if wanted in known else lead.stage_id,
        "place": "top",
        "seen": lead.stage_id or "",
    }
    return _ask(request, lead, MoveForm(initial=initial, stages=stages))


@require_POST
@requires("leads.edit", Level.OWN)
def pipeline_move(request: HttpRequest, lead_id: UUID) -> HttpResponse:
    """Move somebody. To the board itself it answers with what changed there, otherwise with the board."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    lead = _find(request, lead_id)
    form = MoveForm(request.POST, stages=_stages(request, lead))
    if not form.is_valid():
        return _refused(
            request, lead, form, " ".join(str(each) for errors in form.errors.values() for each in errors)
        )
    try:
        move = board.move_lead(
            actor=actor, lead_id=lead.pk, stage_id=form.stage_id, spot=form.spot, seen=form.seen_stage,
            reason=form.cleaned_data["reason"], now=timezone.now(),
        )  # fmt: skip
    except board.BoardChanged as changed:
        messages.warning(request, str(changed))
        return _after(request, lead, None)
    except board.ReasonMissing as missing:
        form.add_error("reason", str(missing))
        return _refused(request, lead, form, str(missing))
    except Lead.DoesNotExist:
        raise Http404 from None
    if not move.exact:
        messages.warning(request, f"The board has changed meanwhile, so {lead.name} is as near as it goes.")
    else:
        where = move.lead.stage.name if move.lead.stage else "no stage"
        messages.success(request, f"{lead.name} is in {where} now.")
    return _after(request, lead, move)


def _after(request: HttpRequest, lead: Lead, move: board.Move | None) -> HttpResponse:
    """The card and the heads of the columns; the whole board where it is no longer as it was seen."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    client = facts_of(request, lead.client_id)
    if not request.htmx:  # type: ignore[attr-defined]
        return HttpResponseRedirect(_address(request, client))
    if move is None or not move.exact:
        response = render(
            request,
            "crm/pipeline/_board.html",
            {**_board(request, client), "client": client, "swapped": True},
        )
        response["HX-Retarget"], response["HX-Reswap"] = "#board", "innerHTML"
        return response
    context = {
        "moved": [card_of(actor, move.lead, timezone.now())],
        "lanes": sums_of(actor, client.id, owner_id=_owner(request)),
        "outlook": outlook(actor, client, timezone.now()),
        "may_edit": True,
    }
    return render(request, "crm/pipeline/_moved.html", context)


def _refused(request: HttpRequest, lead: Lead, form: MoveForm, words: str) -> HttpResponse:
    if request.htmx:  # type: ignore[attr-defined]
        messages.error(request, words)
        return _after(request, lead, None)
    return _ask(request, lead, form, 422)


def _ask(request: HttpRequest, lead: Lead, form: MoveForm, status: int = 200) -> HttpResponse:
    may_begin = request.actor.can("journeys.edit", Level.WRITE)  # type: ignore[attr-defined]
    client = facts_of(request, lead.client_id)
    context = {"lead": lead, "form": form, "may_begin": may_begin}
    return show(
        request, "crm/pipeline/card.html", f"Move {lead.name}", context, client=client,
        back=("Pipeline", _address(request, client)), status=status,
    )  # fmt: skip


def _board(request: HttpRequest, client: ClientFacts) -> dict[str, Any]:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    now = timezone.now()
    return {
        "lanes": lanes(actor, client.id, now, owner_id=_owner(request)),
        "outlook": outlook(actor, client, now),
        "own": _own(request),
        "may_edit": actor.can("leads.edit", Level.OWN),
        "may_arrange": actor.can("pipeline.stages", Level.WRITE),
        "at": at(client, actor),
        "today": now.astimezone(ZoneInfo(client.timezone)).date(),
        "now": now,
    }


def _find(request: HttpRequest, lead_id: UUID) -> Lead:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    lead: Lead | None = (
        Lead.objects.for_actor(actor).select_related("stage").filter(pk=lead_id, archived_at=None).first()
    )
    if lead is None:
        raise Http404
    return lead


def _stages(request: HttpRequest, lead: Lead) -> Any:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    return PipelineStage.objects.for_actor(actor).filter(client_id=lead.client_id)


def _own(request: HttpRequest) -> bool:
    return (request.POST.get("owner") or request.GET.get("owner", "")) == MINE


def _owner(request: HttpRequest) -> UUID | None:
    return request.user.pk if _own(request) else None


def _address(request: HttpRequest, client: ClientFacts) -> str:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    return reverse("crm:pipeline") + at(client, actor)
