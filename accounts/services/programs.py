"""Programs that act for a person: a refresh token that changes with each use, and access tokens that last minutes."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction

from accounts.models import UserSession
from accounts.principal import Principal, load_principal
from accounts.services.audit import Origin, record_of
from accounts.services.sessions import report_reuse
from accounts.session_keys import ABSOLUTE, SLIDING, mint, read, secrets_known
from lib.uuid7 import uuid7

ACCESS = timedelta(minutes=15)


class TokenRefused(Exception):
    """``code`` is for programs, the text for who reads their log."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


@dataclass(frozen=True, slots=True)
class Tokens:
    access: str
    refresh: str
    expires_at: datetime  # of the access token


@transaction.atomic
def connect_program(*, user_id: UUID, name: str, origin: Origin, now: datetime) -> str:
    """Begin a program's session and return its first refresh token, which is stored nowhere."""
    key = mint(uuid7(), settings.SECRET_KEY, "refresh")
    UserSession.objects.create(
        pk=key.row_id,
        user_id=user_id,
        kind=UserSession.Kind.API,
        name=name,
        key_hash=key.hash,
        turned_at=now,
        created_at=now,
        last_activity_at=now,
        sliding_expiry_at=now + SLIDING,
        absolute_expiry_at=now + ABSOLUTE,
        ip=origin.ip,
        user_agent=origin.user_agent,
    )
    record_of(user_id, "program_connected", now=now, origin=origin, target=name)
    return key.text


def refresh_tokens(*, refresh: str, origin: Origin, now: datetime) -> Tokens:
    """Exchange a refresh token for new ones. Raises `TokenRefused`.

    Of requests with the same token one succeeds; any other ends the session, its new tokens included, since one of the
    two holders stole it. Without a grace: a program that lost the answer is connected again. Must not be wrapped in a
    transaction that the refusal would roll back, and the end of the session with it.
    """
    key = read(refresh, secrets_known(), "refresh")
    if key is None:
        raise TokenRefused("unknown_token", "This is not a refresh token of ours.")
    fresh, access = (mint(key.row_id, settings.SECRET_KEY, purpose) for purpose in ("refresh", "access"))
    live = UserSession.objects.live(now).filter(pk=key.row_id, kind=UserSession.Kind.API)
    if not live.filter(user__is_active=True).exists():
        raise TokenRefused("session_over", "The program's session has ended. Connect the program again.")
    # By the row's own columns: behind a join the database would not look again at a row it had to wait for.
    turned = live.filter(key_hash=key.hash).update(
        key_hash=fresh.hash,
        previous_key_hash=key.hash,
        access_hash=access.hash,
        access_expires_at=now + ACCESS,
        turned_at=now,
        last_activity_at=now,
        sliding_expiry_at=now + SLIDING,
        ip=origin.ip,
        user_agent=origin.user_agent,
    )
    if turned:
        return Tokens(access.text, fresh.text, now + ACCESS)
    report_reuse(session_id=key.row_id, origin=origin, now=now)
    raise TokenRefused("token_reused", "This token was used before. The program's session has ended.")


def authenticate(*, access: str, now: datetime) -> Principal | None:
    """Who stands behind an access token; None when it is not one, has run out, or its session has ended."""
    key = read(access, secrets_known(), "access")
    if key is None:
        return None
    live = UserSession.objects.live(now).filter(
        pk=key.row_id, access_hash=key.hash, access_expires_at__gt=now
    )
    user_id = live.filter(user__is_active=True).values_list("user_id", flat=True).first()
    return load_principal(user_id) if user_id else None
