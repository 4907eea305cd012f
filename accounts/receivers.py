"""Django's news of who came, went or was refused, into the audit log. The only hooks there are: allauth signs in."""

from typing import Any

from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.http import HttpRequest
from django.utils import timezone

from accounts.models import User
from accounts.principal import load_principal
from accounts.services.audit import Origin, record


def connect() -> None:
    user_logged_in.connect(came, dispatch_uid="audit.came")
    user_logged_out.connect(went, dispatch_uid="audit.went")
    user_login_failed.connect(refused, dispatch_uid="audit.refused")


def came(request: HttpRequest, user: User, **_: Any) -> None:
    _write("login_success", request, user)


def went(request: HttpRequest, user: User | None, **_: Any) -> None:
    if user is not None:
        _write("logout", request, user)


def refused(credentials: dict[str, Any], request: HttpRequest | None = None, **_: Any) -> None:
    """A wrong password is news to the agency of whom it was tried on; an unknown address only to the platform."""
    email = str(credentials.get("email") or credentials.get("username") or "")
    user = User.objects.filter(email__iexact=email).first() if email else None
    _write("login_failed", request, user, failure_reason="wrong password" if user else "unknown e-mail")


def _write(event_type: str, request: HttpRequest | None, user: User | None, failure_reason: str = "") -> None:
    principal = load_principal(user.pk) if user else None
    seat = principal.actor() if principal else None
    record(
        event_type=event_type,
        now=timezone.now(),
        agency_id=seat.agency_id if seat else None,
        client_id=seat.client_ids[0] if seat and not seat.is_staff and seat.client_ids else None,
        actor_id=user.pk if user else None,
        origin=Origin.of(request) if request else Origin(),
        failure_reason=failure_reason,
    )
