from django.urls import path

from accounts.views import tokens

app_name = "api"
urlpatterns = [
    path("token/", tokens.refresh, name="refresh"),
    path("me/", tokens.me, name="me"),
]
