from django.contrib import admin

from bench.floor.calls.models import Call


@admin.register(Call)
class CallAdmin(admin.ModelAdmin):
    list_display = (
        "contact", "phone", "client", "category", "person", "direction", "started_at", "seconds", "note"
    )  # fmt: skip
    list_filter = ("client", "category", "direction")
    list_select_related = ("client", "category", "person")
    search_fields = ("contact", "phone")
    list_per_page = 50
    ordering = ("-started_at", "-id")
