from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from accounts.admin import ReadOnlyAdmin, TenantAdmin
from crm.models import (
    Activity,
    Call,
    CallClassification,
    CallTag,
    ClassificationPolicy,
    CTMAccount,
    CTMSyncRun,
    GHLAccount,
    GHLSyncRun,
    Lead,
    LeadTag,
    Note,
    PipelineStage,
    Tag,
)


@admin.register(Call)
class CallAdmin(TenantAdmin):
    list_display = ("started_at", "caller", "client", "kind", "category", "rating", "agency")
    list_filter = ("agency", "kind", "category", "rating", "source")
    search_fields = ("external_id", "caller_name", "from_e164")
    autocomplete_fields = ("client", "lead", "seen_by")
    readonly_fields = ("external_id", "content_hash", "raw", "recording_url", "created_at", "updated_at")

    def get_queryset(self, request: HttpRequest) -> Any:
        rows = super().get_queryset(request)
        match = request.resolver_match
        return (
            rows.defer("raw", "transcript", "transcript_turns")
            if match and match.url_name == "crm_call_changelist"
            else rows
        )


@admin.register(Lead)
class LeadAdmin(TenantAdmin):
    list_display = ("name", "client", "phone_e164", "email", "stage", "last_call_at", "agency")
    list_filter = ("agency", "source")
    search_fields = ("display_name", "email", "phone_e164")
    list_select_related = ("client", "stage", "agency")
    autocomplete_fields = ("client", "owner", "stage")

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("stage")


@admin.register(PipelineStage)
class PipelineStageAdmin(TenantAdmin):
    list_display = ("name", "client", "position", "is_won_stage", "is_lost_stage")
    search_fields = ("name", "client__name")


@admin.register(Tag)
class TagAdmin(TenantAdmin):
    list_display = ("name", "hue", "client", "agency")
    search_fields = ("name", "client__name")


@admin.register(CallTag, LeadTag)
class TaggingAdmin(TenantAdmin):
    list_display = ("tag", "client", "agency", "created_at")
    search_fields = ("tag__name", "client__name")
    autocomplete_fields = ("tag", "client")

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("tag")

    def get_autocomplete_fields(self, request: HttpRequest) -> list[str]:
        return ["tag", "client", "call" if self.model is CallTag else "lead"]


@admin.register(Note)
class NoteAdmin(TenantAdmin):
    list_display = ("__str__", "client", "author", "note_type", "created_at")
    list_filter = ("agency", "note_type")
    search_fields = ("body", "client__name", "author__email")
    autocomplete_fields = ("client", "author", "lead", "call")

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("author")


@admin.register(Activity)
class ActivityAdmin(ReadOnlyAdmin):
    list_display = ("occurred_at", "action", "client", "actor", "agency")
    list_filter = ("agency", "action")
    search_fields = ("action", "client__name")

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("actor")


@admin.register(CallClassification)
class CallClassificationAdmin(ReadOnlyAdmin):
    list_display = ("created_at", "category", "rating", "by", "confidence", "client", "agency")
    list_filter = ("agency", "by", "category")
    search_fields = ("call__external_id", "client__name")


@admin.register(ClassificationPolicy)
class ClassificationPolicyAdmin(TenantAdmin):
    list_display = ("client", "agency", "auto_star_enabled")
    search_fields = ("client__name",)
    autocomplete_fields = ("client",)


@admin.register(CTMAccount)
class CTMAccountAdmin(TenantAdmin):
    list_display = ("client", "account_number", "health", "last_success_at", "next_run_at", "agency")
    list_filter = ("agency", "health")
    search_fields = ("client__name", "account_number")
    readonly_fields = ("client", "agency", "credential", "signing_credential", "sync_cursor", "page_token")
    exclude = ("webhook_token",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False


@admin.register(GHLAccount)
class GHLAccountAdmin(TenantAdmin):
    list_display = ("client", "location_id", "health", "last_success_at", "next_run_at", "agency")
    list_filter = ("agency", "health")
    search_fields = ("client__name", "location_id")
    readonly_fields = ("client", "agency", "credential", "sync_cursor", "page_token")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False


@admin.register(CTMSyncRun, GHLSyncRun)
class SyncRunAdmin(ReadOnlyAdmin):
    list_display = ("started_at", "client", "status", "seen", "created", "updated", "errors", "error_kind")
    list_filter = ("agency", "status", "trigger")
    search_fields = ("client__name", "error")
