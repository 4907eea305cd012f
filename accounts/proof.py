"""The proof a session holds that its person is who they say. django-otp's one question, ``is_verified``, is answered
from here: a session without a proof is held, whatever the reason it has none.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Self
from uuid import UUID

from django.http import HttpRequest
from django_otp import DEVICE_ID_SESSION_KEY
from django_otp.middleware import is_verified

from accounts.models import MFAChallenge

NOT_ASKED, TRUSTED_DEVICE = "not_asked", "trusted_device"  # the gate stood open: no factor was shown
STRONG = frozenset({MFAChallenge.Type.TOTP, MFAChallenge.Type.WEBAUTHN, MFAChallenge.Type.BACKUP_CODE})
SHOWN = STRONG | {MFAChallenge.Type.EMAIL_OTP}
KNOWN = SHOWN | {NOT_ASKED, TRUSTED_DEVICE}
FRESH = timedelta(minutes=10)
LAST_USED = (
    "admin_used"  # in the session, in seconds: who is at work on the platform is not asked every ten minutes
)


@dataclass(frozen=True, slots=True)
class Proof:
    """What django-otp calls a device: the thing by which ``user_id`` passed, and when."""

    user_id: UUID
    method: str
    at: datetime

    @property
    def persistent_id(self) -> str:
        return f"proof/{self.method}/{self.user_id}/{int(self.at.timestamp())}"

    @classmethod
    def parse(cls, text: object) -> Self | None:
        """Anything that is not exactly a proof is none."""
        try:
            kind, method, user_id, at = str(text).split("/")
            proof = cls(UUID(user_id), method, datetime.fromtimestamp(int(at), UTC))
        except (ValueError, OverflowError, OSError):
            return None
        return proof if kind == "proof" and method in KNOWN else None

    @property
    def is_strong(self) -> bool:
        return self.method in STRONG

    def is_fresh(self, now: datetime) -> bool:
        """A factor was shown within the last ten minutes. A time to come counts as long ago."""
        return self.method in SHOWN and timedelta(seconds=-1) < now - self.at < FRESH


def keep(session: Any, user: Any, proof: Proof) -> None:
    """From now on the session is ``user``'s by ``proof``, until it ends or they sign in again."""
    session[DEVICE_ID_SESSION_KEY] = proof.persistent_id
    user.otp_device = proof
    user.is_verified = partial(is_verified, user)


def forget(session: Any) -> None:
    session.pop(DEVICE_ID_SESSION_KEY, None)


def attach(request: HttpRequest) -> None:
    """Give ``request.user`` django-otp's ``otp_device`` and ``is_verified`` from the session alone."""
    user: Any = request.user
    proof = Proof.parse(request.session.get(DEVICE_ID_SESSION_KEY))
    user.otp_device = proof if proof and user.pk == proof.user_id else None
    user.is_verified = partial(is_verified, user)


def proof_of(request: HttpRequest) -> Proof | None:
    found: Proof | None = getattr(request.user, "otp_device", None)
    return found


def fresh(request: HttpRequest, now: datetime) -> bool:
    proof = proof_of(request)
    return proof is not None and proof.is_fresh(now)


def lately_strong(request: HttpRequest, now: datetime) -> bool:
    """An app, a passkey or a backup code was shown within ten minutes, or before work on the platform that goes on.

    No trust in a device counts here.
    """
    proof = proof_of(request)
    if proof is None or not proof.is_strong:
        return False
    last = request.session.get(LAST_USED)
    at_work = isinstance(last, int) and 0 <= now.timestamp() - last < FRESH.total_seconds()
    return proof.is_fresh(now) or at_work
