"""Journeys: the list, one journey, and what is done with it as a whole."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID
from zoneinfo import ZoneInfo

from django import forms
from django.contrib import messages
from django.db.models import Q
from django.db.models.functions import Lower
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from accounts.access import requires
from accounts.directory import ClientFacts, visible_clients
from accounts.newest import page_of
from accounts.permissions import Level
from accounts.services.audit import Origin
from accounts.tenancy import Actor
from crm.concerns import may_read_concerns, may_write_concerns
from crm.forms import NoteForm
from crm.forms.journeys import ApplyForm, ConcernsForm, JourneyChangeForm, JourneyForm, StatusForm
from crm.models import Activity, Call, Journey, JourneyStep, JourneyTemplate, Lead, Note, Service
from crm.owners import possible_owners
from crm.services import journeys
from crm.services.conversions import UNDO_FOR, standing_conversion
from crm.services.notes import Destroyed, add_note
from crm.timeline import deed_of
from crm.views.workplace import at, chosen_client, facts_of, moment_of, show, token

OPEN = "open"
FILTERS = ((OPEN, "Under way"), ("mine", "Mine"), ("paused", "Paused"), *Journey.Status.choices)
LINES = 50


@require_GET
@requires("journeys.edit")
def journey_list(request: HttpRequest) -> HttpResponse:
    """The journeys of one client in a state; without one those under way."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    client = chosen_client(request)
    wanted = request.GET.get("state", OPEN)
    wanted = wanted if wanted in dict(FILTERS) else OPEN
    rows = Journey.objects.for_actor(actor).filter(client_id=client.id if client else None).newest_first()
    rows = rows.select_related("service", "owner").in_state(wanted, request.user.pk).with_progress()
    found, older = page_of(rows, "created_at", request.GET.get("before", ""))
    place = {
        "before": older,
        "state": wanted,
        **({"client": client.slug} if client and actor.is_staff else {}),
    }
    context = {
        "rows": found,
        "wanted": wanted,
        "filters": FILTERS,
        "older_url": f"?{urlencode(place)}" if older else "",
        "tabs": "crm/journeys/_tabs.html",
        "here": "journeys",
    }
    return show(request, "crm/journeys/list.html", "Journeys", context, client=client)


@require_GET
@requires("journeys.edit", Level.WRITE)
def journey_new(request: HttpRequest, lead_id: UUID) -> HttpResponse:
    lead = _lead(request, lead_id)
    client = facts_of(request, lead.client_id)
    rows = _choices(request, lead)
    today = timezone.now().astimezone(ZoneInfo(client.timezone)).date()
    initial = {"started_on": today, "call": rows["call"].first()}
    return _new_form(request, lead, JourneyForm(initial=initial, **_needs(request, lead, client)))


@require_POST
@requires("journeys.edit", Level.WRITE)
def journey_create(request: HttpRequest, lead_id: UUID) -> HttpResponse:
    lead = _lead(request, lead_id)
    form = JourneyForm(request.POST, **_needs(request, lead, facts_of(request, lead.client_id)))
    if form.is_valid():
        try:
            journey = journeys.start_journey(
                actor=request.actor,  # type: ignore[attr-defined]
                lead_id=lead.pk, values=form.cleaned_data, now=timezone.now(),
            )  # fmt: skip
        except journeys.JourneyRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, f"The journey of {journey.name} has begun.")
            return HttpResponseRedirect(reverse("crm:journey", args=[journey.pk]))
    return _new_form(request, lead, form, 422)


@require_GET
@requires("journeys.edit")
def journey_page(request: HttpRequest, journey_id: UUID) -> HttpResponse:
    return journey_shown(request, find_journey(request, journey_id))


def journey_shown(request: HttpRequest, journey: Journey, status: int = 200, **kept: Any) -> HttpResponse:
    """One journey with its steps and what happened on it. ``kept`` are forms that were refused."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    client, now = facts_of(request, journey.client_id), timezone.now()
    steps = JourneyStep.objects.for_actor(actor).filter(journey=journey).select_related("completed_by")
    told = Activity.objects.for_actor(actor).filter(journey=journey).select_related("actor").newest_first()
    notes = Note.objects.for_actor(actor).filter(client_id=client.id, journey=journey)
    conversion = standing_conversion(actor, journey)
    undo_seconds = int((conversion.done_at + UNDO_FOR - now).total_seconds()) if conversion else 0
    context = {
        "journey": journey,
        "steps": list(steps.order_by("position")),
        "children": list(Journey.objects.for_actor(actor).filter(parent=journey).newest_first()[:LINES]),
        "notes": list(notes.select_related("author").order_by("-created_at", "-pk")[:LINES]),
        "note_form": NoteForm(auto_id="note_%s"),
        "note_url": reverse("crm:journey_note", args=[journey.pk]),
        "deeds": [deed_of(each) for each in told[:LINES]],
        "concerns": journey.symptoms if not actor.is_staff and may_read_concerns(actor, client.id) else None,
        "may_read": may_read_concerns(actor, client.id),
        "may_write_concerns": may_write_concerns(actor, client.id),
        "may_write": actor.can("journeys.edit", Level.WRITE),
        "may_agree": actor.can("customers.edit", Level.WRITE),
        "is_open": journey.status in journeys.OPEN,
        "conversion": conversion,
        "may_undo": undo_seconds > 0,
        "undo_seconds": undo_seconds,
        "status_form": StatusForm(initial={"status": journey.status}),
        "apply_form": ApplyForm(templates=templates_of(request, client)),
        "acts": "crm/journeys/_journey_acts.html",
        **kept,
    }
    return show(request, "crm/journeys/journey.html", journey.name or "Journey", context, client=client,
                back=("Journeys", reverse("crm:journeys") + at(client, actor)), status=status)  # fmt: skip


@require_GET
@requires("journeys.edit", Level.WRITE)
def journey_edit(request: HttpRequest, journey_id: UUID) -> HttpResponse:
    journey = find_journey(request, journey_id)
    names = ("service", "owner_id", "call", "parent", "next_action_at", "notes_summary")
    form = _change_form(request, journey, initial={name: getattr(journey, name) for name in names})
    return _edit(request, journey, form, token(journey.updated_at))


@require_POST
@requires("journeys.edit", Level.WRITE)
def journey_save(request: HttpRequest, journey_id: UUID) -> HttpResponse:
    journey = find_journey(request, journey_id)
    form, seen = _change_form(request, journey, request.POST), request.POST.get("seen", "")
    if form.is_valid():
        try:
            journeys.change_journey(
                actor=request.actor,  # type: ignore[attr-defined]
                journey_id=journey.pk, values=form.cleaned_data, seen=moment_of(seen),
            )  # fmt: skip
        except journeys.JourneyRefused as refusal:
            form.add_error(None, str(refusal))
            if isinstance(refusal, journeys.ChangedMeanwhile):
                seen = token(find_journey(request, journey_id).updated_at)
        else:
            return back_to(request, journey, "Saved.")
    return _edit(request, journey, form, seen, 422)


@require_POST
@requires("journeys.edit", Level.WRITE)
def journey_note(request: HttpRequest, journey_id: UUID) -> HttpResponse:
    journey, form = find_journey(request, journey_id), NoteForm(request.POST, auto_id="note_%s")
    if not form.is_valid():
        return journey_shown(request, journey, 422, note_form=form)
    try:
        add_note(
            actor=request.actor,  # type: ignore[attr-defined]
            journey_id=journey.pk, body=form.cleaned_data["body"], now=timezone.now(),
        )  # fmt: skip
    except Destroyed:
        messages.error(
            request, "What was said on this journey has been destroyed. Begin a new one for new words."
        )
        return HttpResponseRedirect(reverse("crm:journey", args=[journey.pk]))
    return back_to(request, journey, "Note added.")


@require_GET
@requires("journeys.concerns")
def journey_concerns(request: HttpRequest, journey_id: UUID) -> HttpResponse:
    """What somebody told in confidence. That the agency looked is written down."""
    journey = find_journey(request, journey_id)
    try:
        words = journeys.read_concerns(
            actor=request.actor,  # type: ignore[attr-defined]
            journey_id=journey.pk, now=timezone.now(), origin=Origin.of(request),
        )  # fmt: skip
    except Journey.DoesNotExist:
        return _closed(request, journey)
    return _concerns(request, journey, ConcernsForm(initial={"concerns": words}), words)


@require_POST
@requires("journeys.edit", Level.WRITE)
def journey_concerns_save(request: HttpRequest, journey_id: UUID) -> HttpResponse:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    journey = find_journey(request, journey_id)
    if not may_write_concerns(actor, journey.client_id):
        return _closed(request, journey)
    form = ConcernsForm(request.POST)
    if form.is_valid():
        try:
            words = form.cleaned_data["concerns"]
            journeys.write_concerns(actor=actor, journey_id=journey.pk, concerns=words)
        except journeys.JourneyRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            return back_to(request, journey, "The concerns are saved.")
    return _concerns(request, journey, form, [], 422)


@require_POST
@requires("journeys.edit", Level.WRITE)
def journey_status(request: HttpRequest, journey_id: UUID) -> HttpResponse:
    journey = find_journey(request, journey_id)
    form = StatusForm(request.POST)
    if not form.is_valid():
        return journey_shown(request, journey, 422, status_form=form)
    told = form.cleaned_data

    def deed(actor: Actor, now: datetime) -> Journey:
        return journeys.set_status(
            actor=actor, journey_id=journey.pk, status=told["status"], reason=told["reason"], now=now
        )

    return _do(request, journey, deed, "The journey is {} now.")


@require_POST
@requires("journeys.edit", Level.WRITE)
def journey_pause(request: HttpRequest, journey_id: UUID) -> HttpResponse:
    """Let it rest, or go on."""
    journey, paused = find_journey(request, journey_id), request.POST.get("paused") == "1"

    def deed(actor: Actor, now: datetime) -> Journey:
        return journeys.pause_journey(actor=actor, journey_id=journey.pk, paused=paused, now=now)

    return _do(request, journey, deed, "The journey rests." if paused else "The journey goes on.")


@require_POST
@requires("journeys.edit", Level.WRITE)
def journey_archive(request: HttpRequest, journey_id: UUID) -> HttpResponse:
    """Put it away, or take it out again."""
    journey, archived = find_journey(request, journey_id), request.POST.get("archived") == "1"

    def deed(actor: Actor, now: datetime) -> Journey:
        return journeys.archive_journey(actor=actor, journey_id=journey.pk, archived=archived, now=now)

    return _do(request, journey, deed, "In the archive." if archived else "Out of the archive, as it was.")


def find_journey(request: HttpRequest, journey_id: UUID) -> Journey:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    rows = Journey.objects.for_actor(actor).select_related(
        "service", "owner", "parent", "template", "customer"
    )
    journey: Journey | None = rows.filter(pk=journey_id).first()
    if journey is None:
        raise Http404
    return journey


def back_to(request: HttpRequest, journey: Journey, words: str, address: str = "") -> HttpResponse:
    messages.success(request, words)
    return HttpResponseRedirect(address or reverse("crm:journey", args=[journey.pk]))


def templates_of(request: HttpRequest, client: ClientFacts) -> Any:
    """Those of the client, and of the agency for all."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    rows = JourneyTemplate.objects.for_actor(actor).filter(archived_at=None)
    return rows.exclude(client_id__in=_others(request, client)).by_name()


def _others(request: HttpRequest, client: ClientFacts) -> list[UUID]:
    return [each.id for each in visible_clients(request) if each.id != client.id]


def _do(
    request: HttpRequest, journey: Journey, deed: Callable[[Actor, datetime], Journey], words: str
) -> HttpResponse:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    try:
        changed = deed(actor, timezone.now())
    except journeys.JourneyRefused as refusal:
        messages.error(request, str(refusal))
        return HttpResponseRedirect(reverse("crm:journey", args=[journey.pk]))
    return back_to(request, journey, words.format(changed.get_status_display().lower()))


def _lead(request: HttpRequest, lead_id: UUID) -> Lead:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    lead: Lead | None = Lead.objects.for_actor(actor).filter(pk=lead_id, archived_at=None).first()
    if lead is None:
        raise Http404
    return lead


def _choices(request: HttpRequest, lead: Lead) -> dict[str, Any]:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    client = facts_of(request, lead.client_id)
    return {
        "service": Service.objects.for_actor(actor).filter(client_id=lead.client_id).offered(),
        "template": templates_of(request, client),
        "call": Call.objects.for_actor(actor).filter(lead=lead).defer("raw", "transcript").newest_first(),
        "parent": Journey.objects.for_actor(actor)
        .filter(lead=lead)
        .exclude(status="archived")
        .newest_first(),
    }


def _needs(request: HttpRequest, lead: Lead, client: ClientFacts) -> dict[str, Any]:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    return {
        "rows": _choices(request, lead),
        "zone": client.timezone,
        "with_concerns": may_write_concerns(actor, client.id),
    }


def _new_form(request: HttpRequest, lead: Lead, form: forms.Form, status: int = 200) -> HttpResponse:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    client = facts_of(request, lead.client_id)
    context = {"lead": lead, "form": form}
    return show(request, "crm/journeys/new.html", f"New journey of {lead.name}", context, client=client,
                back=("Journeys", reverse("crm:journeys") + at(client, actor)), status=status)  # fmt: skip


def _change_form(request: HttpRequest, journey: Journey, *args: Any, **kwargs: Any) -> JourneyChangeForm:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    client = facts_of(request, journey.client_id)
    chosen = Q(active=True) | Q(pk=journey.service_id)  # also when it is offered no more
    own = {"lead_id": journey.lead_id} if journey.lead_id else {"pk": None}
    others = Journey.objects.for_actor(actor).filter(**own).exclude(pk=journey.pk)
    rows = {
        "service": Service.objects.for_actor(actor)
        .filter(chosen, client_id=client.id)
        .order_by(Lower("name")),
        "call": Call.objects.for_actor(actor).filter(**own).defer("raw", "transcript").newest_first(),
        "parent": others.filter(~Q(status="archived") | Q(pk=journey.parent_id)).newest_first(),
    }
    return JourneyChangeForm(*args, rows=rows, owners=_owners(actor, journey), zone=client.timezone, **kwargs)


def _owners(actor: Actor, journey: Journey) -> dict[UUID, str]:
    """Who may look after it, and who does, were it somebody that the reader could not choose."""
    found = {
        each.id: each.name
        for each in possible_owners(actor, journey.client_id)
        if each.reaches(journey.client_id)
    }
    if journey.owner and journey.owner_id not in found:
        found[journey.owner.pk] = journey.owner.name
    return found


def _edit(
    request: HttpRequest, journey: Journey, form: forms.Form, seen: str, status: int = 200
) -> HttpResponse:
    context = {"journey": journey, "form": form, "seen": seen}
    return show(request, "crm/journeys/edit.html", "Change the journey", context,
                client=facts_of(request, journey.client_id), back=above(journey), status=status)  # fmt: skip


def _concerns(
    request: HttpRequest, journey: Journey, form: forms.Form, words: list[str], status: int = 200
) -> HttpResponse:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    context = {"journey": journey, "form": form, "words": words,
               "may_write": may_write_concerns(actor, journey.client_id) and not journey.symptoms_redacted}  # fmt: skip
    return show(request, "crm/journeys/concerns.html", "Concerns", context,
                client=facts_of(request, journey.client_id), back=above(journey), status=status)  # fmt: skip


def _closed(request: HttpRequest, journey: Journey) -> HttpResponse:
    """To people of the agency whose client has not let them."""
    return show(request, "crm/journeys/concerns_closed.html", "Concerns", {"journey": journey},
                client=facts_of(request, journey.client_id), back=above(journey), status=403)  # fmt: skip


def above(journey: Journey) -> tuple[str, str]:
    return journey.name or "Journey", reverse("crm:journey", args=[journey.pk])
