from django.urls import path

from crm.views import scores, scoring

urlpatterns = [
    path("leads/<uuid:lead_id>/score/", scores.lead_score, name="lead_score"),
    path("leads/<uuid:lead_id>/score/set/", scores.lead_score_set, name="lead_score_set"),
    path("leads/<uuid:lead_id>/score/lift/", scores.lead_score_lift, name="lead_score_lift"),
    path("clients/<slug:slug>/scoring/", scoring.scoring, name="scoring"),
    path("clients/<slug:slug>/scoring/suggestion/", scoring.scoring_suggestion, name="scoring_suggestion"),
    path("clients/<slug:slug>/scoring/save/", scoring.scoring_save, name="scoring_save"),
]
