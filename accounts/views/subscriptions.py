"""What one client has bought, and its credits: kept by the agency, read by the client's owners and admins."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from accounts import ledger_page
from accounts.access import requires
from accounts.forms.packages import CreditsForm, SubscriptionForm
from accounts.models import Client, ServicePackage, Subscription
from accounts.pages import layout_of
from accounts.permissions import Level
from accounts.services import packages
from accounts.services.audit import Origin
from accounts.services.credits import CreditsRefused, correct_credits, expire_credits, grant_credits
from accounts.tenancy import Actor
from accounts.views.clients import find_client
from accounts.views.places import own_client


@require_GET
@requires("clients.subscription", side="staff")
def subscription(request: HttpRequest, slug: str) -> HttpResponse:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    return _show(request, find_client(actor, slug))


@require_POST
@requires("clients.subscription", Level.WRITE, side="staff")
def subscription_save(request: HttpRequest, slug: str) -> HttpResponse:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    client = find_client(actor, slug)
    form = _form(actor, subscription_of(client), request.POST)
    if not form.is_valid():
        return _show(request, client, form=form)
    try:
        packages.change_subscription(
            actor=actor,
            client_id=client.pk,
            values=form.values,
            now=timezone.now(),
            origin=Origin.of(request),
        )
    except packages.PackageRetired:
        form.add_error("package", "This package is no longer sold.")
        return _show(request, client, form=form)
    messages.success(request, "Saved.")
    return redirect("clients:subscription", slug=slug)


@require_POST
@requires("clients.subscription", Level.WRITE, side="staff")
def credits_move(request: HttpRequest, slug: str) -> HttpResponse:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    client = find_client(actor, slug)
    form = CreditsForm(request.POST)
    if not form.is_valid():
        return _show(request, client, credits_form=form)
    data = form.cleaned_data
    same = {"actor": actor, "client_id": client.pk, "note": data["note"], "now": timezone.now()}
    deeds: dict[str, Any] = {"grant": grant_credits, "expire": expire_credits}
    try:
        if data["kind"] == "correct":
            correct_credits(**same, delta=data["amount"], origin=Origin.of(request))
        else:
            deeds[data["kind"]](**same, amount=data["amount"], origin=Origin.of(request))
    except CreditsRefused as refusal:
        form.add_error("amount", str(refusal))
        return _show(request, client, credits_form=form)
    except Subscription.DoesNotExist:
        form.add_error(None, "Give the client a subscription first.")
        return _show(request, client, credits_form=form)
    messages.success(request, "Credits moved.")
    return redirect("clients:subscription", slug=slug)


@require_GET
@requires("clients.subscription", side="client")
def plan(request: HttpRequest) -> HttpResponse:
    """A client's own plan and where its credits went. To be read, not changed."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    client = own_client(request)
    context = {**_ledger(request, client, reverse("accounts:plan")), "layout": layout_of(actor)}
    return render(request, "accounts/plan.html", context)


def subscription_of(client: Client) -> Subscription | None:
    found: Subscription | None = Subscription.objects.for_client(client).select_related("package").first()
    return found


def _form(actor: Actor, held: Subscription | None, data: Any = None) -> SubscriptionForm:
    """Packages that are sold, and the one that the client has though it may be retired."""
    sold = ServicePackage.objects.for_actor(actor).filter(is_active=True)
    if held and held.package_id:
        sold = sold | ServicePackage.objects.for_actor(actor).filter(pk=held.package_id)
    known = held or Subscription()
    initial = {name: getattr(known, name) for name in ("package", "status", "default_permission_mode")}
    return SubscriptionForm(data, initial=initial, packages=sold, actor=actor)


def _ledger(request: HttpRequest, client: Client, here: str) -> dict[str, Any]:
    rows, older = ledger_page.page(client, request.GET.get("before", ""))
    older_url = f"{here}?before={older}" if older else ""
    return {"client": client, "subscription": subscription_of(client), "rows": rows, "older_url": older_url}


def _show(
    request: HttpRequest,
    client: Client,
    *,
    form: forms.Form | None = None,
    credits_form: forms.Form | None = None,
) -> HttpResponse:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    context = _ledger(request, client, reverse("clients:subscription", args=[client.slug]))
    context["may_write"] = actor.can("clients.subscription", Level.WRITE)
    context["form"] = form or _form(actor, context["subscription"])
    context["credits_form"] = credits_form or CreditsForm()
    return render(
        request, "accounts/client_subscription.html", context, status=422 if form or credits_form else 200
    )
