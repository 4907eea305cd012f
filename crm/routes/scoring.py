from django.urls import path

from crm.views import scores

urlpatterns = [
    path("leads/<uuid:lead_id>/score/", scores.lead_score, name="lead_score"),
    path("leads/<uuid:lead_id>/score/set/", scores.lead_score_set, name="lead_score_set"),
    path("leads/<uuid:lead_id>/score/lift/", scores.lead_score_lift, name="lead_score_lift"),
]
