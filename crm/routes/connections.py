from django.urls import path

from crm.views import connections

urlpatterns = [
    path("clients/<slug:slug>/sync/", connections.sync_now, name="sync_now"),
    path("clients/<slug:slug>/back-fill/", connections.back_fill, name="back_fill"),
    path("clients/<slug:slug>/gohighlevel/", connections.ghl, name="ghl"),
    path("clients/<slug:slug>/gohighlevel/connect/", connections.connect_ghl, name="ghl_connect"),
]
