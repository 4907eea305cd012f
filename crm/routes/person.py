from django.urls import path

from crm.views import companies, erasing, merging, notes, person, person_edit, signals

urlpatterns = [
    path("leads/<uuid:lead_id>/", person.lead, name="lead"),
    path("leads/new/", person_edit.lead_new, name="lead_new"),
    path("leads/lookalikes/", person_edit.lookalikes_now, name="lookalikes"),
    path("leads/<uuid:lead_id>/edit/", person_edit.lead_edit, name="lead_edit"),
    path("leads/<uuid:lead_id>/facts/", person.facts, name="lead_facts"),
    path("leads/<uuid:lead_id>/stage/", person.stage, name="lead_stage"),
    path("leads/<uuid:lead_id>/number/", person.number, name="lead_number"),
    path("leads/<uuid:lead_id>/notes/", notes.note_add, name="note_add"),
    path("leads/<uuid:lead_id>/notes/<uuid:note_id>/", notes.note_edit, name="note_edit"),
    path("leads/<uuid:lead_id>/notes/<uuid:note_id>/delete/", notes.note_delete, name="note_delete"),
    path("leads/<uuid:lead_id>/notes/<uuid:note_id>/pin/", notes.note_pin, name="note_pin"),
    path("leads/<uuid:lead_id>/mentions/", notes.mentions, name="mentions"),
    path("leads/duplicates/", merging.duplicates, name="duplicates"),
    path("leads/duplicates/different/", merging.different, name="duplicates_different"),
    path("leads/duplicates/different/<uuid:said_id>/undo/", merging.different_undo, name="duplicates_undo"),
    path("leads/<uuid:lead_id>/merge/", merging.lead_merge, name="lead_merge"),
    path("leads/<uuid:lead_id>/merges/<uuid:merge_id>/undo/", merging.merge_undo, name="merge_undo"),
    path("leads/<uuid:lead_id>/archive/", erasing.lead_archive, name="lead_archive"),
    path("leads/<uuid:lead_id>/restore/", erasing.lead_restore, name="lead_restore"),
    path("leads/<uuid:lead_id>/erase/", erasing.lead_erase, name="lead_erase"),
    path("leads/<uuid:lead_id>/signals/new/", signals.lead_signal, name="lead_signal"),
    path("companies/<uuid:company_id>/signals/new/", signals.company_signal, name="company_signal"),
    path("signals/<uuid:signal_id>/seen/", signals.signal_dismiss, name="signal_dismiss"),
    path("companies/", companies.companies, name="companies"),
    path("companies/<uuid:company_id>/", companies.company, name="company"),
    path("companies/<uuid:company_id>/edit/", companies.company_edit, name="company_edit"),
]
