from django.urls import path

from crm import webhooks
from crm.routes import (
    calling,
    campaigns,
    connections,
    customers,
    imports,
    journeys,
    lists,
    person,
    pipeline,
    scoring,
    suppression,
    today,
    web_forms,
)
from crm.views import clients, deeds, inbox, recording

app_name = "crm"
urlpatterns = [
    *today.urlpatterns,
    *calling.urlpatterns,
    *campaigns.urlpatterns,
    *suppression.urlpatterns,
    *imports.urlpatterns,
    *web_forms.urlpatterns,
    path("inbox/", inbox.inbox, name="inbox"),
    path("inbox/<uuid:call_id>/", inbox.inbox_call, name="inbox_call"),
    path("calls/<uuid:call_id>/rating/", deeds.rate, name="rate"),
    path("calls/<uuid:call_id>/category/", deeds.categorise, name="categorise"),
    path("calls/<uuid:call_id>/notes/", deeds.note, name="note"),
    path("calls/<uuid:call_id>/tags/", deeds.tag, name="tag"),
    path("calls/<uuid:call_id>/tags/<uuid:tag_id>/remove/", deeds.untag, name="untag"),
    path("calls/<uuid:call_id>/stage/", deeds.move, name="move"),
    path("calls/<uuid:call_id>/unread/", deeds.unread, name="unread"),
    path("calls/<uuid:call_id>/recording/", recording.recording, name="recording"),
    path("clients/", clients.client_list, name="clients"),
    path("clients/new/", clients.client_new, name="client_new"),
    path("clients/new/create/", clients.client_create, name="client_create"),
    path("clients/<slug:slug>/", clients.client_detail, name="client"),
    path("clients/<slug:slug>/connect/", clients.connect, name="connect"),
    *connections.urlpatterns,
    *lists.urlpatterns,
    *pipeline.urlpatterns,
    *journeys.urlpatterns,
    *customers.urlpatterns,
    *person.urlpatterns,
    *scoring.urlpatterns,
    path("hooks/ctm/<str:token>/<slug:position>/", webhooks.ctm, name="ctm_webhook"),
]
