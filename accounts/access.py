"""What a view says about who may enter. A view without a policy fails the test that reads every route."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Literal

from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone

from accounts import gate, proof
from accounts.owed import ADMIN
from accounts.permissions import Level

View = Callable[..., HttpResponseBase]
Side = Literal["staff", "client", "any"]


def requires(capability: str, at_least: Level = Level.READ, *, side: Side = "any") -> Callable[[View], View]:
    """Let in actors that have ``capability`` at that level; others of the house get 403, people of the other side 404.

    ``side`` keeps the agency's pages and the client portal apart: to the wrong side the page does not exist.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            actor = request.actor  # type: ignore[attr-defined]
            if actor is None or (side != "any" and actor.is_staff != (side == "staff")):
                raise Http404
            if not actor.can(capability, at_least):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        guarded.access_policy = (capability, at_least, side)  # type: ignore[attr-defined]
        return guarded

    return decorate


def public(view: View) -> View:
    """Anybody may come: the view itself decides what they see."""
    opened: View = login_not_required(view)
    opened.access_policy = "public"  # type: ignore[attr-defined]
    return opened


def signed_in(view: View) -> View:
    """Anybody who is signed in may come, with or without a membership."""
    view.access_policy = "signed in"  # type: ignore[attr-defined]
    return view


def while_acting(view: View) -> View:
    """Only who acts as a client may come, whatever they may do there; for others the page does not exist."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        actor = request.actor  # type: ignore[attr-defined]
        if actor is None or actor.acting is None:
            raise Http404
        return view(request, *args, **kwargs)

    guarded.access_policy = "acting"  # type: ignore[attr-defined]
    return guarded


def superuser(view: View) -> View:
    """Only superusers who have lately shown a strong factor, as in Django admin; for others the page does not exist."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not (request.user.is_active and getattr(request.user, "is_superuser", False)):
            raise Http404
        if not proof.lately_strong(request, timezone.now()):
            return gate.ask_again(request, why=ADMIN)
        return view(request, *args, **kwargs)

    guarded.access_policy = "superuser"  # type: ignore[attr-defined]
    return guarded


def while_held(view: View) -> View:
    """Open also to somebody whose second factor is still awaited. Such a view must ask nothing of their tenants."""
    view.open_while_held = True  # type: ignore[attr-defined]
    return view


def fresh_proof(view: View) -> View:
    """Let in whoever showed a second factor within ten minutes; others show one first and come back.

    A form that was sent is not kept: the person is told and returns to the page it was on. Goes below ``requires``,
    so that nobody learns of a page by being asked.
    """

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if proof.fresh(request, timezone.now()):
            return view(request, *args, **kwargs)
        return gate.ask_again(request)

    guarded.wants_fresh_proof = True  # type: ignore[attr-defined]
    return guarded
