from django.urls import path

from accounts.views import looks

app_name = "brand"
urlpatterns = [
    path("brand/<slug:name>.css", looks.stylesheet, name="stylesheet"),
    path("brand/<slug:digest>.png", looks.logo, name="logo"),
    path("at/<slug:house>/", looks.door, name="door"),
]
