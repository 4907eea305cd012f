from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.postgres.forms import SimpleArrayField
from django.http import HttpRequest
from django.utils import timezone

from accounts.admin import TenantAdmin
from crm.models import Channel, Suppression
from crm.services.suppression import Entry, suppress
from crm.suppression import normalised
from lib.phones import INTERNATIONAL

UNREAD = (
    "Write a whole address, number, domain or profile. A number that is no single client’s needs its country code, "
    "such as +1 512 555 0148."
)


class SuppressionForm(forms.ModelForm):
    """The value as it is typed. How it is written and found is the service's business."""

    channels = SimpleArrayField(
        forms.CharField(),
        required=False,
        help_text="Such as voice,sms. Leave empty for every way of contact.",
    )

    class Meta:
        model = Suppression
        fields = ("agency", "client", "kind", "value", "channels", "reason", "note", "expires_at")
        help_texts = {
            "agency": "Leave empty to stop every agency on the platform.",
            "client": "Leave empty to stop the whole agency.",
        }

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        region = data["client"].phone_country if data.get("client") else INTERNATIONAL
        if data.get("kind") and not normalised(data["kind"], data.get("value", ""), region):
            self.add_error("value", UNREAD)
        if unknown := set(data.get("channels") or ()) - set(Channel.values):
            self.add_error("channels", f"There is no channel {', '.join(sorted(unknown))}.")
        if data.get("client") and data.get("agency") != data["client"].agency:
            self.add_error("client", "This client belongs to another agency.")
        return data


@admin.register(Suppression)
class SuppressionAdmin(TenantAdmin):
    """Added here, platform-wide too; never altered, and a sticky one never taken away."""

    list_display = ("__str__", "reason", "sticky", "agency", "client", "created_at")
    list_filter = ("agency", "kind", "reason")
    search_fields = ("value", "client__name")
    autocomplete_fields = ("agency", "client")
    form = SuppressionForm
    actions = None

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_delete_permission(request, obj) and not (obj and obj.sticky)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        data = form.cleaned_data
        added = suppress(
            agency_id=obj.agency_id, client_id=obj.client_id, source="admin", now=timezone.now(),
            entries=[Entry(data["kind"], data["value"], data["reason"], data["note"])],
            channels=data["channels"], expires_at=data["expires_at"], added_by=request.user.pk,
        )  # fmt: skip
        (pk,) = (*added.fresh, *added.known)
        obj.pk = pk
        obj.refresh_from_db()
