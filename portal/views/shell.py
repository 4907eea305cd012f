from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from accounts.access import public, signed_in
from accounts.next_page import safe_next
from accounts.views.looks import remember_house
from lib.ui.routes import address
from portal.context import THEMES

YEAR_S = 365 * 24 * 3600


@require_GET
@public
def healthz(request: HttpRequest) -> HttpResponse:
    """The process answers. Asks nothing of the database, so that a slow one does not get every worker killed."""
    return HttpResponse("ok\n", content_type="text/plain")


@require_GET
@transaction.non_atomic_requests  # who is here is known already: nothing is asked of the database
@signed_in
def start(request: HttpRequest) -> HttpResponse:
    """Everybody's own front door."""
    actor = request.actor  # type: ignore[attr-defined]
    if actor is not None:
        response = HttpResponseRedirect(address("crm:inbox" if actor.is_staff else "portal:home"))
        if actor.acting is None:  # the browser of who only looks in is not the client's
            remember_house(response, request.principal.agencies[actor.agency_id].slug)  # type: ignore[attr-defined]
        return response
    if request.user.is_superuser:
        return redirect("admin:index")
    return render(request, "portal/no_seat.html", status=403)


@require_POST
@public
def theme(request: HttpRequest) -> HttpResponse:
    """Remember light or dark in a cookie; anything else follows the system again."""
    response = HttpResponseRedirect(safe_next(request, "/"))
    wanted = request.POST.get("theme", "")
    if wanted in THEMES:
        response.set_cookie(
            "theme", wanted, max_age=YEAR_S, samesite="Lax", secure=settings.SECURE, httponly=True
        )
    else:
        response.delete_cookie("theme")
    return response


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return render(request, "403_csrf.html", status=403)
