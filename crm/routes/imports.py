from django.urls import path

from crm.views import imports

urlpatterns = [
    path("imports/", imports.import_list, name="imports"),
    path("imports/new/", imports.import_new, name="import_new"),
    path("imports/upload/", imports.import_upload, name="import_upload"),
    path("imports/<uuid:job_id>/", imports.import_job, name="import"),
    path("imports/<uuid:job_id>/check/", imports.import_check, name="import_check"),
    path("imports/<uuid:job_id>/start/", imports.import_start, name="import_start"),
    path("imports/<uuid:job_id>/undo/", imports.import_undo, name="import_undo"),
    path("imports/<uuid:job_id>/rows/", imports.import_rows, name="import_rows"),
    path("imports/<uuid:job_id>/not-imported.csv", imports.import_failed, name="import_failed"),
]
