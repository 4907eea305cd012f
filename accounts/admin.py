from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.db import models
from django.http import HttpRequest

from accounts.models import (
    ActionToken,
    Agency,
    AppSetting,
    Client,
    ClientAssignment,
    ClientProfile,
    CreditTransaction,
    ImpersonationSession,
    KnownPlace,
    Membership,
    MFAChallenge,
    MFASettings,
    RateLimit,
    ServicePackage,
    Subscription,
    TrustedDevice,
    User,
    UserSession,
)


class TenantAdmin(admin.ModelAdmin):
    """Rows of all agencies. Row-level security is open to the platform role only, see ``portal.admin_site``."""

    list_per_page = 50
    show_full_result_count = False
    list_filter: Any = ("agency",)
    readonly_fields: Any = ("created_at", "updated_at")
    formfield_overrides: Any = {models.URLField: {"assume_scheme": "https"}}

    def get_queryset(self, request: HttpRequest) -> Any:
        related = [name for name in ("agency", "client") if name in self._columns()]
        return self.model.unscoped.select_related(*related) if related else self.model.unscoped.all()

    def _columns(self) -> set[str]:
        return {field.name for field in self.model._meta.concrete_fields}


class ReadOnly(admin.ModelAdmin):
    """What happened stays as it happened."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class ReadOnlyAdmin(ReadOnly, TenantAdmin):
    pass


@admin.register(Agency)
class AgencyAdmin(admin.ModelAdmin):
    list_display = ("name", "slug", "timezone", "status", "created_at")
    search_fields = ("name", "slug")
    prepopulated_fields = {"slug": ("name",)}


@admin.register(Client)
class ClientAdmin(TenantAdmin):
    list_display = ("name", "agency", "status", "industry", "timezone")
    list_filter = ("agency", "status", "industry")
    search_fields = ("name", "slug", "email", "phone")


@admin.register(ClientProfile)
class ClientProfileAdmin(TenantAdmin):
    list_display = ("client", "agency", "office_admin_name", "redaction_days")
    search_fields = ("client__name", "office_admin_name", "office_admin_email")
    autocomplete_fields = ("client",)


@admin.register(User)
class PersonAdmin(UserAdmin):
    ordering = ("email",)
    list_display = ("email", "name", "is_active", "is_superuser", "last_login")
    list_filter = ("is_active", "is_superuser")
    search_fields = ("email", "first_name", "last_name", "display_name")
    readonly_fields = ("last_login", "created_at", "updated_at")
    filter_horizontal = ()
    fieldsets = (
        (None, {"fields": ("email", "password")}),
        ("Person", {"fields": ("first_name", "last_name", "display_name", "timezone", "preferences")}),
        ("Access", {"fields": ("is_active", "is_superuser")}),
        ("Times", {"fields": ("last_login", "created_at", "updated_at")}),
    )
    add_fieldsets = ((None, {"fields": ("email", "password1", "password2")}),)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """What people did names them for good: they are deactivated instead."""
        return False


@admin.register(Membership)
class MembershipAdmin(TenantAdmin):
    list_display = ("user", "agency", "client", "role", "client_access", "accepted_at", "revoked_at")
    list_filter = ("agency", "role")
    search_fields = ("user__email", "client__name")
    list_select_related = ("user", "agency", "client")
    autocomplete_fields = ("user", "client", "invited_by")


@admin.register(ClientAssignment)
class ClientAssignmentAdmin(TenantAdmin):
    list_display = ("user", "client", "kind", "agency")
    search_fields = ("user__email", "client__name")
    list_select_related = ("user", "client", "agency")
    autocomplete_fields = ("user", "client")


@admin.register(ActionToken)
class ActionTokenAdmin(ReadOnlyAdmin):
    list_display = ("purpose", "email", "agency", "client", "created_at", "expires_at", "consumed_at")
    list_filter = ("purpose", "agency")
    search_fields = ("email",)
    list_select_related = ("agency", "client", "user")
    exclude = ("token_hash",)
    readonly_fields = ()


@admin.register(ImpersonationSession)
class ImpersonationSessionAdmin(ReadOnlyAdmin):
    list_display = ("staff", "client", "agency", "mode", "reason", "started_at", "ended_at")
    list_filter = ("mode", "agency")
    search_fields = ("staff__email", "client__name", "reason")
    list_select_related = ("staff", "client", "agency")


@admin.register(ServicePackage)
class ServicePackageAdmin(TenantAdmin):
    list_display = ("name", "agency", "tier", "monthly_credits", "price", "currency", "is_active")
    list_filter = ("tier", "is_active", "agency")
    search_fields = ("name",)


@admin.register(Subscription)
class SubscriptionAdmin(TenantAdmin):
    """The balance follows the ledger and is not typed in."""

    list_display = ("client", "agency", "package", "status", "credits_remaining", "credits_reset_at")
    list_filter = ("status", "agency")
    search_fields = ("client__name",)
    autocomplete_fields = ("client", "package")
    readonly_fields = ("credits_remaining", "created_at", "updated_at")


@admin.register(CreditTransaction)
class CreditTransactionAdmin(ReadOnlyAdmin):
    list_display = ("client", "agency", "delta", "balance_after", "reason", "note", "actor", "created_at")
    list_filter = ("reason", "agency")
    search_fields = ("client__name", "note", "object_ref")
    list_select_related = ("client", "agency", "actor")


class PersonRowAdmin(ReadOnly):
    """Rows about a person's sign-in: to be read, and ended by the pages made for it."""

    list_per_page = 50
    search_fields = ("user__email",)
    list_select_related = ("user",)


@admin.register(UserSession)
class UserSessionAdmin(PersonRowAdmin):
    list_display = ("user", "kind", "device_name", "ip", "country_code", "last_activity_at", "revoked_reason")
    list_filter = ("kind", "revoked_reason")
    exclude = ("key_hash", "previous_key_hash", "access_hash", "data")


@admin.register(TrustedDevice)
class TrustedDeviceAdmin(PersonRowAdmin):
    list_display = ("user", "name", "trusted_at", "expires_at", "revoked_at")


@admin.register(KnownPlace)
class KnownPlaceAdmin(PersonRowAdmin):
    list_display = ("user", "device_id", "ip", "country_code", "first_seen_at", "last_seen_at")


@admin.register(MFASettings)
class MFASettingsAdmin(PersonRowAdmin):
    list_display = ("user", "email_otp_enabled", "preferred_method", "require_mfa_always")
    list_filter = ("require_mfa_always",)


@admin.register(MFAChallenge)
class MFAChallengeAdmin(PersonRowAdmin):
    list_display = ("user", "challenge_type", "trigger_reason", "attempts", "created_at", "verified_at")
    list_filter = ("challenge_type", "trigger_reason")
    exclude = ("otp_hash",)


@admin.register(RateLimit)
class RateLimitAdmin(ReadOnly):
    """The visible record of lockouts. Deleting a row lifts its lock."""

    list_display = ("limit_type", "limit_key", "attempts", "last_attempt_at", "locked_until")
    list_filter = ("limit_type",)
    search_fields = ("limit_key",)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_view_permission(request, obj)


@admin.register(AppSetting)
class AppSettingAdmin(admin.ModelAdmin):
    list_display = ("key", "value", "description", "updated_at")
    search_fields = ("key", "description")
