from datetime import datetime

from django.db import models

from accounts.models.people import User
from accounts.models.sessions import UserSession
from lib.uuid7 import uuid7


class Trigger(models.TextChoices):
    """Why somebody was asked for a second factor."""

    NEW_DEVICE = "new_device", "A device we had not seen before"
    NEW_IP = "new_ip", "An address we had not seen before"
    NEW_COUNTRY = "new_country", "A country you had not signed in from before"
    INACTIVITY = "inactivity", "A long time without a visit"
    ALWAYS_REQUIRED = "always_required", "Your account or your agency always asks"
    STEP_UP = "step_up", "Something that needs a fresh proof"


class MFASettings(models.Model):
    """What a person and their administrators want. Enrolled factors are allauth's rows, asked and not mirrored."""

    class Method(models.TextChoices):
        EMAIL = "email", "Code by e-mail"
        TOTP = "totp", "Authenticator app"
        WEBAUTHN = "webauthn", "Passkey"

    user = models.OneToOneField(User, models.CASCADE, primary_key=True, related_name="mfa_settings")
    email_otp_enabled = models.BooleanField(default=True)
    preferred_method = models.CharField(max_length=10, choices=Method, blank=True)
    require_mfa_always = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name_plural = "MFA settings"

    def __str__(self) -> str:
        return f"Second factors of {self.user_id}"


class MFAChallenge(models.Model):
    """One time that somebody was asked for a second factor, and how it ended. Codes are kept as an HMAC."""

    class Type(models.TextChoices):
        EMAIL_OTP = "email_otp", "Code by e-mail"
        TOTP = "totp", "Authenticator app"
        WEBAUTHN = "webauthn", "Passkey"
        BACKUP_CODE = "backup_code", "Backup code"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(User, models.CASCADE, related_name="mfa_challenges", db_index=False)
    session = models.ForeignKey(UserSession, models.SET_NULL, null=True, related_name="challenges")
    challenge_type = models.CharField(max_length=12, choices=Type)
    otp_hash = models.CharField(max_length=64, blank=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    verified_at = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    max_attempts = models.PositiveSmallIntegerField(default=5)
    trigger_reason = models.CharField(max_length=20, choices=Trigger)
    ip = models.GenericIPAddressField(null=True)
    user_agent = models.CharField(max_length=300, blank=True)

    class Meta:
        indexes = (models.Index(fields=("user", "-created_at"), name="mfa_challenge_of_person"),)
        constraints = (
            models.CheckConstraint(
                condition=models.Q(attempts__lte=models.F("max_attempts")), name="mfa_challenge_tries"
            ),
        )

    def __str__(self) -> str:
        return f"{self.get_challenge_type_display()} for {self.user_id}"

    def is_open(self, now: datetime) -> bool:
        return self.verified_at is None and now < self.expires_at and self.attempts < self.max_attempts


class KnownPlace(models.Model):
    """A browser and an address from which a person passed the whole sign-in. What is here is not asked for again."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(User, models.CASCADE, related_name="known_places", db_index=False)
    device_id = models.UUIDField()
    ip = models.GenericIPAddressField(null=True)
    country_code = models.CharField(max_length=2, blank=True)
    first_seen_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("user", "device_id", "ip"), name="known_place_once", nulls_distinct=False
            ),
        )

    def __str__(self) -> str:
        return f"{self.user_id} at {self.ip or 'an unknown address'}"
