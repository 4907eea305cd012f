"""What administrators do about the sign-in of their people."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from accounts.services.audit import Origin
from accounts.services.places import Place
from accounts.services.sessions import sign_out_everywhere
from accounts.views.places import address, at_place
from accounts.views.team_person import find_member


def sign_out(request: HttpRequest, place: Place, person_id: UUID) -> HttpResponse:
    member = find_member(request, place, person_id)
    ended = sign_out_everywhere(
        actor=request.actor,  # type: ignore[attr-defined]
        user_id=person_id,
        keep=request.session.row_id if member.is_reader else None,  # type: ignore[attr-defined]
        origin=Origin.of(request),
        now=timezone.now(),
    )
    messages.success(
        request,
        f"{member.user.name} is signed out everywhere."
        if ended
        else f"{member.user.name} was not signed in.",
    )
    return redirect(address(place, "person", person_id))


team_sign_out, client_team_sign_out = (require_POST(view) for view in at_place(sign_out))
