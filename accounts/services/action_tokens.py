"""Links that are mailed and work once: making them, looking at them, using them up.

Whoever holds the secret is let through, so it leaves the process in the mail alone; the table keeps its hash. A link is
looked up before anybody is signed in, hence in all agencies, but by nothing less than its whole secret.
"""

import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

from django.db import transaction

from accounts.models import ActionToken
from accounts.scope import PlatformUse, platform_scope
from accounts.services.audit import Origin, record
from accounts.settings_registry import platform_setting
from accounts.statements import fetch

Purpose = ActionToken.Purpose
LIFE = {
    Purpose.ONBOARDING: timedelta(days=30),
    Purpose.PASSWORD_RESET: timedelta(hours=1),
    Purpose.EMAIL_VERIFICATION: timedelta(days=1),
}
CONSUME = (
    "UPDATE accounts_actiontoken SET consumed_at = %s WHERE token_hash = %s AND purpose = %s "
    "AND consumed_at IS NULL AND revoked_at IS NULL AND expires_at > %s RETURNING id"
)


def life_of(purpose: str) -> timedelta:
    """How long a link works that is made now."""
    if purpose == Purpose.INVITE:
        return timedelta(days=platform_setting("invitation.days"))
    return LIFE[Purpose(purpose)]


class LinkRefused(Exception):
    """The link is unknown, meant for something else, used, taken back or too old: ``reason`` says which."""

    def __init__(self, reason: str, token: ActionToken | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.token = token


@transaction.atomic
def issue(
    *,
    purpose: str,
    email: str,
    now: datetime,
    agency_id: UUID | None = None,
    client_id: UUID | None = None,
    user_id: UUID | None = None,
    created_by: UUID | None = None,
    metadata: Mapping[str, Any] | None = None,
) -> tuple[ActionToken, str]:
    """Return the stored row and the secret, which is known here and now only."""
    secret = secrets.token_urlsafe(32)
    with platform_scope(PlatformUse.LINK):
        token = ActionToken.unscoped.create(
            purpose=purpose,
            email=email,
            token_hash=_hash(secret),
            agency_id=agency_id,
            client_id=client_id,
            user_id=user_id,
            created_by_id=created_by,
            created_at=now,
            expires_at=now + life_of(purpose),
            metadata=dict(metadata or {}),
        )
    return token, secret


@transaction.atomic
def find(*, purpose: str, secret: str, now: datetime) -> ActionToken:
    """Return the row of an open link, with agency, client and sender, and change nothing. Raises `LinkRefused`."""
    with platform_scope(PlatformUse.LINK):
        token = (
            ActionToken.unscoped.select_related("agency", "client", "created_by", "user")
            .filter(token_hash=_hash(secret), purpose=purpose)
            .first()
        )
    if token is None or not token.is_open(now):
        raise LinkRefused(_reason(token, now), token)
    return token


@transaction.atomic
def consume(*, purpose: str, secret: str, now: datetime) -> ActionToken:
    """Use the link up, once among any number who try at the same time. Raises `LinkRefused` to all others."""
    with platform_scope(PlatformUse.LINK):
        used = fetch(CONSUME, [now, _hash(secret), str(purpose), now])
    if not used:
        find(purpose=purpose, secret=secret, now=now)  # says why
        raise LinkRefused("used")
    with platform_scope(PlatformUse.LINK):
        return ActionToken.unscoped.select_related("agency", "client").get(pk=used[0][0])


@transaction.atomic
def renew(*, token: ActionToken, now: datetime, created_by: UUID | None) -> str:
    """Give the row a new secret and a whole new life; the link that was mailed before is dead from now on.

    Raises `LinkRefused` if it was used or taken back meanwhile.
    """
    secret = secrets.token_urlsafe(32)
    with platform_scope(PlatformUse.LINK):
        changed = ActionToken.unscoped.filter(
            pk=token.pk, consumed_at__isnull=True, revoked_at__isnull=True
        ).update(
            token_hash=_hash(secret),
            expires_at=now + life_of(token.purpose),
            reminder_sent_at=now,
            created_by_id=created_by,
        )
    if not changed:
        raise LinkRefused("used", token)
    return secret


def revoke_of_person(*, user_id: UUID, purpose: str, now: datetime) -> None:
    """Take back every open link of one purpose that a person was sent."""
    with platform_scope(PlatformUse.LINK):
        ActionToken.unscoped.filter(
            user_id=user_id, purpose=purpose, consumed_at__isnull=True, revoked_at__isnull=True
        ).update(revoked_at=now)


def refused(
    *, refusal: LinkRefused, purpose: str, now: datetime, origin: Origin, actor_id: UUID | None = None
) -> None:
    """Write down that a link was refused, where its agency can see it if it has one."""
    token = refusal.token
    record(
        event_type="link_refused",
        now=now,
        agency_id=token.agency_id if token else None,
        client_id=token.client_id if token else None,
        actor_id=actor_id,
        target=token.email if token else "",
        origin=origin,
        details={"purpose": Purpose(purpose).label},
        failure_reason=refusal.reason,
    )


def _hash(secret: str) -> str:
    return sha256(secret.encode(errors="replace")).hexdigest()


def _reason(token: ActionToken | None, now: datetime) -> str:
    if token is None:
        return "unknown"
    if token.consumed_at is not None:
        return "used"
    if token.revoked_at is not None:
        return "taken back"
    return "too old" if now >= token.expires_at else "used"
