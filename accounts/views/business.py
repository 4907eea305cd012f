"""A client's own profile, as its people keep it."""

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from accounts.access import requires
from accounts.forms.clients import ProfileForm
from accounts.models import Client
from accounts.pages import layout_of
from accounts.permissions import Level
from accounts.services import clients
from accounts.services.audit import Origin
from accounts.tenancy import Actor
from accounts.views.clients import profile_of, shown_profile
from accounts.views.places import own_client


@require_GET
@requires("clients.profile", side="client")
def business(request: HttpRequest) -> HttpResponse:
    client = own_client(request)
    return _show(request, client, ProfileForm.of(client, profile_of(client), is_staff=False))


@require_POST
@requires("clients.profile", Level.WRITE, side="client")
def business_save(request: HttpRequest) -> HttpResponse:
    client = own_client(request)
    form = ProfileForm(request.POST, is_staff=False)
    if not form.is_valid():
        return _show(request, client, form, 422)
    clients.change_client(
        actor=request.actor,  # type: ignore[attr-defined]
        client_id=client.pk,
        values=form.cleaned_data,
        now=timezone.now(),
        origin=Origin.of(request),
    )
    messages.success(request, "Saved.")
    return redirect("accounts:business")


def _show(request: HttpRequest, client: Client, form: forms.Form, code: int = 200) -> HttpResponse:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    context = {**shown_profile(actor, client, form), "layout": layout_of(actor)}
    return render(request, "accounts/business.html", context, status=code)
