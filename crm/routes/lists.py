from django.urls import path

from crm.views import bulk, exporting, leads, saved_views, tags

urlpatterns = [
    path("leads/", leads.lead_list, name="leads"),
    path("leads.csv", exporting.leads_csv, name="leads_csv"),
    path("calls.csv", exporting.calls_csv, name="calls_csv"),
    path("views/<slug:resource>/", saved_views.views, name="views"),
    path("views/<slug:resource>/new/", saved_views.new, name="views_new"),
    path("views/<slug:resource>/create/", saved_views.create, name="views_create"),
    path("views/<uuid:view_id>/change/", saved_views.change, name="view_change"),
    path("views/<uuid:view_id>/begin/", saved_views.begin, name="view_begin"),
    path("views/<uuid:view_id>/keep/", saved_views.keep, name="view_keep"),
    path("views/<uuid:view_id>/delete/", saved_views.delete, name="view_delete"),
    path("leads/bulk/", bulk.bulk, name="bulk"),
    path("leads/bulk/do/", bulk.bulk_do, name="bulk_do"),
    path("leads/filters/", leads.lead_filters, name="lead_filters"),
    path("leads/<uuid:lead_id>/tags/", tags.lead_tag, name="lead_tag"),
    path("leads/<uuid:lead_id>/tags/<uuid:tag_id>/remove/", tags.lead_untag, name="lead_untag"),
    path("tags/", tags.tag_list, name="tags"),
    path("tags/create/", tags.tag_create, name="tag_create"),
    path("tags/<uuid:tag_id>/", tags.tag_change, name="tag_change"),
    path("tags/<uuid:tag_id>/delete/", tags.tag_delete, name="tag_delete"),
]
