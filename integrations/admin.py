from django.contrib import admin
from django.http import HttpRequest

from accounts.admin import ReadOnlyAdmin, TenantAdmin
from integrations.models import Credential, InboundEvent, OutboxDelivery, OutboxEvent, WriteLog


@admin.register(Credential)
class CredentialAdmin(TenantAdmin):
    """Secrets are shown by their last characters only, and typed nowhere but on the client's page."""

    list_display = ("provider", "client", "agency", "label", "hint", "is_active", "validated_at")
    list_filter = ("agency", "provider", "is_active")
    search_fields = ("client__name", "label")
    readonly_fields = (
        "agency", "client", "user", "provider", "label", "hint", "added_at", "validated_at", "last_error",
        "last_rotated_at", "created_at", "updated_at",
    )  # fmt: skip

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False


@admin.register(InboundEvent)
class InboundEventAdmin(ReadOnlyAdmin):
    list_display = ("provider", "kind", "client", "verified", "received_at", "processed_at", "error")
    list_filter = ("agency", "provider", "kind", "verified")
    search_fields = ("external_id", "client__name")


@admin.register(OutboxEvent)
class OutboxEventAdmin(ReadOnlyAdmin):
    list_display = ("topic", "client", "agency", "occurred_at")
    list_filter = ("agency", "topic")
    search_fields = ("topic", "client__name")


@admin.register(OutboxDelivery)
class OutboxDeliveryAdmin(ReadOnlyAdmin):
    list_display = ("subscriber", "agency", "due_at", "attempts", "done_at", "gave_up_at", "error")
    list_filter = ("agency", "subscriber")
    search_fields = ("subscriber", "error")


@admin.register(WriteLog)
class WriteLogAdmin(ReadOnlyAdmin):
    list_display = ("provider", "external_id", "field", "value", "status", "client", "sent_at", "error")
    list_filter = ("agency", "provider", "status")
    search_fields = ("external_id", "client__name")
