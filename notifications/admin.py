from django.contrib import admin

from accounts.admin import ReadOnlyAdmin
from notifications.models import Notification


@admin.register(Notification)
class NotificationAdmin(ReadOnlyAdmin):
    list_display = ("title", "user", "client", "event", "created_at", "read_at")
    list_filter = ("agency", "event")
    search_fields = ("title", "user__email", "client__name")
    list_select_related = ("user", "client", "agency")
