"""Django's news of who came, went or was refused. The only hooks there are: allauth signs in."""

from typing import Any

from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.http import HttpRequest
from django.utils import timezone

from accounts.arrivals import arrive
from accounts.devices import remember_device
from accounts.models import User
from accounts.services.acting import end_acting
from accounts.services.audit import Origin, record_of
from accounts.services.sign_in import came_in, was_refused


def connect() -> None:
    user_logged_in.connect(came, dispatch_uid="audit.came")
    user_logged_in.connect(at_the_gate, dispatch_uid="gate.arrive")
    user_logged_out.connect(went, dispatch_uid="audit.went")
    user_login_failed.connect(refused, dispatch_uid="audit.refused")


def came(request: HttpRequest, user: User, **_: Any) -> None:
    remember_device(request)
    origin = Origin.of(request)
    request.session.pop("ended", None)
    attempt = getattr(request, "attempt", None)
    provider = getattr(request, "sign_in_provider", "password")
    came_in(user=user, attempt=attempt, provider=provider, origin=origin, now=timezone.now())


def at_the_gate(request: HttpRequest, user: User, **_: Any) -> None:
    """Every way of signing in ends here; a session that has not been here holds no proof and is held."""
    arrive(request, user)


def went(request: HttpRequest, user: User | None, **_: Any) -> None:
    """Who goes leaves a client's seat as well."""
    if user is None:
        return
    now, origin = timezone.now(), Origin.of(request)
    if row := getattr(request, "acting", None):
        end_acting(
            agency_id=row.agency_id,
            staff_id=row.staff_id,
            session_id=row.pk,
            now=now,
            origin=origin,
            because="signed out",
        )
    record_of(user.pk, "logout", now=now, origin=origin)


def refused(request: HttpRequest, **_: Any) -> None:
    was_refused(attempt=request.attempt, origin=Origin.of(request), now=timezone.now())  # type: ignore[attr-defined]
