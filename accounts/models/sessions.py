from datetime import datetime
from typing import ClassVar, Self

from django.db import models
from django.utils import timezone

from accounts.models.people import User
from lib.uuid7 import uuid7


class TrustedDevice(models.Model):
    """A browser that need not prove a second factor again until ``expires_at``, unless the trust is taken back."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(User, models.CASCADE, related_name="trusted_devices")
    device_id = models.UUIDField()
    fingerprint = models.CharField(max_length=64, blank=True)
    name = models.CharField(max_length=100, blank=True)
    trusted_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("user", "device_id"),
                condition=models.Q(revoked_at=None),
                name="trusted_device_once",
            ),
        )

    def __str__(self) -> str:
        return self.name or str(self.device_id)

    def holds(self, now: datetime) -> bool:
        return self.revoked_at is None and now < self.expires_at


class UserSessionQuerySet(models.QuerySet["UserSession"]):
    def live(self, now: datetime) -> Self:
        return self.filter(revoked_at=None, sliding_expiry_at__gt=now, absolute_expiry_at__gt=now)

    def latest_first(self) -> Self:
        return self.order_by("-last_activity_at", "-pk")


class UserSession(models.Model):
    """One sign-in of one browser or program. The row is the family: its key is turned over, the row stays.

    Rows of nobody (``user`` None) hold what a visitor does before signing in. Only hashes of keys are stored.
    """

    class Kind(models.TextChoices):
        BROWSER = "browser", "Browser"
        API = "api", "Program"

    class Ended(models.TextChoices):
        LOGOUT = "logout", "Signed out"
        PASSWORD_CHANGE = "password_change", "The password was changed"
        MFA_CHANGE = "mfa_change", "The second factors were changed"
        REUSE_DETECTED = "reuse_detected", "An old key was used again"
        BY_PERSON = "by_person", "Ended by the person"
        BY_ADMIN = "by_admin", "Ended by an administrator"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(User, models.CASCADE, null=True, related_name="sessions", db_index=False)
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.BROWSER)
    name = models.CharField(max_length=100, blank=True)  # what the person calls a program
    key_hash = models.CharField(max_length=64, unique=True)
    turned_at = models.DateTimeField(default=timezone.now)  # when the present key was handed out
    confirmed_at = models.DateTimeField(null=True)  # when it first came back
    previous_key_hash = models.CharField(max_length=64, blank=True)
    grace_until = models.DateTimeField(null=True)  # until then the previous key still passes
    access_hash = models.CharField(max_length=64, blank=True)  # of a program's present access token
    access_expires_at = models.DateTimeField(null=True)
    data = models.JSONField(default=dict)
    trusted_device = models.ForeignKey(TrustedDevice, models.SET_NULL, null=True, related_name="sessions")
    device_id = models.UUIDField(null=True)
    fingerprint = models.CharField(max_length=64, blank=True)
    device_name = models.CharField(max_length=100, blank=True)
    ip = models.GenericIPAddressField(null=True)
    user_agent = models.CharField(max_length=300, blank=True)
    country_code = models.CharField(max_length=2, blank=True)
    city = models.CharField(max_length=100, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    last_activity_at = models.DateTimeField(default=timezone.now)
    sliding_expiry_at = models.DateTimeField()
    absolute_expiry_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    revoked_reason = models.CharField(max_length=20, choices=Ended, blank=True)

    objects = UserSessionQuerySet.as_manager()

    class Meta:
        indexes: ClassVar = (
            models.Index(fields=("user", "-last_activity_at"), name="user_session_of_person"),
            models.Index(fields=("sliding_expiry_at",), name="user_session_expiry"),
        )

    def __str__(self) -> str:
        return self.title

    @property
    def title(self) -> str:
        return self.name or self.device_name or "Unknown browser"

    @property
    def place(self) -> str:
        """Where it was last used, as far as known."""
        return ", ".join(each for each in (self.city, self.country_code, self.ip) if each)

    def is_live(self, now: datetime) -> bool:
        return self.revoked_at is None and now < min(self.sliding_expiry_at, self.absolute_expiry_at)
