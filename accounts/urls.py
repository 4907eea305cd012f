from django.urls import path

from accounts.views import audit, roles, seats

app_name = "accounts"
urlpatterns = [
    path("roles/", roles.roles, name="roles"),
    path("audit/", audit.audit, name="audit"),
    path("audit.csv", audit.audit_csv, name="audit_csv"),
    path("seat/", seats.take_seat, name="take_seat"),
]
