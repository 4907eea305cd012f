"""Setting up and taking away factors. Each change is recorded, told by mail, and ends the person's other sessions."""

from datetime import datetime
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, validate_totp_code
from allauth.mfa.webauthn.internal.auth import WebAuthn
from django.db import transaction

from accounts.factors import Factors, factors_of
from accounts.models import MFASettings, User
from accounts.sealing import secrets_of
from accounts.services.audit import Origin, record_of
from accounts.services.devices import untrust_others
from accounts.services.mailing import send_mail
from accounts.services.sessions import end_others
from accounts.services.sign_in_rules import rules_of

Kind = Authenticator.Type


class StillNeeded(Exception):
    """The last strong factor of somebody whose role wants one."""


@transaction.atomic
def enrol_totp(*, user: User, secret: str, code: str, now: datetime, origin: Origin) -> list[str] | None:
    """Keep the app whose ``code`` shows that it holds ``secret``; None when it doesn't, or one is kept already.

    Returns backup codes when these are the person's first. They can't be shown again.
    """
    plain = "".join(code.split())
    if not (plain.isascii() and plain.isdigit() and validate_totp_code(secret, plain)):
        return None
    _one_at_a_time(user)
    if factors_of(user.pk).totp:
        return None
    with secrets_of(user.pk, Kind.TOTP):
        if not TOTP.activate(user, secret).validate_code(plain):  # counts the code as used
            transaction.set_rollback(True)
            return None
    return _added(user, "Authenticator app", now, origin)


@transaction.atomic
def add_passkey(
    *, user: User, name: str, credential: dict[str, Any], now: datetime, origin: Origin
) -> list[str]:
    """Keep a passkey that the browser has just made; returns backup codes when it is the first strong factor."""
    _one_at_a_time(user)
    WebAuthn.add(user, name, credential)
    return _added(user, f"Passkey “{name}”", now, origin)


@transaction.atomic
def remove_factor(*, user: User, authenticator_id: int, now: datetime, origin: Origin) -> bool:
    """Take away the app or a passkey, and with the last of them the backup codes. False when it is not there.

    Raises `StillNeeded`.
    """
    _one_at_a_time(user)
    factors = factors_of(user.pk)
    strong = [row for row in factors.rows if row.type in (Kind.TOTP, Kind.WEBAUTHN)]
    row = next((each for each in strong if each.pk == authenticator_id), None)
    if row is None:
        return False
    if len(strong) == 1 and rules_of(user).strong:
        raise StillNeeded
    what = "Authenticator app" if row.type == Kind.TOTP else f"Passkey “{row.wrap().name}”"
    row.delete()
    if len(strong) == 1:
        Authenticator.objects.filter(user=user, type=Kind.RECOVERY_CODES).delete()
        MFASettings.objects.filter(user=user).update(email_otp_enabled=True, preferred_method="")
    _changed(user, f"{what} was removed", now, origin)
    record_of(user.pk, "mfa_removed", now=now, origin=origin, details={"factor": what})
    return True


@transaction.atomic
def make_backup_codes(*, user: User, now: datetime, origin: Origin) -> list[str] | None:
    """Ten new codes in place of all older ones; None without a strong factor, which they stand in for."""
    _one_at_a_time(user)
    if not factors_of(user.pk).has_strong:
        return None
    Authenticator.objects.filter(user=user, type=Kind.RECOVERY_CODES).delete()
    codes = _new_codes(user)
    _changed(user, "New backup codes were made, and the old ones no longer work", now, origin)
    record_of(user.pk, "backup_codes_made", now=now, origin=origin)
    return codes


@transaction.atomic
def rename_passkey(*, user: User, authenticator_id: int, name: str, now: datetime, origin: Origin) -> bool:
    """False when there is no such passkey of the person's."""
    row = (
        Authenticator.objects.select_for_update()
        .filter(user=user, pk=authenticator_id, type=Kind.WEBAUTHN)
        .first()
    )
    if row is None:
        return False
    before = row.wrap().name
    if name != before:
        row.data["name"] = name
        row.save(update_fields=["data"])
        record_of(user.pk, "passkey_renamed", now=now, target=name, origin=origin, details={"before": before})
    return True


@transaction.atomic
def choose_methods(*, user: User, preferred: str, by_email: bool, now: datetime, origin: Origin) -> Factors:
    """Which way is offered first, and whether codes by e-mail still count beside a strong factor."""
    _one_at_a_time(user)
    settings, _ = MFASettings.objects.get_or_create(user=user)
    before, after = (settings.preferred_method, settings.email_otp_enabled), (preferred, by_email)
    if after != before:
        settings.preferred_method, settings.email_otp_enabled = after
        settings.save(update_fields=["preferred_method", "email_otp_enabled", "updated_at"])
        details = {
            "first": preferred or "not chosen",
            "before": before[0] or "not chosen",
            "by_email": by_email,
        }
        record_of(user.pk, "mfa_preference", now=now, origin=origin, details=details)
    return factors_of(user.pk)


def _one_at_a_time(user: User) -> None:
    User.objects.select_for_update(no_key=True).get(pk=user.pk)


def _new_codes(user: User) -> list[str]:
    with secrets_of(user.pk, Kind.RECOVERY_CODES):
        made: list[str] = RecoveryCodes.activate(user).generate_codes()
    return made


def _added(user: User, what: str, now: datetime, origin: Origin) -> list[str]:
    codes = [] if factors_of(user.pk).codes else _new_codes(user)
    _changed(user, f"{what} was added", now, origin)
    record_of(user.pk, "mfa_enrolled", now=now, origin=origin, details={"factor": what})
    if codes:
        record_of(user.pk, "backup_codes_made", now=now, origin=origin)
    return codes


def _changed(user: User, what: str, now: datetime, origin: Origin) -> None:
    untrust_others(user_id=user.pk, keep=origin.device_id, now=now)
    end_others(user_id=user.pk, keep=origin.session_id, reason="mfa_change", now=now, origin=origin)
    send_mail(template="mfa_changed", to=user.email, context={"name": user.name, "what": what})
