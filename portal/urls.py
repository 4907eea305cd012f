from django.contrib import admin
from django.urls import include, path

from portal.views import client, shell

client_portal = (
    [
        path("", shell.start, name="start"),
        path("theme/", shell.theme, name="theme"),
        path("portal/", client.home, name="home"),
        path("portal/leads/", client.leads, name="leads"),
        path("portal/leads/<uuid:lead_id>/", client.lead, name="lead"),
        path("portal/calls/", client.calls, name="calls"),
        path("portal/calls/<uuid:call_id>/", client.call, name="call"),
    ],
    "portal",
)

urlpatterns = [
    path("healthz", shell.healthz, name="healthz"),
    path("", include(client_portal)),
    path("", include("crm.urls")),
    path("notices/", include("notifications.urls")),
    path("", include("accounts.brand_urls")),
    path("people/", include("accounts.urls")),
    path("api/v1/", include("accounts.api_urls")),
    path("clients/", include("accounts.client_urls")),
    path("accounts/", include("accounts.login_urls")),
    path("admin/", admin.site.urls),
]
