"""Agreed to service, and half a minute to take it back."""

from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from accounts.access import requires
from accounts.permissions import Level
from accounts.tenancy import Actor
from crm.forms.customers import AgreedDayForm, AgreedServices
from crm.models import Conversion, Journey
from crm.services import conversions
from crm.views.customers import services_of
from crm.views.journeys import above, back_to, find_journey
from crm.views.workplace import facts_of, show


@require_GET
@requires("customers.edit", Level.WRITE)
def agree(request: HttpRequest, journey_id: UUID) -> HttpResponse:
    """Ask to what, at which price and when."""
    journey = find_journey(request, journey_id)
    if journey.status == Journey.Status.ACTIVE_CLIENT:
        return HttpResponseRedirect(reverse("crm:journey", args=[journey.pk]))
    client = facts_of(request, journey.client_id)
    first = [{"service": journey.service_id, "agreed_price": journey.service.base_price,
              "currency": journey.service.currency}] if journey.service else None  # fmt: skip
    services = AgreedServices(
        prefix="services", initial=first, form_kwargs={"services": services_of(request, client)}
    )
    today = timezone.now().astimezone(ZoneInfo(client.timezone)).date()
    return _ask(request, journey, AgreedDayForm(initial={"agreed_on": today}), services)


@require_POST
@requires("customers.edit", Level.WRITE)
def agree_now(request: HttpRequest, journey_id: UUID) -> HttpResponse:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    journey = find_journey(request, journey_id)
    client = facts_of(request, journey.client_id)
    day = AgreedDayForm(request.POST)
    services = AgreedServices(
        request.POST, prefix="services", form_kwargs={"services": services_of(request, client)}
    )
    if not (day.is_valid() & services.is_valid()):
        return _ask(request, journey, day, services, 422)
    try:
        conversions.agree_to_service(
            actor=actor, journey_id=journey.pk, agreed=services.agreed, agreed_on=day.cleaned_data["agreed_on"],
            now=timezone.now(),
        )  # fmt: skip
    except conversions.AlreadyAgreed:
        return back_to(request, journey, f"{journey.name} is a customer already.")
    except conversions.ConversionRefused as refusal:
        day.add_error(None, str(refusal))
        return _ask(request, journey, day, services, 422)
    return back_to(request, journey, f"{journey.name} is a customer now.")


@require_POST
@requires("customers.edit", Level.WRITE)
def conversion_undo(request: HttpRequest, conversion_id: UUID) -> HttpResponse:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    conversion = (
        Conversion.objects.for_actor(actor).select_related("journey").filter(pk=conversion_id).first()
    )
    if conversion is None:
        raise Http404
    try:
        conversions.undo_conversion(actor=actor, conversion_id=conversion.pk, now=timezone.now())
    except conversions.ConversionRefused as refusal:
        messages.error(request, str(refusal))
        return HttpResponseRedirect(reverse("crm:journey", args=[conversion.journey_id]))
    return back_to(request, conversion.journey, "Taken back. Everything is as it was before.")


def _ask(
    request: HttpRequest, journey: Journey, day: AgreedDayForm, services: Any, status: int = 200
) -> HttpResponse:
    context = {"journey": journey, "day": day, "services": services}
    return show(request, "crm/journeys/agree.html", "Agreed to service", context,
                client=facts_of(request, journey.client_id), back=above(journey), status=status)  # fmt: skip
