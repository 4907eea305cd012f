"""Doorbells; see crm.tasks."""

from typing import Any

from celery import shared_task
from django.utils import timezone

MONTHS_A_SWEEP = 500


@shared_task
def clear_sessions(**_later: Any) -> None:
    """Drop what visitors left, and sessions that have been over for half a year."""
    from accounts.sessions import SessionStore

    SessionStore.clear_expired()


@shared_task
def clear_limits(**_later: Any) -> None:
    """Forget tries that no longer count."""
    from accounts.services.limits import clear_old

    clear_old(now=timezone.now())


@shared_task
def sweep_monthly_credits(**_later: Any) -> None:
    """Give the credits of months that have begun."""
    from accounts.services.monthly_credits import give_next_month

    for _ in range(MONTHS_A_SWEEP):
        if not give_next_month(now=timezone.now()):
            return
