from django.urls import path

from crm.views import suppression

urlpatterns = [
    path("suppression/", suppression.suppression_list, name="suppression"),
    path("suppression/add/", suppression.suppression_add, name="suppression_add"),
    path("suppression/import/", suppression.suppression_import_file, name="suppression_import"),
    path("suppression/export/", suppression.suppression_csv, name="suppression_csv"),
    path(
        "suppression/<uuid:suppression_id>/remove/", suppression.suppression_remove, name="suppression_remove"
    ),
]
