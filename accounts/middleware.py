from collections.abc import Callable
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from django.conf import settings
from django.contrib.auth import HASH_SESSION_KEY
from django.contrib.auth.middleware import AuthenticationMiddleware, LoginRequiredMiddleware
from django.contrib.auth.models import AnonymousUser
from django.contrib.auth.views import redirect_to_login
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest, HttpResponse
from django.urls import Resolver404, resolve
from django.utils import timezone
from django_htmx.http import HttpResponseClientRedirect

from accounts.devices import tell_device
from accounts.next_page import is_safe
from accounts.principal import Principal, understood
from accounts.scope import NOBODY, scoped
from accounts.services.audit import Origin
from accounts.services.sessions import report_reuse
from accounts.sessions import SessionStore


class SharedFilesMiddleware:
    """Answers for colours and logos before anybody is recognised: what caches keep for all must depend on nobody."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path.startswith("/brand/") and request.method in ("GET", "HEAD"):
            with suppress(Resolver404):
                found = resolve(request.path)
                answer: HttpResponse = found.func(request, *found.args, **found.kwargs)
                return answer
        return self.get_response(request)


class BrowserSessionMiddleware(SessionMiddleware):
    """Django's, with a key that is turned over, and a cookie for the browser itself."""

    def process_request(self, request: HttpRequest) -> None:
        super().process_request(request)
        session: SessionStore = request.session  # type: ignore[assignment]
        session.whence = lambda: Origin.of(request).columns

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        session: SessionStore = request.session  # type: ignore[assignment]
        if session.accessed and response.status_code < 500 and session.is_due(timezone.now()):
            session.turn_over()
        response = super().process_response(request, response)
        cookie = response.cookies.get(settings.SESSION_COOKIE_NAME)
        if cookie is not None and cookie.value and not session.key_is_new:
            del response.cookies[settings.SESSION_COOKIE_NAME]  # another request may have told a newer one
        tell_device(request, response)
        return response


class PrincipalMiddleware(AuthenticationMiddleware):
    """Adds ``request.user``, ``request.principal`` and ``request.actor`` (None for strangers), and enters the scope."""

    get_response: Callable[[HttpRequest], HttpResponse]

    def __call__(self, request: HttpRequest) -> HttpResponse:
        principal = recognised(request)
        request.user = principal.user if principal else AnonymousUser()
        request.principal = principal  # type: ignore[attr-defined]
        actor = principal.actor(request.session.get("seat")) if principal else None
        request.actor = actor  # type: ignore[attr-defined]
        with scoped(actor.scope if actor else NOBODY):
            return self.get_response(request)


class SignInMiddleware(LoginRequiredMiddleware):
    """Django's, which leads strangers to the sign-in page, and back to a page that can be opened.

    A piece of a page, or a form whose page a session ended under, comes back to the page that it was on. htmx moves
    the whole window, or it would draw the sign-in page inside the piece.
    """

    def handle_no_permission(self, request: HttpRequest, view_func: Any) -> Any:
        asked_by = request.headers.get("HX-Current-URL")
        if asked_by is None and request.method in ("GET", "HEAD"):
            return super().handle_no_permission(request, view_func)
        answer = redirect_to_login(_page_of(request, asked_by or request.headers.get("Referer", "")))
        return answer if asked_by is None else HttpResponseClientRedirect(answer["Location"])


def _page_of(request: HttpRequest, address: str) -> str:
    """The path of a page of this site, else of the front door."""
    if not is_safe(request, address):
        return "/"
    return urlunsplit(("", "", *urlsplit(address)[2:4], ""))


def recognised(request: HttpRequest) -> Principal | None:
    """Who the session says is here. A session begun under another password, or of a login that is off, ends."""
    session: SessionStore = request.session  # type: ignore[assignment]
    words = session.principal_words
    if session.reused_row is not None:
        report_reuse(session_id=session.reused_row, origin=Origin.of(request), now=timezone.now())
    if words is None:
        return None
    principal = understood(words)
    if not (principal.user.is_active and principal.owns(session.get(HASH_SESSION_KEY, ""))):
        session.flush()
        return None
    if session.is_unconfirmed:
        session.confirm(timezone.now())
    return principal
