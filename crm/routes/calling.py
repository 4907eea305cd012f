from django.urls import path

from crm.views import calling

urlpatterns = [
    path("calls/log/", calling.log, name="call_log"),
    path("leads/<uuid:lead_id>/calls/log/", calling.log_with, name="lead_call_log"),
    path("calls/<uuid:call_id>/disposition/", calling.dispose, name="dispose"),
]
