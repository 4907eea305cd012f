"""Asking for a second factor and hearing the answer. A guess is counted before it is looked at."""

import logging
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from allauth.mfa.models import Authenticator
from django.db import transaction
from django.db.models import F
from django.utils.crypto import constant_time_compare, salted_hmac

from accounts.models import MFAChallenge, Trigger, User
from accounts.passkeys import recognise
from accounts.sealing import secrets_of
from accounts.services.audit import Origin, record_of
from accounts.services.mailing import send_mail
from lib.encryption import Undecryptable

log = logging.getLogger(__name__)
LIFE = timedelta(minutes=10)
PAUSE = timedelta(seconds=60)  # between two codes by mail
WINDOW = timedelta(hours=1)
MOST_SPENT, MOST_MAILS = 3, 10  # in one window: challenges without a try left, codes by mail
Type = MFAChallenge.Type


class AskedTooOften(Exception):
    """No further challenge before ``until``."""

    def __init__(self, until: datetime) -> None:
        super().__init__("asked too often")
        self.until = until


class ChallengeOver(Exception):
    """Expired, used, out of tries, or somebody else's."""


@transaction.atomic
def ask(*, user: User, method: str, why: str, now: datetime, origin: Origin) -> MFAChallenge:
    """The challenge that the next answer belongs to; an e-mail code leaves after commit.

    While one is open its tries are shared by every browser that signs in: it is returned again, except that a code
    by mail is sent anew after a pause. Raises `AskedTooOften`.
    """
    User.objects.select_for_update(no_key=True).get(pk=user.pk)  # one at a time, or each gets its own tries
    recent = MFAChallenge.objects.filter(user=user, created_at__gt=now - WINDOW).order_by("created_at")
    spent = recent.filter(attempts__gte=F("max_attempts"), verified_at=None)
    open_one = next(
        (each for each in recent.filter(challenge_type=method).reverse() if each.is_open(now)), None
    )
    if method != Type.WEBAUTHN:  # nothing to guess there
        _limit(list(spent.values_list("created_at", flat=True)), MOST_SPENT)
    if open_one and (method != Type.EMAIL_OTP or now - open_one.created_at < PAUSE):
        return open_one
    if method == Type.EMAIL_OTP:
        _limit(list(recent.filter(challenge_type=method).values_list("created_at", flat=True)), MOST_MAILS)
    challenge = MFAChallenge(
        user=user,
        session_id=origin.session_id,
        challenge_type=method,
        trigger_reason=why,
        created_at=now,
        expires_at=now + LIFE,
        ip=origin.ip,
        user_agent=origin.user_agent,
    )
    if method == Type.EMAIL_OTP:
        _mail_code(challenge, user, now)
    challenge.save()
    details = {"method": method, "why": Trigger(why).value}
    record_of(user.pk, "mfa_challenge", now=now, origin=origin, details=details)
    return challenge


def _limit(times: list[datetime], most: int) -> None:
    if len(times) >= most:
        raise AskedTooOften(times[-most] + WINDOW)


def _mail_code(challenge: MFAChallenge, user: User, now: datetime) -> None:
    """Older codes die with the new one, so that at most one code of a person is right at any time."""
    MFAChallenge.objects.filter(
        user=user, challenge_type=Type.EMAIL_OTP, verified_at=None, expires_at__gt=now
    ).update(expires_at=now)
    code = f"{secrets.randbelow(10**6):06d}"
    challenge.otp_hash = _hashed(challenge.pk, code)
    context = {"code": code, "name": user.name, "minutes": LIFE.seconds // 60}
    send_mail(template="mfa_code", to=user.email, context=context)


def _hashed(challenge_id: UUID, code: str) -> str:
    return salted_hmac("accounts.mfa_code", f"{challenge_id}:{code}", algorithm="sha256").hexdigest()


def count_try(*, challenge_id: UUID, user_id: UUID, method: str, now: datetime) -> None:
    """Use up one try, in one statement: guesses at once wait for each other. Raises `ChallengeOver`."""
    counted = MFAChallenge.objects.filter(
        pk=challenge_id,
        user_id=user_id,
        challenge_type=method,
        verified_at=None,
        expires_at__gt=now,
        attempts__lt=F("max_attempts"),
    ).update(attempts=F("attempts") + 1)
    if not counted:
        raise ChallengeOver


@transaction.atomic
def answer(*, user: User, challenge_id: UUID, method: str, given: Any, now: datetime, origin: Origin) -> bool:
    """Whether ``given`` proves ``method``: a code, or of a passkey the browser's answer. Raises `ChallengeOver`.

    A wrong answer has used up a try; the caller must let the transaction commit.
    """
    count_try(challenge_id=challenge_id, user_id=user.pk, method=method, now=now)
    right = _CHECKS[method](user, challenge_id, given)
    if right:
        right = bool(MFAChallenge.objects.filter(pk=challenge_id, verified_at=None).update(verified_at=now))
    event, why = ("mfa_success", "") if right else ("mfa_failed", "wrong or used code")
    record_of(user.pk, event, now=now, origin=origin, details={"method": method}, failure_reason=why)
    return right


def _plain(given: Any) -> str:
    """The digits as typed, without the gaps that people and apps put in."""
    return "".join(str(given).split()).replace("-", "")[:20]


def _by_email(_: User, challenge_id: UUID, given: Any) -> bool:
    wanted = MFAChallenge.objects.values_list("otp_hash", flat=True).get(pk=challenge_id)
    return constant_time_compare(wanted, _hashed(challenge_id, _plain(given)))


def _by_authenticator(kind: str) -> Callable[[User, UUID, Any], bool]:
    def check(user: User, _: UUID, given: Any) -> bool:
        row = Authenticator.objects.filter(user_id=user.pk, type=kind).first()
        code = _plain(given)
        if row is None or not (code.isascii() and code.isdigit()):
            return False
        try:
            with secrets_of(user.pk, kind):
                right = bool(row.wrap().validate_code(code))
        except Undecryptable:
            log.exception("A second factor of %s cannot be opened", user.pk)
            return False
        if right:
            Authenticator.objects.get(pk=row.pk).record_usage()
        return right

    return check


def _by_passkey(user: User, _: UUID, given: Any) -> bool:
    return recognise(user, given)


_CHECKS: dict[str, Callable[[User, UUID, Any], bool]] = {
    Type.EMAIL_OTP: _by_email,
    Type.TOTP: _by_authenticator(Authenticator.Type.TOTP),
    Type.BACKUP_CODE: _by_authenticator(Authenticator.Type.RECOVERY_CODES),
    Type.WEBAUTHN: _by_passkey,
}
