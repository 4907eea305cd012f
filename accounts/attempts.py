"""A password or a mailing form is tried only where the try was counted first, and the count outlives the try."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.db import transaction
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone

from accounts.access import View
from accounts.services.audit import Origin
from accounts.services.sign_in import begin_attempt, may_mail, never_tried

Whom = Callable[[HttpRequest], str]


def counted(whom: Whom) -> Callable[[View], View]:
    """Count each POST as a try at the password of the e-mail that ``whom`` finds, before the view's transaction.

    The view goes on even when the try is refused: `accounts.backends` then turns it down in the words, and by the path,
    of a wrong password.
    """

    def decorate(view: View) -> View:
        @transaction.non_atomic_requests
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if request.method == "POST":
                request.attempt = begin_attempt(  # type: ignore[attr-defined]
                    email=whom(request), origin=Origin.of(request), now=timezone.now()
                )
            response = in_transaction(view, request, *args, **kwargs)
            attempt = getattr(request, "attempt", None)
            if attempt is not None and not getattr(request, "password_tried", False):
                never_tried(attempt=attempt)  # a form with a gap in it
            return response

        return guarded

    return decorate


def mailing(whom: Whom, *, then: str) -> Callable[[View], View]:
    """Count each POST as a mail to the address that ``whom`` finds. Past the limit nothing is sent.

    The page goes on to the route ``then``, as it does when a mail is sent: nobody learns the difference.
    """

    def decorate(view: View) -> View:
        @transaction.non_atomic_requests
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if request.method == "POST" and not may_mail(
                email=whom(request), origin=Origin.of(request), now=timezone.now()
            ):
                return redirect(then)
            return in_transaction(view, request, *args, **kwargs)

        return guarded

    return decorate


def in_transaction(view: View, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
    """What ``ATOMIC_REQUESTS`` does elsewhere. The page is drawn inside too, where the tenant's rows can be read."""
    with transaction.atomic():
        response = view(request, *args, **kwargs)
        if callable(getattr(response, "render", None)):
            response.render()  # type: ignore[attr-defined]
        return response


def typed(field: str) -> Whom:
    return lambda request: request.POST.get(field, "")


def own(request: HttpRequest) -> str:
    return getattr(request.user, "email", "")
