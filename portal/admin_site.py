"""Django admin for superusers: across all agencies, by the platform role, in one transaction a request."""

from typing import Any

from django.contrib import messages
from django.contrib.admin import AdminSite
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone

from accounts import gate
from accounts.owed import ADMIN
from accounts.proof import LAST_USED, lately_strong
from accounts.scope import PlatformUse, platform_scope

NOTED_EVERY_S = 60


class PlatformAdminSite(AdminSite):
    site_header = site_title = "Switchboard platform"
    index_title = "Everything, across agencies"
    site_url = "/"

    def has_permission(self, request: HttpRequest) -> bool:
        """Superusers who have lately shown an app, a passkey or a backup code. No trust in a device counts here."""
        return _is_superuser(request) and lately_strong(request, timezone.now())

    @login_not_required
    def login(self, request: HttpRequest, extra_context: Any = None) -> Any:  # noqa: ARG002  Django's signature
        """There is one way to sign in, and it is not here."""
        wanted = request.GET.get("next", "")
        if not request.user.is_authenticated:
            return redirect_to_login(wanted if gate.is_own(request, wanted) else "/admin/")
        if not _is_superuser(request):
            messages.warning(request, "Django admin is for the people who run the platform.")
            return redirect("portal:start")
        return redirect("admin:index")

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        inner = super().admin_view(view, cacheable)

        def across_agencies(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not _is_superuser(request):
                return inner(request, *args, **kwargs)  # type: ignore[no-any-return]
            if not lately_strong(request, timezone.now()):
                return gate.ask_again(request, why=ADMIN)
            _note_use(request)
            with platform_scope(PlatformUse.ADMIN):
                response: Any = inner(request, *args, **kwargs)
                if hasattr(response, "render") and callable(response.render):
                    response.render()  # while the transaction, and with it the scope, is still open
                return response  # type: ignore[no-any-return]

        across_agencies.access_policy = "superuser"  # type: ignore[attr-defined]
        return across_agencies


def _is_superuser(request: HttpRequest) -> bool:
    return bool(request.user.is_active and request.user.is_superuser)


def _note_use(request: HttpRequest) -> None:
    now = int(timezone.now().timestamp())
    if now - int(request.session.get(LAST_USED) or 0) >= NOTED_EVERY_S:
        request.session[LAST_USED] = now
