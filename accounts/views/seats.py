from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from accounts.access import signed_in
from accounts.pages import layout_of
from accounts.seats import seats_of
from accounts.services.audit import Origin, record_by


@require_GET
@signed_in
def seats(request: HttpRequest) -> HttpResponse:
    """All one's seats, to find one among many."""
    every = seats_of(request)
    if not every:
        raise Http404
    q = " ".join(request.GET.get("q", "").replace("\x00", "").split())[:100]
    context = {
        "q": q,
        "rows": [each for each in every if each.answers_to(q)],
        "layout": layout_of(request.actor),  # type: ignore[attr-defined]
    }
    return render(request, "accounts/seats.html", context)


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
