"""The one gate behind the password: who has not proved what their sign-in asks for reaches nothing but the proof."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode, urlsplit

from django.contrib import messages
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django_htmx.http import HttpResponseClientRedirect

from accounts import proof
from accounts.next_page import is_safe
from accounts.scope import NOBODY, scoped

OPEN = frozenset({"account_logout"})  # of others' views; our own say so themselves


class GateMiddleware:
    """Until ``is_verified``, the request is nobody's: no actor, no scope, no user. ``request.held`` is who waits.

    It stands behind the principal's middleware and takes back what that one gave. A view that is open while somebody
    is held says so (``open_while_held``) and gets the person; a public view gets nobody; every other is refused.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.held = None  # type: ignore[attr-defined]
        if not request.user.is_authenticated:
            return self.get_response(request)
        proof.attach(request)
        if request.user.is_verified():  # type: ignore[attr-defined]
            return self.get_response(request)
        request.held, request.user = request.user, AnonymousUser()  # type: ignore[attr-defined]
        request.principal = request.actor = None  # type: ignore[attr-defined]
        with scoped(NOBODY):
            return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, *_: Any) -> HttpResponse | None:
        if request.held is None or getattr(view, "access_policy", "") == "public":  # type: ignore[attr-defined]
            return None
        match = request.resolver_match
        if getattr(view, "open_while_held", False) or (match and match.view_name in OPEN):
            request.user = request.held  # type: ignore[attr-defined]
            return None
        return to_proof(request)


def to_proof(request: HttpRequest, **params: str) -> HttpResponse:
    """To the page that asks for a second factor, and from there on to where the person wanted to go."""
    if request.method == "GET" and "HX-Request" not in request.headers:
        params["next"] = request.get_full_path()
    address = reverse("accounts:verify") + (f"?{urlencode(params)}" if params else "")
    if "HX-Request" in request.headers:
        return HttpResponseClientRedirect(address)
    return redirect(address)


def ask_again(request: HttpRequest, why: str = "step_up") -> HttpResponse:
    """To the proof and back. What was sent by a form is gone, which is said; back is the page of the form."""
    if request.method in ("GET", "HEAD"):
        return to_proof(request, why=why)
    messages.warning(request, "Nothing was saved yet: first confirm it’s you, then send the form again.")
    came_from = request.headers.get("Referer", "")
    parts = urlsplit(came_from)
    if not is_own(request, came_from):
        return to_proof(request, why=why)
    return to_proof(request, why=why, next=parts.path + (f"?{parts.query}" if parts.query else ""))


def is_own(request: HttpRequest, address: str) -> bool:
    """Whether ``address`` leads to this very site, so that a person may be sent there."""
    return is_safe(request, address)
