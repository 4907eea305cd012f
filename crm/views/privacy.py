"""What is destroyed when: the policy of a client, what tonight's job will do, and the receipts."""

from datetime import timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from accounts.access import requires
from accounts.directory import ClientFacts
from accounts.models import ClientProfile
from accounts.newest import page_of
from accounts.permissions import Level
from accounts.services.audit import Origin
from accounts.tenancy import Actor
from crm.forms.journeys import PolicyForm
from crm.models import Journey, RedactionReceipt, ServiceAgreement
from crm.services import redaction
from crm.views.workplace import at, chosen_client, client_of, show

SHOWN = 100  # of what is due; beyond that their number says enough


@require_GET
@requires("redaction.policy")
def privacy(request: HttpRequest) -> HttpResponse:
    client = chosen_client(request)
    return _page(request, client, None)


@require_POST
@requires("redaction.policy", Level.WRITE)
def privacy_save(request: HttpRequest) -> HttpResponse:
    client = client_of(request)
    form = PolicyForm(request.POST)
    if not form.is_valid():
        return _page(request, client, form, 422)
    redaction.save_policy(
        actor=request.actor,  # type: ignore[attr-defined]
        client_id=client.id, days=form.cleaned_data["days"], now=timezone.now(), origin=Origin.of(request),
    )  # fmt: skip
    return _done(request, client, "Saved. See below what that means for tonight.")


@require_POST
@requires("redaction.policy", Level.WRITE, side="client")
def privacy_consent(request: HttpRequest) -> HttpResponse:
    """A client's own word on whether its agency may read what people told in confidence."""
    client, lets = client_of(request), request.POST.get("lets") == "1"
    redaction.let_agency_read(
        actor=request.actor,  # type: ignore[attr-defined]
        client_id=client.id, lets=lets, now=timezone.now(), origin=Origin.of(request),
    )  # fmt: skip
    words = "may read them now. Each look is in the audit log." if lets else "can’t read them any more."
    return _done(request, client, f"Your agency {words}")


def _page(
    request: HttpRequest, client: ClientFacts | None, form: forms.Form | None, status: int = 200
) -> HttpResponse:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    pk: UUID | None = client.id if client else None
    profile = ClientProfile.objects.for_actor(actor).filter(client_id=pk).first() or ClientProfile()
    zone = client.timezone if client else "UTC"
    tomorrow = timezone.now().astimezone(ZoneInfo(zone)).date() + timedelta(days=1)
    due = redaction.deadline(days=profile.redaction_days, on=tomorrow, zone=zone)
    journeys = redaction.due_journeys(Journey.objects.for_actor(actor).filter(client_id=pk), due)
    agreements = redaction.due_agreements(ServiceAgreement.objects.for_actor(actor).filter(client_id=pk), due)
    receipts = RedactionReceipt.objects.for_actor(actor).filter(client_id=pk).order_by("-redacted_at", "-pk")
    found, older = page_of(receipts, "redacted_at", request.GET.get("before", ""))
    context = {
        "form": form or PolicyForm(initial={"days": profile.redaction_days}),
        "profile": profile,
        "due": due,
        "journeys": list(journeys[: SHOWN + 1]),
        "agreements": list(agreements.select_related("customer")[: SHOWN + 1]),
        "shown": SHOWN,
        "receipts": found,
        "older": older,
        "may_write": actor.can("redaction.policy", Level.WRITE),
        "tabs": "crm/customers/_tabs.html",
        "here": "privacy",
    }
    return show(request, "crm/customers/privacy.html", "Privacy", context, client=client, status=status)


def _done(request: HttpRequest, client: ClientFacts, words: str) -> HttpResponse:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    messages.success(request, words)
    return HttpResponseRedirect(reverse("crm:privacy") + at(client, actor))
