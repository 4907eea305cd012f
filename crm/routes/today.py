from django.urls import path

from crm.views import today

CALLBACK = "today/callbacks/<uuid:callback_id>/"
urlpatterns = [
    path("today/", today.today, name="today"),
    path(f"{CALLBACK}kept/", today.callback_kept, name="today_callback_kept"),
    path(f"{CALLBACK}later/", today.callback_later, name="today_callback_later"),
    path(
        "today/journeys/<uuid:journey_id>/steps/<uuid:step_id>/later/",
        today.step_later,
        name="today_step_later",
    ),
]
