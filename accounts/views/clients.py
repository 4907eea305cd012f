"""One client as the agency keeps it: profile, status, archive."""

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from accounts.access import requires
from accounts.forms.clients import ProfileForm, StatusForm
from accounts.models import Client, ClientProfile
from accounts.permissions import Level
from accounts.services import clients
from accounts.services.audit import Origin
from accounts.staff import assigned_to
from accounts.tenancy import Actor

STEP_WORDS = {
    Client.Status.ACTIVE: ("Start the work", "circle-check"),
    Client.Status.INACTIVE: ("Set to inactive", "circle-pause"),
    Client.Status.ONBOARDING: ("Back to onboarding", "undo-2"),
}


def find_client(actor: Actor, slug: str) -> Client:
    client: Client | None = Client.objects.for_actor(actor).filter(slug=slug).first()
    if client is None:
        raise Http404
    return client


def shown_profile(actor: Actor, client: Client, form: forms.Form) -> dict[str, object]:
    """What both sides see of a client's profile."""
    return {
        "client": client,
        "form": form,
        "assigned": assigned_to(actor, client.pk),
        "may_write": actor.can("clients.profile", Level.WRITE),
    }


def profile_of(client: Client) -> ClientProfile | None:
    found: ClientProfile | None = ClientProfile.objects.for_client(client).first()
    return found


@require_GET
@requires("clients.profile", side="staff")
def profile(request: HttpRequest, slug: str) -> HttpResponse:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    client = find_client(actor, slug)
    return _show(request, client, ProfileForm.of(client, profile_of(client), is_staff=True))


@require_POST
@requires("clients.profile", Level.WRITE, side="staff")
def profile_save(request: HttpRequest, slug: str) -> HttpResponse:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    client = find_client(actor, slug)
    form = ProfileForm(request.POST, is_staff=True)
    if not form.is_valid():
        return _show(request, client, form, 422)
    clients.change_client(
        actor=actor, client_id=client.pk, values=form.cleaned_data, now=timezone.now(),
        origin=Origin.of(request),
    )  # fmt: skip
    messages.success(request, "Saved.")
    return redirect("clients:profile", slug=slug)


@require_POST
@requires("clients.manage", Level.WRITE, side="staff")
def status(request: HttpRequest, slug: str) -> HttpResponse:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    client = find_client(actor, slug)
    form = StatusForm(request.POST)
    if not form.is_valid():
        messages.error(request, "Choose onboarding, active or inactive.")
        return redirect("clients:profile", slug=slug)
    try:
        client = clients.change_status(
            actor=actor, client_id=client.pk, status=form.cleaned_data["status"], now=timezone.now(),
            origin=Origin.of(request),
        )  # fmt: skip
    except clients.StatusRefused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, f"{client.name} is {client.get_status_display().lower()} now.")
    return redirect("clients:profile", slug=slug)


@require_GET
@requires("clients.manage", Level.ADMINISTER, side="staff")
def archive(request: HttpRequest, slug: str) -> HttpResponse:
    """Say what archiving means, and ask."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    client = find_client(actor, slug)
    if client.archived_at:
        return redirect("clients:profile", slug=slug)
    return render(request, "accounts/client_archive.html", {"client": client})


@require_POST
@requires("clients.manage", Level.ADMINISTER, side="staff")
def archive_now(request: HttpRequest, slug: str) -> HttpResponse:
    client = _archive(request, slug, archived=True)
    messages.success(request, f"{client.name} is in the archive. You find it under Clients, Archived.")
    return redirect("crm:clients")


@require_POST
@requires("clients.manage", Level.ADMINISTER, side="staff")
def unarchive(request: HttpRequest, slug: str) -> HttpResponse:
    client = _archive(request, slug, archived=False)
    messages.success(request, f"{client.name} is back, and its people can sign in again.")
    return redirect("clients:profile", slug=slug)


def _archive(request: HttpRequest, slug: str, *, archived: bool) -> Client:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    return clients.archive_client(
        actor=actor, client_id=find_client(actor, slug).pk, archived=archived, now=timezone.now(),
        origin=Origin.of(request),
    )  # fmt: skip


def _show(request: HttpRequest, client: Client, form: forms.Form, code: int = 200) -> HttpResponse:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    context = {
        **shown_profile(actor, client, form),
        "may_manage": actor.can("clients.manage", Level.ADMINISTER),
        "steps": [(each.value, *STEP_WORDS[each]) for each in clients.STEPS[Client.Status(client.status)]],
    }
    return render(request, "accounts/client_profile.html", context, status=code)
