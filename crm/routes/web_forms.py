from django.urls import path

from crm.views import public_form, web_forms

urlpatterns = [
    path("f/<str:token>/", public_form.public_form, name="public_form"),
    path("forms/", web_forms.form_list, name="forms"),
    path("forms/new/", web_forms.form_new, name="form_new"),
    path("forms/create/", web_forms.form_create, name="form_create"),
    path("forms/<uuid:form_id>/", web_forms.form_edit, name="form"),
    path("forms/<uuid:form_id>/save/", web_forms.form_save, name="form_save"),
    path("forms/<uuid:form_id>/address/", web_forms.form_renew, name="form_renew"),
    path("forms/submissions/<uuid:submission_id>/", web_forms.submission, name="submission"),
    path("forms/submissions/<uuid:submission_id>/spam/", web_forms.submission_judge, name="submission_judge"),
    path(
        "forms/submissions/<uuid:submission_id>/retry/", web_forms.submission_retry, name="submission_retry"
    ),
]
