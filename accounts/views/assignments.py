"""Who of the agency works for a client."""

from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from accounts.access import requires
from accounts.forms.clients import AssignForm
from accounts.models import Client, ClientAssignment
from accounts.permissions import Level
from accounts.services import assignments
from accounts.services.audit import Origin
from accounts.staff import assigned_to, staff_choices
from accounts.tenancy import Actor
from accounts.views.clients import find_client


@require_GET
@requires("clients.manage", side="staff")
def staff(request: HttpRequest, slug: str) -> HttpResponse:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    return _show(request, find_client(actor, slug), AssignForm(staff=staff_choices(actor)))


@require_POST
@requires("clients.manage", Level.WRITE, side="staff")
def staff_add(request: HttpRequest, slug: str) -> HttpResponse:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    client = find_client(actor, slug)
    form = AssignForm(request.POST, staff=staff_choices(actor))
    if not form.is_valid():
        return _show(request, client, form, 422)
    try:
        assignments.assign_staff(
            actor=actor, client_id=client.pk, user_id=UUID(form.cleaned_data["user"]),
            kind=form.cleaned_data["kind"], now=timezone.now(), origin=Origin.of(request),
        )  # fmt: skip
    except assignments.NotOfTheAgency:
        form.add_error("user", "This person no longer works for your agency.")
        return _show(request, client, form, 422)
    messages.success(request, "Assigned.")
    return redirect("clients:staff", slug=slug)


@require_POST
@requires("clients.manage", Level.WRITE, side="staff")
def staff_remove(request: HttpRequest, assignment_id: UUID) -> HttpResponse:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    found = (
        ClientAssignment.objects.for_actor(actor).select_related("client").filter(pk=assignment_id).first()
    )
    if found is None:
        raise Http404
    assignments.unassign_staff(
        actor=actor, assignment_id=assignment_id, now=timezone.now(), origin=Origin.of(request)
    )
    messages.success(request, "Taken off this client.")
    if actor.client_ids is not None and found.user_id == actor.user_id:
        return redirect("crm:clients")  # one's own way in may have been this assignment
    return redirect("clients:staff", slug=found.client.slug)


def _show(request: HttpRequest, client: Client, form: forms.Form, code: int = 200) -> HttpResponse:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    context = {"client": client, "form": form, "assigned": assigned_to(actor, client.pk)}
    return render(request, "accounts/client_staff.html", context, status=code)
