from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.db import models
from django.http import HttpRequest

from accounts.models import Agency, Client, ClientAssignment, ClientProfile, Membership, User


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


class ReadOnlyAdmin(TenantAdmin):
    """What happened stays as it happened."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


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
