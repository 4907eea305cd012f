from collections.abc import Callable

from django.contrib.auth.middleware import AuthenticationMiddleware
from django.http import HttpRequest, HttpResponse

from accounts.principal import load_principal
from accounts.scope import NOBODY, scoped


class PrincipalMiddleware(AuthenticationMiddleware):
    """Adds ``request.user``, ``request.principal`` and ``request.actor`` (None for strangers), and enters the scope."""

    get_response: Callable[[HttpRequest], HttpResponse]

    def __call__(self, request: HttpRequest) -> HttpResponse:
        self.process_request(request)
        request.principal = request.actor = None  # type: ignore[attr-defined]
        if request.user.is_authenticated:
            principal = getattr(request.user, "principal", None) or load_principal(request.user.pk)
            request.principal = principal  # type: ignore[attr-defined]
            request.actor = principal.actor(request.session.get("seat"))  # type: ignore[attr-defined,union-attr]
        actor = request.actor  # type: ignore[attr-defined]
        with scoped(actor.scope if actor else NOBODY):
            return self.get_response(request)
