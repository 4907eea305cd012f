from django.urls import path

from crm.views import catalogue, customers, privacy

AT = "customers/<uuid:customer_id>/"
AGREEMENT = AT + "agreements/<uuid:agreement_id>/"
urlpatterns = [
    path("services/", catalogue.service_list, name="services"),
    path("services/new/", catalogue.service_new, name="service_new"),
    path("services/new/create/", catalogue.service_create, name="service_create"),
    path("services/<uuid:service_id>/", catalogue.service_edit, name="service_edit"),
    path("services/<uuid:service_id>/save/", catalogue.service_save, name="service_save"),
    path("customers/", customers.customer_list, name="customers"),
    path(AT, customers.customer_page, name="customer"),
    path(AT + "edit/", customers.customer_edit, name="customer_edit"),
    path(AT + "save/", customers.customer_save, name="customer_save"),
    path(AT + "notes/", customers.note_add, name="customer_note"),
    path(AT + "milestones/", customers.milestone_add, name="customer_milestone_add"),
    path(AT + "milestones/remove/", customers.milestone_remove, name="customer_milestone_remove"),
    path(AT + "status/", customers.customer_status, name="customer_status"),
    path(AT + "calls/<uuid:call_id>/", customers.customer_call, name="customer_call"),
    path(AT + "agreements/new/", customers.agreement_new, name="customer_agreement_new"),
    path(AT + "agreements/create/", customers.agreement_create, name="customer_agreement_create"),
    path(AGREEMENT, customers.agreement_edit, name="customer_agreement_edit"),
    path(AGREEMENT + "save/", customers.agreement_save, name="customer_agreement_save"),
    path(AGREEMENT + "remove/", customers.agreement_remove, name="customer_agreement_remove"),
    path(AT + "outcomes/", customers.outcome_add, name="customer_outcome_add"),
    path(AT + "outcomes/<uuid:outcome_id>/remove/", customers.outcome_remove, name="customer_outcome_remove"),
    path("privacy/", privacy.privacy, name="privacy"),
    path("privacy/save/", privacy.privacy_save, name="privacy_save"),
    path("privacy/agency/", privacy.privacy_consent, name="privacy_consent"),
]
