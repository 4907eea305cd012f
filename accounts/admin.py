from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.db import models, transaction
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html

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
from accounts.services.audit import Origin, record
from accounts.services.sign_in import lift_pause
from accounts.settings_registry import REGISTRY, forget, platform_setting


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
    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        begin = {"timezone": platform_setting("agency.timezone")}
        return {**begin, **super().get_changeform_initial_data(request)}

    list_display = ("name", "slug", "timezone", "status", "created_at")
    search_fields = ("name", "slug")
    prepopulated_fields = {"slug": ("name",)}


@admin.register(Client)
class ClientAdmin(TenantAdmin):
    """Each client's page leads to its portal, see ``accounts.views.acting.as_superuser``."""

    list_display = ("name", "agency", "status", "industry", "timezone", "portal")
    list_filter = ("agency", "status", "industry")
    search_fields = ("name", "slug", "email", "phone")

    @admin.display(description="Portal")
    def portal(self, row: Client) -> str:
        address = reverse("accounts:acting_platform", args=[row.pk])
        return format_html('<a href="{}" aria-label="Act as {}">Act as</a>', address, row.name)


@admin.register(ClientProfile)
class ClientProfileAdmin(TenantAdmin):
    list_display = ("client", "agency", "office_admin_name", "redaction_days")
    search_fields = ("client__name", "office_admin_name", "office_admin_email")
    autocomplete_fields = ("client",)


@admin.register(User)
class PersonAdmin(UserAdmin):
    ordering = ("email",)
    actions = ("lift_pause",)
    list_display = ("email", "name", "is_active", "is_superuser", "last_login", "locked_until")
    list_filter = ("is_active", "is_superuser")
    search_fields = ("email", "first_name", "last_name", "display_name")
    readonly_fields = ("last_login", "login_count", "failed_login_count", "locked_until", "auth_provider",
                       "password_changed_at", "email_verified_at", "created_at", "updated_at")  # fmt: skip
    filter_horizontal = ()
    fieldsets = (
        (None, {"fields": ("email", "password")}),
        ("Person", {"fields": ("first_name", "last_name", "display_name", "timezone", "preferences")}),
        ("Access", {"fields": ("is_active", "is_superuser")}),
        (
            "Sign-in",
            {
                "fields": (
                    "auth_provider",
                    "login_count",
                    "failed_login_count",
                    "locked_until",
                    "password_changed_at",
                    "email_verified_at",
                )
            },
        ),
        ("Times", {"fields": ("last_login", "created_at", "updated_at")}),
    )
    add_fieldsets = ((None, {"fields": ("email", "password1", "password2")}),)

    @admin.action(description="Lift the pause of sign-in", permissions=["change"])
    def lift_pause(self, request: HttpRequest, chosen: Any) -> None:
        origin = Origin.of(request)
        for user in chosen:
            lift_pause(user=user, by=request.user.pk, origin=origin, now=timezone.now())
        self.message_user(request, f"{len(chosen)} can sign in again.")

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
    list_display = ("staff", "client", "agency", "by_platform", "mode", "reason", "started_at", "ended_at")
    list_filter = ("by_platform", "mode", "agency")
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


class AppSettingForm(forms.ModelForm):
    """Takes keys that there are, and values that fit them."""

    key = forms.ChoiceField(choices=[(each.key, each.key) for each in REGISTRY.values()])

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        setting = REGISTRY.get(data.get("key") or self.instance.key)
        if setting is None:
            raise forms.ValidationError("There is no such setting. You can only delete it.")
        if "value" in data and not setting.fits(data["value"]):
            self.add_error("value", f"This must be {setting.wanted}.")
        return data


@admin.register(AppSetting)
class AppSettingAdmin(admin.ModelAdmin):
    """What each setting means stands in ``accounts.settings_registry``."""

    form = AppSettingForm
    fields = ("key", "value", "meaning")
    list_display = ("key", "value", "meaning", "updated_at")
    search_fields = ("key", "description")
    readonly_fields = ("meaning",)

    @admin.display(description="Meaning")
    def meaning(self, row: AppSetting) -> str:
        setting = REGISTRY.get(row.key)
        return setting.words if setting else "Nobody reads this any more."

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ("key", *self.readonly_fields) if obj else self.readonly_fields

    def save_model(self, request: HttpRequest, obj: AppSetting, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        self._tell(request, obj.key, {"value": obj.value})

    def delete_model(self, request: HttpRequest, obj: AppSetting) -> None:
        name = obj.key  # gone with the row
        super().delete_model(request, obj)
        self._tell(request, name, {"default": True})

    def delete_queryset(self, request: HttpRequest, queryset: Any) -> None:
        for row in list(queryset):
            self.delete_model(request, row)

    def _tell(self, request: HttpRequest, name: str, details: dict[str, Any]) -> None:
        transaction.on_commit(lambda: forget(name))
        record(
            event_type="setting_changed", now=timezone.now(), agency_id=None, actor_id=request.user.pk,
            target=name, origin=Origin.of(request), details=details,
        )  # fmt: skip
