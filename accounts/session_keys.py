"""Keys of sessions: what a cookie or a program's token is made of, and what an offered one is worth.

A key names its row, so that a key that was handed out once and has been replaced since is known for what it is: its
signature says that it is ours, and the row says that it is old. Neither the clock nor the database is asked here.
"""

import hashlib
import hmac
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from uuid import UUID

from django.conf import settings

TURN_AFTER = timedelta(minutes=15)
GRACE = timedelta(seconds=60)  # for what was under way when the key was turned over
SLIDING = timedelta(days=30)
ABSOLUTE = timedelta(days=90)
NOBODY = timedelta(days=1)  # what a visitor leaves without signing in
NONCE_BYTES = 16
MAC_BYTES = 16


@dataclass(frozen=True, slots=True)
class Key:
    """``text`` is what the browser or program holds; the database holds ``hash`` alone."""

    row_id: UUID
    text: str

    @property
    def hash(self) -> str:
        return hashlib.sha256(self.text.encode()).hexdigest()


def secrets_known() -> list[str]:
    """The secret that signs, then those that did and still may."""
    return [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]


def mint(row_id: UUID, secret: str, purpose: str) -> Key:
    body = row_id.bytes + secrets.token_bytes(NONCE_BYTES)
    return Key(row_id, urlsafe_b64encode(body + _mac(body, secret, purpose)).decode().rstrip("="))


def read(text: str, secrets_known: Sequence[str], purpose: str) -> Key | None:
    """The key that ``text`` is, if one of our secrets signed it for that purpose; else None."""
    try:
        raw = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except ValueError:
        return None
    body, mac = raw[:-MAC_BYTES], raw[-MAC_BYTES:]
    if len(body) != NONCE_BYTES + 16:
        return None
    if not any(hmac.compare_digest(mac, _mac(body, each, purpose)) for each in secrets_known):
        return None
    return Key(UUID(bytes=body[:16]), text)


def _mac(body: bytes, secret: str, purpose: str) -> bytes:
    return hmac.digest(secret.encode(), purpose.encode() + b"\0" + body, "sha256")[:MAC_BYTES]


class Verdict(Enum):
    CURRENT = "the present key"
    GRACE = "the key before, a moment after it was turned over"
    LOST = "the key before, because the answer with the present one never arrived"
    REUSED = "a key that was replaced, used again"
    OVER = "the session has ended"


@dataclass(frozen=True, slots=True)
class Standing:
    """How a session stands. ``confirmed_at`` is when the present key first came back."""

    key_hash: str
    previous_key_hash: str
    turned_at: datetime
    confirmed_at: datetime | None
    grace_until: datetime | None
    expires_at: datetime
    revoked_at: datetime | None

    def judge(self, offered: str, now: datetime) -> Verdict:
        """``offered`` is the hash of a key of ours for this row, present or not."""
        if self.revoked_at is not None or now >= self.expires_at:
            return Verdict.OVER
        if offered == self.key_hash:
            return Verdict.CURRENT
        if offered != self.previous_key_hash:
            return Verdict.REUSED
        if self.grace_until is not None and now < self.grace_until:
            return Verdict.GRACE
        return Verdict.LOST if self.confirmed_at is None else Verdict.REUSED

    def is_due(self, now: datetime) -> bool:
        return now >= self.turned_at + TURN_AFTER
