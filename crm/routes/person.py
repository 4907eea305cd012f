from django.urls import path

from crm.views import notes, person

urlpatterns = [
    path("leads/<uuid:lead_id>/", person.lead, name="lead"),
    path("leads/<uuid:lead_id>/facts/", person.facts, name="lead_facts"),
    path("leads/<uuid:lead_id>/notes/", notes.note_add, name="note_add"),
    path("leads/<uuid:lead_id>/notes/<uuid:note_id>/", notes.note_edit, name="note_edit"),
    path("leads/<uuid:lead_id>/notes/<uuid:note_id>/delete/", notes.note_delete, name="note_delete"),
    path("leads/<uuid:lead_id>/notes/<uuid:note_id>/pin/", notes.note_pin, name="note_pin"),
    path("leads/<uuid:lead_id>/mentions/", notes.mentions, name="mentions"),
]
