"""Counting tries where no restart and no rollback forgets them: in PostgreSQL, before the try itself."""

from datetime import datetime

from django.db import connection, transaction
from django.utils.crypto import salted_hmac

from accounts.limits import KEPT, RULES, Count, Verdict, judge
from accounts.models import RateLimit
from lib.uuid7 import uuid7

COUNT = """
INSERT INTO accounts_ratelimit AS kept
  (id, limit_key, limit_type, attempts, first_attempt_at, last_attempt_at, pauses)
VALUES (%s, %s, %s, 1, %s, %s, 0)
ON CONFLICT (limit_key, limit_type)
DO UPDATE SET attempts = kept.attempts + 1, last_attempt_at = excluded.last_attempt_at
RETURNING attempts, first_attempt_at, locked_until, pauses
"""


def key_of(limit_type: str, subject: str) -> str:
    """What stands for ``subject`` in the table: nobody reads from it who tried, or on whom."""
    return salted_hmac("accounts.limits", f"{limit_type}:{subject}", algorithm="sha256").hexdigest()


def take(*, limit_type: str, subject: str, now: datetime) -> Verdict:
    """Count one try of ``subject`` and say whether it may go on.

    It is committed when this returns; inside a transaction that could still roll it back Django raises `RuntimeError`.
    The row stays locked from counting to judging, so that of many at once no more pass than may.
    """
    key = key_of(limit_type, subject)
    with transaction.atomic(durable=True):
        with connection.cursor() as cursor:
            cursor.execute(COUNT, [uuid7(), key, limit_type, now, now])
            counted = Count(*cursor.fetchone())
        verdict = judge(RULES[limit_type], counted, now)
        if verdict.count != counted:
            _keep(limit_type, key, verdict.count)
    return verdict


def give_back(*, limit_type: str, subject: str, verdict: Verdict) -> None:
    """Take the try of ``verdict`` off the count again, and the pause that it began: it was a good one."""
    key = key_of(limit_type, subject)
    row = RateLimit.objects.select_for_update().filter(limit_key=key, limit_type=limit_type).first()
    if row is None:
        return
    pauses = row.pauses - 1 if verdict.begins_pause else row.pauses
    until = None if verdict.begins_pause else row.locked_until
    attempts = min(row.attempts, RULES[limit_type].tries) - 1
    _keep(limit_type, key, Count(max(attempts, 0), row.first_attempt_at, until, max(pauses, 0)))


def clear(*, limit_type: str, subject: str) -> bool:
    """Forget the tries of ``subject``; whether there was anything to forget."""
    key = key_of(limit_type, subject)
    removed, _ = RateLimit.objects.filter(limit_key=key, limit_type=limit_type).delete()
    return removed > 0


def clear_old(*, now: datetime) -> int:
    """Forget what no longer changes any verdict, and how many that was."""
    removed, _ = RateLimit.objects.filter(last_attempt_at__lte=now - KEPT).delete()
    return removed


def _keep(limit_type: str, key: str, count: Count) -> None:
    RateLimit.objects.filter(limit_key=key, limit_type=limit_type).update(
        attempts=count.attempts,
        first_attempt_at=count.first_attempt_at,
        locked_until=count.paused_until,
        pauses=count.pauses,
    )
