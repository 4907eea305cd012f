from django.urls import path

from crm.views import conversions, journey_steps, journey_templates, journeys

AT = "journeys/<uuid:journey_id>/"
STEP = AT + "steps/<uuid:step_id>/"
TEMPLATE = "journeys/templates/<uuid:template_id>/"
urlpatterns = [
    path("journeys/", journeys.journey_list, name="journeys"),
    path("leads/<uuid:lead_id>/journeys/new/", journeys.journey_new, name="journey_new"),
    path("leads/<uuid:lead_id>/journeys/create/", journeys.journey_create, name="journey_create"),
    path(AT, journeys.journey_page, name="journey"),
    path(AT + "edit/", journeys.journey_edit, name="journey_edit"),
    path(AT + "save/", journeys.journey_save, name="journey_save"),
    path(AT + "notes/", journeys.journey_note, name="journey_note"),
    path(AT + "concerns/", journeys.journey_concerns, name="journey_concerns"),
    path(AT + "concerns/save/", journeys.journey_concerns_save, name="journey_concerns_save"),
    path(AT + "status/", journeys.journey_status, name="journey_status"),
    path(AT + "pause/", journeys.journey_pause, name="journey_pause"),
    path(AT + "archive/", journeys.journey_archive, name="journey_archive"),
    path(AT + "agreed/", conversions.agree, name="journey_agree"),
    path(AT + "agreed/now/", conversions.agree_now, name="journey_agree_now"),
    path("conversions/<uuid:conversion_id>/undo/", conversions.conversion_undo, name="conversion_undo"),
    path(AT + "template/", journey_steps.template_apply, name="journey_apply"),
    path(AT + "steps/new/", journey_steps.step_new, name="journey_step_new"),
    path(AT + "steps/create/", journey_steps.step_create, name="journey_step_create"),
    path(STEP, journey_steps.step_edit, name="journey_step_edit"),
    path(STEP + "save/", journey_steps.step_save, name="journey_step_save"),
    path(STEP + "done/", journey_steps.step_done, name="journey_step_done"),
    path(STEP + "shift/", journey_steps.step_shift, name="journey_step_shift"),
    path(STEP + "remove/", journey_steps.step_remove, name="journey_step_remove"),
    path("journeys/templates/", journey_templates.template_list, name="journey_templates"),
    path("journeys/templates/new/", journey_templates.template_new, name="journey_template_new"),
    path("journeys/templates/new/create/", journey_templates.template_create, name="journey_template_create"),
    path(TEMPLATE, journey_templates.template_edit, name="journey_template_edit"),
    path(TEMPLATE + "save/", journey_templates.template_save, name="journey_template_save"),
    path(TEMPLATE + "archive/", journey_templates.template_archive, name="journey_template_archive"),
    path(TEMPLATE + "adapt/", journey_templates.template_adapt, name="journey_template_adapt"),
]
