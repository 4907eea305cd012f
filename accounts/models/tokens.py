from datetime import datetime

from django.db import models

from accounts.models.people import User
from accounts.models.tenants import Agency, Client
from accounts.tenancy import TenantForeignKey, TenantManager, UnscopedManager
from lib.uuid7 import uuid7


class ActionToken(models.Model):
    """A link that was mailed to somebody and works once. Only the hash of its secret is stored.

    Opening the link changes nothing; a POST uses it up.
    """

    class Purpose(models.TextChoices):
        INVITE = "invite", "Invitation"
        ONBOARDING = "onboarding", "Onboarding"
        PASSWORD_RESET = "password_reset", "Password reset"
        EMAIL_VERIFICATION = "email_verification", "E-mail verification"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    purpose = models.CharField(max_length=20, choices=Purpose)
    agency = models.ForeignKey(Agency, models.PROTECT, null=True, related_name="+", db_index=False)
    client = TenantForeignKey(Client, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    user = models.ForeignKey(User, models.CASCADE, null=True, related_name="action_tokens")
    email = models.EmailField(max_length=254)
    token_hash = models.CharField(max_length=64, unique=True)
    created_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    consumed_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)
    reminder_sent_at = models.DateTimeField(null=True)
    metadata = models.JSONField(default=dict)  # of an invitation: {"role", "client_access", "record_access"}

    client_lookup = "client_id"
    unscoped = UnscopedManager()
    objects = TenantManager()

    class Meta:
        base_manager_name = "unscoped"
        default_manager_name = "unscoped"
        indexes = (models.Index(fields=("agency", "-created_at"), name="action_token_newest"),)

    def __str__(self) -> str:
        return f"{self.get_purpose_display()} for {self.email}"

    def is_open(self, now: datetime) -> bool:
        return self.consumed_at is None and self.revoked_at is None and now < self.expires_at
