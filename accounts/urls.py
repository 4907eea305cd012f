from django.urls import path

from accounts.views import acting, audit, roles, seats

app_name = "accounts"
urlpatterns = [
    path("roles/", roles.roles, name="roles"),
    path("audit/", audit.audit, name="audit"),
    path("audit.csv", audit.audit_csv, name="audit_csv"),
    path("acting/", acting.acting, name="acting"),
    path("acting/start/", acting.start, name="acting_start"),
    path("acting/changes/", acting.changes, name="acting_changes"),
    path("acting/stop/", acting.stop, name="acting_stop"),
    path("acting/visits/", acting.visits, name="visits"),
    path("seat/", seats.take_seat, name="take_seat"),
]
