from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from accounts.access import requires
from accounts.locked import paused_people
from accounts.pages import layout_of
from accounts.permissions import Level
from accounts.services.audit import Origin
from accounts.services.sign_in import lift_pause
from accounts.tenancy import Actor


@require_GET
@requires("security.others", Level.WRITE)
def locked(request: HttpRequest) -> HttpResponse:
    """Who of one's house may not sign in at the moment, because of too many wrong passwords."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    context = {"people": paused_people(actor, timezone.now()), "layout": layout_of(actor)}
    return render(request, "accounts/locked.html", context)


@require_POST
@requires("security.others", Level.WRITE)
def lift(request: HttpRequest, user_id: UUID) -> HttpResponse:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    now = timezone.now()
    person = next((each for each in paused_people(actor, now) if each.pk == user_id), None)
    if person is None:
        raise Http404
    lift_pause(user=person, by=actor.user_id, origin=Origin.of(request), now=now)
    messages.success(request, f"{person.name} can sign in again.")
    return redirect("accounts:locked")
