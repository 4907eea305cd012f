"""Django's news of who came, went or was refused, into the audit log. The only hooks there are: allauth signs in."""

from typing import Any

from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.http import HttpRequest
from django.utils import timezone

from accounts.arrivals import arrive
from accounts.devices import remember_device
from accounts.models import User
from accounts.services.acting import end_acting
from accounts.services.audit import Origin, record_of


def connect() -> None:
    user_logged_in.connect(came, dispatch_uid="audit.came")
    user_logged_in.connect(at_the_gate, dispatch_uid="gate.arrive")
    user_logged_out.connect(went, dispatch_uid="audit.went")
    user_login_failed.connect(refused, dispatch_uid="audit.refused")


def came(request: HttpRequest, user: User, **_: Any) -> None:
    remember_device(request)
    origin = Origin.of(request)
    request.session.pop("ended", None)
    record_of(user.pk, "login_success", now=timezone.now(), origin=origin)


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


def refused(credentials: dict[str, Any], request: HttpRequest | None = None, **_: Any) -> None:
    """A wrong password is news to the agency of whom it was tried on; an unknown address only to the platform."""
    email = str(credentials.get("email") or credentials.get("username") or "")
    user = User.objects.filter(email__iexact=email).first() if email else None
    record_of(
        user.pk if user else None,
        "login_failed",
        now=timezone.now(),
        origin=Origin.of(request) if request else Origin(),
        failure_reason="wrong password" if user else "unknown e-mail",
    )
