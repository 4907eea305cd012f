"""What a person can show besides their password, read from allauth's rows and their own settings."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any
from uuid import UUID

from allauth.mfa.models import Authenticator

from accounts.models import MFAChallenge, MFASettings

Type = MFAChallenge.Type
WORDS = {
    Type.EMAIL_OTP: "Code by e-mail",
    Type.TOTP: "Authenticator app",
    Type.WEBAUTHN: "Passkey",
    Type.BACKUP_CODE: "Backup code",
}
PREFERABLE = {
    MFASettings.Method.EMAIL: Type.EMAIL_OTP,
    MFASettings.Method.TOTP: Type.TOTP,
    MFASettings.Method.WEBAUTHN: Type.WEBAUTHN,
}
ORDER = (Type.WEBAUTHN, Type.TOTP, Type.EMAIL_OTP, Type.BACKUP_CODE)


@dataclass(frozen=True)
class Factors:
    """Authenticator rows are asked as they are: nothing about them is kept a second time."""

    settings: MFASettings
    rows: tuple[Any, ...]

    @cached_property
    def totp(self) -> Any:
        return next((row for row in self.rows if row.type == Authenticator.Type.TOTP), None)

    @cached_property
    def passkeys(self) -> list[Any]:
        return [row for row in self.rows if row.type == Authenticator.Type.WEBAUTHN]

    @cached_property
    def codes(self) -> Any:
        return next((row for row in self.rows if row.type == Authenticator.Type.RECOVERY_CODES), None)

    @property
    def has_strong(self) -> bool:
        return bool(self.totp or self.passkeys)

    @property
    def by_email(self) -> bool:
        return self.settings.email_otp_enabled or not self.has_strong

    def methods(self, *, strong: bool) -> list[str]:
        """What may be shown, the preferred first. ``strong`` without a strong factor leaves the e-mail code, after
        which a strong one is set up."""
        held = {
            Type.WEBAUTHN: bool(self.passkeys),
            Type.TOTP: bool(self.totp),
            Type.EMAIL_OTP: not self.has_strong if strong else self.by_email,
            Type.BACKUP_CODE: bool(self.codes),
        }
        preferred = PREFERABLE.get(MFASettings.Method(self.settings.preferred_method or "email"))
        if not self.settings.preferred_method:
            preferred = next(each for each in ORDER if held[each])
        ordered = sorted(ORDER, key=lambda each: (each != preferred, ORDER.index(each)))
        return [each for each in ordered if held[each]]


def factors_of(user_id: UUID) -> Factors:
    settings = MFASettings.objects.filter(user_id=user_id).first() or MFASettings(user_id=user_id)
    rows = tuple(Authenticator.objects.filter(user_id=user_id).order_by("created_at", "pk"))
    return Factors(settings, rows)
