from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from accounts.access import signed_in
from accounts.services.audit import Origin, record_by


@require_POST
@signed_in
def take_seat(request: HttpRequest) -> HttpResponse:
    """Act from another of one's own seats from now on; a seat that is not one's own does not exist."""
    seat = request.POST.get("seat", "")
    if seat not in request.principal.seats:  # type: ignore[attr-defined]
        raise Http404
    request.session["seat"] = seat
    actor = request.principal.seats[seat]  # type: ignore[attr-defined]
    record_by(actor, "seat_taken", now=timezone.now(), origin=Origin.of(request))
    return redirect("portal:start")
