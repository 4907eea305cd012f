"""Acting as a client, request by request: the seat, its end, and the one place that keeps looking from changing."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import Resolver404, resolve, reverse
from django.utils import timezone

from accounts.models import ImpersonationSession
from accounts.principal import Principal, facts_of
from accounts.scope import agency_scope, scoped
from accounts.services import acting
from accounts.services.audit import Origin
from accounts.services.platform_acting import platform_seat
from accounts.tenancy import Acting, Actor

SESSION_KEY = "acting"  # in the browser's session
LOOKS = ("GET", "HEAD", "OPTIONS")
# What stays open whatever the mode: going away, coming home, and the light.
AWAY = frozenset({"accounts:acting_stop", "account_logout", "portal:theme"})
LOOK_OF_THE_HOUSE = frozenset({"brand:stylesheet", "brand:logo"})
ALWAYS = AWAY | LOOK_OF_THE_HOUSE | {"accounts:acting_changes", "portal:start"}


@dataclass(frozen=True, slots=True)
class Kept:
    """What the browser's session holds: which row, and in which agency it is to be looked for."""

    agency_id: UUID
    session_id: UUID
    client_id: UUID | None = None  # of superusers, who come back to the page of that client

    @classmethod
    def of(cls, request: HttpRequest) -> "Kept | None":
        told = request.session.get(SESSION_KEY) if request.user.is_authenticated else None
        if not told:
            return None
        client = UUID(told["client"]) if "client" in told else None
        return cls(UUID(told["agency"]), UUID(told["id"]), client)

    def seat(self, principal: Principal) -> Actor | None:
        """From where the person entered; None when they are that no longer."""
        if self.client_id is None:
            return principal.seats.get(f"{self.agency_id}/")
        return platform_seat(principal.user, self.agency_id)


class ActingMiddleware:
    """Puts ``request.actor`` into the client's seat while the row of ImpersonationSession says so.

    ``request.acting`` is that row, or None. Comes right after PrincipalMiddleware. Whoever does not act pays nothing.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.acting = None  # type: ignore[attr-defined]
        kept = Kept.of(request)
        if kept is None:
            return self.get_response(request)
        principal: Principal = request.principal  # type: ignore[attr-defined]
        staff = kept.seat(principal)
        row = self._row(staff, kept.session_id, timezone.now())
        if staff is None or row is None:
            return self._over(request, staff, kept)
        principal.agencies.setdefault(kept.agency_id, facts_of(row.agency))
        request.acting = row  # type: ignore[attr-defined]
        request.actor = seated(staff, row)  # type: ignore[attr-defined]
        with scoped(request.actor.scope):  # type: ignore[attr-defined]
            return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, *_: Any) -> HttpResponseBase | None:
        """Refuse what an acting person may not do, for every view there is or will be.

        A view that asks for no capability is shut, and one that does opens to looks alone until changes are allowed;
        what may be seen or changed at all is then ``Actor.can``'s business.
        """
        row: ImpersonationSession | None = request.acting  # type: ignore[attr-defined]
        match = request.resolver_match
        if row is None or (match and match.view_name in ALWAYS):
            return None
        asks = isinstance(getattr(view, "access_policy", None), tuple)
        if not asks or not (row.may_write or request.method in LOOKS):
            raise PermissionDenied
        return None

    def _row(self, staff: Actor | None, session_id: UUID, now: datetime) -> ImpersonationSession | None:
        if staff is None:
            return None
        with scoped(staff.scope), transaction.atomic():
            return acting.running(staff=staff, session_id=session_id, now=now)

    def _over(self, request: HttpRequest, staff: Actor | None, kept: "Kept") -> HttpResponse:
        """Leave the seat. The act that came too late is not done: only who goes away by it anyway goes on."""
        with agency_scope(kept.agency_id):
            acting.end_acting(
                agency_id=kept.agency_id,
                staff_id=request.principal.user.pk,  # type: ignore[attr-defined]
                session_id=kept.session_id,
                now=timezone.now(),
                origin=Origin.of(request),
                because="no longer allowed",
            )
        leave(request)
        if _leads_away(request):
            return self.get_response(request)
        to = _after(request, staff, kept)
        if request.headers.get("HX-Request"):
            return HttpResponse(headers={"HX-Redirect": to})
        return redirect(to)


def seated(staff: Actor, row: ImpersonationSession) -> Actor:
    """``staff`` in the client's seat, with no right that they did not bring and the client's owner does not have."""
    return Actor(
        user_id=staff.user_id,
        agency_id=staff.agency_id,
        roles=frozenset(),
        client_ids=(row.client_id,),
        is_staff=False,
        acting=Acting(row.pk, row.subject_id, staff.roles, row.may_write),
    )


def enter(request: HttpRequest, row: ImpersonationSession) -> None:
    """From the next request on this browser sits in the client's seat, under another session key."""
    kept = {"agency": str(row.agency_id), "id": str(row.pk)}
    if row.by_platform:
        kept["client"] = str(row.client_id)
    request.session[SESSION_KEY] = kept
    request.session.cycle_key()


def leave(request: HttpRequest) -> None:
    request.session.pop(SESSION_KEY, None)
    request.session.cycle_key()


def _after(request: HttpRequest, staff: Actor | None, kept: Kept) -> str:
    """The page that says that it is over, if the person may open it."""
    if staff is None or not staff.can("clients.act_as"):
        return reverse("portal:start")
    if kept.client_id:
        return reverse("accounts:acting_platform", args=[kept.client_id]) + "?over=1"
    own = staff == request.actor  # type: ignore[attr-defined]
    return f"{reverse('accounts:acting')}?over={kept.session_id}" if own else reverse("portal:start")


def _leads_away(request: HttpRequest) -> bool:
    try:
        return resolve(request.path_info).view_name in AWAY
    except Resolver404:
        return False
