from django.urls import path

from accounts.views import assignments, clients, subscriptions

app_name = "clients"
urlpatterns = [
    path("<slug:slug>/profile/", clients.profile, name="profile"),
    path("<slug:slug>/profile/save/", clients.profile_save, name="profile_save"),
    path("<slug:slug>/status/", clients.status, name="status"),
    path("<slug:slug>/archive/", clients.archive, name="archive"),
    path("<slug:slug>/archive/now/", clients.archive_now, name="archive_now"),
    path("<slug:slug>/unarchive/", clients.unarchive, name="unarchive"),
    path("<slug:slug>/staff/", assignments.staff, name="staff"),
    path("<slug:slug>/staff/add/", assignments.staff_add, name="staff_add"),
    path("staff/<uuid:assignment_id>/remove/", assignments.staff_remove, name="staff_remove"),
    path("<slug:slug>/plan/", subscriptions.subscription, name="subscription"),
    path("<slug:slug>/plan/save/", subscriptions.subscription_save, name="subscription_save"),
    path("<slug:slug>/credits/", subscriptions.credits_move, name="subscription_credits"),
]
