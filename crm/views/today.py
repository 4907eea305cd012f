"""One list of what waits for the reader, and what may be done with it at once."""

from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.access import requires
from accounts.directory import reader_zone
from accounts.permissions import Level
from accounts.tenancy import Actor
from crm.forms.today import MoveCallbackForm, PostponeStepForm
from crm.models import Callback, Journey, JourneyStep
from crm.services import callbacks
from crm.services import journey_steps as steps
from crm.today_list import COUNTED, day_of
from crm.today_rows import drawn
from crm.views.workplace import facts_of, show

BACK = "Today"


@require_GET
@requires("leads.see")
def today(request: HttpRequest) -> HttpResponse:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    now, zone = timezone.now(), reader_zone(request)
    day = day_of(actor, zone=zone, now=now)
    context = {
        "parts": drawn(request, day, now),
        "more_unread": day.more_unread,
        "many_unread": len(day.unread) + day.more_unread >= COUNTED,
        "cut": day.cut,
        "kept": _kept_today(actor, now, zone),
        "may_log": actor.can("calls.log", Level.WRITE),
        "date": now.astimezone(ZoneInfo(zone)).date(),
    }
    return show(request, "crm/today/list.html", "Today", context)


def _kept_today(actor: Actor, now: Any, zone: str) -> list[Callback]:
    """What the reader has called back since midnight, for when a button was pressed by mistake."""
    midnight = now.astimezone(ZoneInfo(zone)).replace(hour=0, minute=0, second=0, microsecond=0)
    rows = Callback.objects.for_actor(actor).filter(done_by=actor.user_id, done_at__gte=midnight)
    return list(rows.select_related("lead").order_by("-done_at")[:10])


@require_POST
@requires("calls.log", Level.WRITE)
def callback_kept(request: HttpRequest, callback_id: UUID) -> HttpResponse:
    """The promised call was made, or was not after all (``kept`` is 0)."""
    kept = request.POST.get("kept") != "0"
    try:
        callbacks.keep_callback(
            actor=request.actor,  # type: ignore[attr-defined]
            callback_id=callback_id, kept=kept, now=timezone.now(),
        )  # fmt: skip
    except Callback.DoesNotExist:
        raise Http404 from None
    messages.success(request, "Done: you have called back." if kept else "It is back on your list.")
    return HttpResponseRedirect(reverse("crm:today"))


@require_http_methods(["GET", "POST"])
@requires("calls.log", Level.WRITE)
def callback_later(request: HttpRequest, callback_id: UUID) -> HttpResponse:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    callback = Callback.objects.for_actor(actor).select_related("lead").filter(pk=callback_id).first()
    if callback is None:
        raise Http404
    own: dict[str, Any] = {"now": timezone.now(), "zone": callback.timezone}
    form = MoveCallbackForm(request.POST, **own) if request.method == "POST" else MoveCallbackForm(**own)
    if request.method == "POST" and form.is_valid():
        try:
            callbacks.move_callback(actor=actor, callback_id=callback_id, **form.cleaned_data, now=own["now"])
        except callbacks.AlreadyKept:
            form.add_error(None, "Somebody has called them back already. There is nothing left to put off.")
        else:
            return _moved(request, callback.lead.name)
    return _ask(request, callback.client_id, callback.lead.name, form)


@require_http_methods(["GET", "POST"])
@requires("journeys.edit", Level.WRITE)
def step_later(request: HttpRequest, journey_id: UUID, step_id: UUID) -> HttpResponse:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    rows = JourneyStep.objects.for_actor(actor).filter(journey=journey_id, pk=step_id)
    step = rows.select_related("journey", "client").first()
    if step is None:
        raise Http404
    now = timezone.now()
    today = now.astimezone(ZoneInfo(step.client.timezone)).date()
    form = (
        PostponeStepForm(request.POST, today=today)
        if request.method == "POST"
        else PostponeStepForm(today=today)
    )
    if request.method == "POST" and form.is_valid():
        try:
            steps.postpone_step(
                actor=actor, journey_id=journey_id, step_id=step_id, **form.cleaned_data, now=now
            )
        except (Journey.DoesNotExist, JourneyStep.DoesNotExist):
            raise Http404 from None
        except steps.StepRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            return _moved(request, step.label)
    return _ask(request, step.client_id, step.label, form)


def _moved(request: HttpRequest, name: str) -> HttpResponse:
    messages.success(request, f"“{name}” is put off.")
    return HttpResponseRedirect(reverse("crm:today"))


def _ask(request: HttpRequest, client_id: UUID, name: str, form: Any) -> HttpResponse:
    context = {"form": form, "name": name}
    return show(request, "crm/today/later.html", f"Put off: {name}", context, client=facts_of(request, client_id),
                back=(BACK, reverse("crm:today")), status=422 if form.errors else 200)  # fmt: skip
