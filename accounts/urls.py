from django.urls import path

from accounts import views

app_name = "accounts"
urlpatterns = [
    path("roles/", views.roles, name="roles"),
    path("seat/", views.take_seat, name="take_seat"),
]
