from django.urls import path

from crm.views import pipeline, stages

urlpatterns = [
    path("pipeline/", pipeline.pipeline, name="pipeline"),
    path("pipeline/unplaced/", pipeline.pipeline_unplaced, name="pipeline_unplaced"),
    path("pipeline/leads/<uuid:lead_id>/", pipeline.pipeline_card, name="pipeline_card"),
    path("pipeline/leads/<uuid:lead_id>/move/", pipeline.pipeline_move, name="pipeline_move"),
    path("pipeline/stages/", stages.stage_list, name="stages"),
    path("pipeline/stages/new/", stages.stage_new, name="stage_new"),
    path("pipeline/stages/new/create/", stages.stage_create, name="stage_create"),
    path("pipeline/stages/<uuid:stage_id>/", stages.stage_edit, name="stage_edit"),
    path("pipeline/stages/<uuid:stage_id>/people/", pipeline.pipeline_lane, name="pipeline_lane"),
    path("pipeline/stages/<uuid:stage_id>/save/", stages.stage_save, name="stage_save"),
    path("pipeline/stages/<uuid:stage_id>/shift/", stages.stage_shift, name="stage_shift"),
    path("pipeline/stages/<uuid:stage_id>/remove/", stages.stage_remove, name="stage_remove"),
    path("pipeline/stages/<uuid:stage_id>/remove/now/", stages.stage_remove_now, name="stage_remove_now"),
]
