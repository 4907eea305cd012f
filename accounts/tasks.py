"""Doorbells; see crm.tasks."""

from typing import Any

from celery import shared_task


@shared_task
def clear_sessions(**_later: Any) -> None:
    """Drop what visitors left, and sessions that have been over for half a year."""
    from accounts.sessions import SessionStore

    SessionStore.clear_expired()
