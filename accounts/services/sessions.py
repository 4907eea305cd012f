"""Ending sessions: one's own, all others, somebody else's, and a family whose key was used twice."""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from accounts.models import User, UserSession
from accounts.services.audit import NOWHERE, Origin, record_by, record_of
from accounts.services.mailing import send_mail
from accounts.tenancy import Actor


@transaction.atomic
def end_session(*, user_id: UUID, session_id: UUID, origin: Origin, now: datetime) -> bool:
    """End one of the person's own sessions; False when it is not theirs or is over already."""
    own = UserSession.objects.live(now).filter(pk=session_id, user_id=user_id)
    found = own.first()
    if found is None or not _end(own, "by_person", now):
        return False
    record_of(user_id, "session_ended", now=now, target=str(found), origin=origin)
    return True


@transaction.atomic
def end_others(
    *, user_id: UUID, keep: UUID | None, reason: str, now: datetime, origin: Origin = NOWHERE
) -> int:
    """End every session of the person but ``keep``, programs included. ``reason`` is a UserSession.Ended."""
    others = UserSession.objects.live(now).filter(user_id=user_id)
    ended = _end(others.exclude(pk=keep) if keep else others, reason, now)
    if ended:
        record_of(
            user_id, "sessions_ended", now=now, origin=origin, details={"ended": ended, "reason": reason}
        )
    return ended


@transaction.atomic
def sign_out_everywhere(
    *, actor: Actor, user_id: UUID, keep: UUID | None, origin: Origin, now: datetime
) -> int:
    """End every session of somebody whom ``actor`` manages, which the caller has made sure of."""
    others = UserSession.objects.live(now).filter(user_id=user_id)
    ended = _end(others.exclude(pk=keep) if keep else others, "by_admin", now)
    person = User.objects.get(pk=user_id)
    record_by(actor, "sessions_ended", now=now, target=person.email, origin=origin, details={"ended": ended})
    return ended


@transaction.atomic
def report_reuse(*, session_id: UUID, origin: Origin, now: datetime) -> None:
    """A key that had been replaced came back: somebody has a copy. End the family and tell the person, once."""
    row = UserSession.objects.filter(pk=session_id).select_related("user").first()
    if row is None or not _end(UserSession.objects.filter(pk=session_id), "reuse_detected", now):
        return
    if row.user is None:
        return
    context = {"person": row.user, "device": row.title, "ip": origin.ip}
    send_mail(template="session_reused", to=row.user.email, context=context)
    record_of(
        row.user_id,
        "session_reused",
        now=now,
        target=str(row),
        origin=origin,
        failure_reason="an old key was used again",
    )


def _end(rows: QuerySet[UserSession], reason: str, now: datetime) -> int:
    return rows.filter(revoked_at=None).update(
        revoked_at=now, revoked_reason=UserSession.Ended(reason), access_hash="", access_expires_at=None
    )
