"""Django admin for superusers: across all agencies, by the platform role, in one transaction a request."""

from typing import Any

from django.contrib.admin import AdminSite
from django.contrib.admin.apps import AdminConfig
from django.http import HttpRequest

from accounts.scope import PlatformUse, platform_scope


class PlatformAdminConfig(AdminConfig):
    default_site = "portal.admin_site.PlatformAdminSite"


class PlatformAdminSite(AdminSite):
    site_header = site_title = "Switchboard platform"
    index_title = "Everything, across agencies"
    site_url = "/"

    def has_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.is_active and request.user.is_superuser)

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        inner = super().admin_view(view, cacheable)

        def across_agencies(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
            if not self.has_permission(request):
                return inner(request, *args, **kwargs)
            with platform_scope(PlatformUse.ADMIN):
                response = inner(request, *args, **kwargs)
                if hasattr(response, "render") and callable(response.render):
                    response.render()  # while the transaction, and with it the scope, is still open
                return response

        across_agencies.access_policy = "superuser"  # type: ignore[attr-defined]
        return across_agencies
