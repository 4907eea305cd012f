from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from accounts.admin import ReadOnlyAdmin, TenantAdmin
from crm.models import (
    Callback,
    Campaign,
    CampaignAssignment,
    CampaignMember,
    Conversion,
    FormSubmission,
    ImportJob,
    ImportRow,
    InboundForm,
    Journey,
    JourneyStep,
    JourneyTemplate,
    JourneyTemplateStep,
    Market,
    RedactionReceipt,
    SavedView,
)


@admin.register(Market)
class MarketAdmin(TenantAdmin):
    list_display = ("name", "region", "client", "agency")
    search_fields = ("name", "region", "client__name")
    autocomplete_fields = ("client",)


@admin.register(Campaign)
class CampaignAdmin(TenantAdmin):
    list_display = ("name", "status", "permission_mode", "client", "agency")
    list_filter = ("agency", "status")
    search_fields = ("name", "client__name")
    autocomplete_fields = ("client", "market")


@admin.register(CampaignAssignment)
class CampaignAssignmentAdmin(TenantAdmin):
    list_display = ("campaign", "user", "client", "agency")
    search_fields = ("campaign__name", "user__email", "client__name")
    autocomplete_fields = ("client", "campaign", "user")

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("campaign", "user")


@admin.register(CampaignMember)
class CampaignMemberAdmin(TenantAdmin):
    list_display = ("campaign", "status", "attempts", "hold_until", "client", "agency")
    list_filter = ("agency", "status")
    search_fields = ("campaign__name", "client__name")
    autocomplete_fields = ("client", "campaign", "lead", "held_by")

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("campaign")


@admin.register(Callback)
class CallbackAdmin(TenantAdmin):
    list_display = ("due_at", "timezone", "assigned_to", "done_at", "client", "agency")
    search_fields = ("note", "client__name")
    autocomplete_fields = ("client", "lead", "call", "campaign", "assigned_to", "done_by")

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("assigned_to")


@admin.register(Journey)
class JourneyAdmin(ReadOnlyAdmin):
    """To look at, without the concerns: those are the client's own to show."""

    list_display = ("__str__", "status", "paused", "next_action_at", "client", "agency")
    list_filter = ("agency", "status")
    search_fields = ("name", "client__name")
    exclude = ("symptoms",)


@admin.register(JourneyStep)
class JourneyStepAdmin(ReadOnlyAdmin):
    list_display = ("label", "channel", "due_at", "completed_at", "client", "agency")
    search_fields = ("label", "client__name")


@admin.register(JourneyTemplate)
class JourneyTemplateAdmin(TenantAdmin):
    list_display = ("name", "client", "agency", "archived_at")
    search_fields = ("name", "client__name")
    autocomplete_fields = ("client",)


@admin.register(JourneyTemplateStep)
class JourneyTemplateStepAdmin(TenantAdmin):
    list_display = ("label", "channel", "offset_weeks", "client", "agency")
    search_fields = ("label", "client__name")
    autocomplete_fields = ("client", "template")


@admin.register(Conversion)
class ConversionAdmin(ReadOnlyAdmin):
    list_display = ("done_at", "done_by", "undone_at", "client", "agency")
    search_fields = ("client__name",)
    list_select_related = ("client", "agency", "done_by")


@admin.register(RedactionReceipt)
class RedactionReceiptAdmin(ReadOnlyAdmin):
    list_display = ("redacted_at", "kind", "length", "policy_days", "client", "agency")
    search_fields = ("client__name",)


@admin.register(SavedView)
class SavedViewAdmin(TenantAdmin):
    list_display = ("name", "resource", "owner", "shared", "client", "agency")
    list_filter = ("agency", "resource")
    search_fields = ("name", "owner__email", "client__name")
    autocomplete_fields = ("client", "owner")

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("owner")


@admin.register(ImportJob)
class ImportJobAdmin(ReadOnlyAdmin):
    list_display = ("filename", "status", "total", "created", "failed", "client", "agency")
    list_filter = ("agency", "status")
    search_fields = ("filename", "client__name")


@admin.register(ImportRow)
class ImportRowAdmin(ReadOnlyAdmin):
    list_display = ("line", "status", "reason", "client", "agency")
    list_filter = ("agency", "status")
    search_fields = ("client__name",)


@admin.register(InboundForm)
class InboundFormAdmin(TenantAdmin):
    list_display = ("name", "active", "client", "agency")
    search_fields = ("name", "client__name")
    autocomplete_fields = ("client",)
    exclude = ("token",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False


@admin.register(FormSubmission)
class FormSubmissionAdmin(ReadOnlyAdmin):
    list_display = ("received_at", "status", "category", "attempts", "client", "agency")
    list_filter = ("agency", "status")
    search_fields = ("client__name",)
