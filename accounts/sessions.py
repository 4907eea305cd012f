"""Sessions of browsers as rows of UserSession (SESSION_ENGINE).

The key is turned over every 15 minutes. Loading asks the database once, for the session and for who is signed in.
"""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.base import SessionBase, UpdateError
from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts.models import UserSession
from accounts.session_keys import (
    ABSOLUTE,
    GRACE,
    NOBODY,
    SLIDING,
    Key,
    Standing,
    Verdict,
    mint,
    read,
    secrets_known,
)
from accounts.statements import fetch
from lib.uuid7 import uuid7

PURPOSE = "session"
KEPT = timedelta(days=180)  # how long a session that is over still shows up, and makes its device a known one
VISITOR = "SELECT accounts_visitor(%s)"
TOLD = (
    "password_change",
    "mfa_change",
    "reuse_detected",
    "by_admin",
    "by_person",
)  # endings that the next page explains


class SessionStore(SessionBase):
    """``whence`` says where the browser is; the middleware sets it. ``row_id`` is the id of the UserSession."""

    _get_session: Callable[..., dict[str, Any]]
    _session_cache: dict[str, Any]
    reused_row: UUID | None = None  # whose key came back after it was replaced

    def __init__(self, session_key: str | None = None) -> None:
        super().__init__(session_key)
        self.whence: Callable[[], dict[str, Any]] = dict  # where the browser is, as columns of UserSession
        self.key_is_new = False
        self._principal: str | None = None
        self._standing: Standing | None = None
        self._verdict: Verdict | None = None
        self._of_somebody = False

    # What Django's middleware and ``login`` call

    def load(self) -> dict[str, Any]:
        key = self._key()
        found = fetch(VISITOR, [key.row_id])[0][0] if key else None
        if key is None or found is None:
            self._session_key = None
            return {}
        row, self._principal = json.loads(found[0]), found[1]
        self._standing = _standing(row)
        self._verdict = self._standing.judge(key.hash, timezone.now())
        if self._verdict in (Verdict.OVER, Verdict.REUSED):
            self._principal = self._session_key = None
            self.reused_row = key.row_id if self._verdict is Verdict.REUSED else None
            return self._why_over("reuse_detected" if self.reused_row else row["revoked_reason"])
        self._of_somebody = row["user_id"] is not None
        data: dict[str, Any] = row["data"]
        return data

    def exists(self, session_key: str) -> bool:
        key = read(session_key, secrets_known(), PURPOSE)
        return key is not None and UserSession.objects.filter(key_hash=key.hash).exists()

    def create(self) -> None:
        """Begin a new row. What the session held before is the caller's to bring along."""
        key = mint(uuid7(), settings.SECRET_KEY, PURPOSE)
        self._session_key, self.key_is_new, self._session_cache = key.text, True, {}
        self._standing = self._verdict = None
        self._insert(key, timezone.now())
        self.modified = True

    def save(self, must_create: bool = False) -> None:
        if must_create or self.session_key is None:
            data = self._get_session(no_load=must_create)
            self.create()
            self._session_cache = data
        if not self._row().filter(revoked_at=None).update(**self._columns(timezone.now())):
            raise UpdateError

    def delete(self, session_key: str | None = None) -> None:
        """Nobody's row goes; somebody's stays as a session that was signed out."""
        key = read(session_key or self.session_key or "", secrets_known(), PURPOSE)
        if key is None:
            return
        rows = UserSession.objects.filter(pk=key.row_id)
        if not rows.filter(user=None).delete()[0]:
            now = timezone.now()
            rows.filter(revoked_at=None).update(revoked_at=now, revoked_reason=UserSession.Ended.LOGOUT)

    def cycle_key(self) -> None:
        """A visitor who signs in begins a new row; somebody signed in keeps theirs under a new key."""
        self._get_session()
        if self._of_somebody:
            self.turn_over()
        else:
            super().cycle_key()

    @classmethod
    def clear_expired(cls) -> None:
        now = timezone.now()
        over = Q(user=None, sliding_expiry_at__lte=now) | Q(sliding_expiry_at__lte=now - KEPT)
        UserSession.objects.filter(over | Q(revoked_at__lte=now - KEPT)).delete()

    # What our own middleware calls

    @property
    def row_id(self) -> UUID | None:
        key = self._key()
        return key.row_id if key else None

    def _row(self) -> QuerySet[UserSession]:
        row_id = self.row_id
        return UserSession.objects.filter(pk=row_id) if row_id else UserSession.objects.none()

    @property
    def principal_words(self) -> str | None:
        """What the database said of the person signed in, with the session."""
        self._get_session()
        return self._principal

    @property
    def is_unconfirmed(self) -> bool:
        """The browser came back with a key that it had not shown before."""
        standing = self._standing
        if self._verdict is not Verdict.CURRENT or standing is None:
            return False
        return standing.confirmed_at is None and bool(standing.previous_key_hash)

    def is_due(self, now: datetime) -> bool:
        """Whether this answer should carry a new key."""
        if self._verdict is Verdict.LOST:
            return True
        standing = self._standing
        due = self._verdict is Verdict.CURRENT and standing is not None and standing.is_due(now)
        return due and self._of_somebody and not self.key_is_new

    def confirm(self, now: datetime) -> None:
        self._row().filter(confirmed_at=None).update(confirmed_at=now)

    def turn_over(self) -> None:
        """Take a new key. Of requests that do so at once, one does; the others go on under the key they brought."""
        offered, now = self._key(), timezone.now()
        if offered is None or self.key_is_new:
            return
        key = mint(offered.row_id, settings.SECRET_KEY, PURPOSE)
        column = "previous_key_hash" if self._verdict is Verdict.LOST else "key_hash"
        turned = UserSession.objects.filter(
            Q(**{column: offered.hash}), pk=offered.row_id, revoked_at=None
        ).update(
            key_hash=key.hash,
            previous_key_hash=offered.hash,
            turned_at=now,
            confirmed_at=None,
            grace_until=now + GRACE,
            last_activity_at=now,
            sliding_expiry_at=now + SLIDING,
            **self.whence(),
        )
        if turned:
            self._session_key, self.key_is_new, self.modified = key.text, True, True

    # Inside

    def _key(self) -> Key | None:
        return read(self.session_key, secrets_known(), PURPOSE) if self.session_key else None

    def _why_over(self, reason: str) -> dict[str, Any]:
        if reason not in TOLD:
            return {}
        self.modified = True
        return {"ended": reason}

    def _columns(self, now: datetime) -> dict[str, Any]:
        data = self._get_session()
        user_id = data.get(SESSION_KEY)
        self._of_somebody = user_id is not None
        columns: dict[str, Any] = {"data": data, "user_id": user_id, "last_activity_at": now}
        if self.key_is_new:
            columns |= self.whence()
            columns["sliding_expiry_at"] = now + (SLIDING if user_id else NOBODY)
        return columns

    def _insert(self, key: Key, now: datetime) -> None:
        UserSession.objects.create(
            pk=key.row_id,
            key_hash=key.hash,
            turned_at=now,
            created_at=now,
            last_activity_at=now,
            sliding_expiry_at=now + NOBODY,
            absolute_expiry_at=now + ABSOLUTE,
            **self.whence(),
        )


def _standing(row: dict[str, Any]) -> Standing:
    def moment(name: str) -> datetime | None:
        return datetime.fromisoformat(row[name]) if row[name] else None

    turned, sliding, absolute = (
        datetime.fromisoformat(row[name]) for name in ("turned_at", "sliding_expiry_at", "absolute_expiry_at")
    )
    return Standing(
        row["key_hash"],
        row["previous_key_hash"],
        turned,
        moment("confirmed_at"),
        moment("grace_until"),
        min(sliding, absolute),
        moment("revoked_at"),
    )
