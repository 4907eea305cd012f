"""What every connection of a client to a provider of calls goes through when its keys are entered."""

from datetime import datetime
from typing import Any

from crm.models.connections import Connection, SyncRun
from crm.services.sync_schedule import ring
from integrations.models import Credential


class KeysRefused(Exception):
    """The provider does not let these keys read this account. The message is for the person who typed them."""

    def __init__(self, words: str, field: str) -> None:
        super().__init__(words)
        self.field = field


def take_up(
    connection: Connection,
    runs: Any,
    *,
    credential: Credential,
    name: str,
    timezone: str,
    is_another: bool,
    now: datetime,
) -> None:
    """Save ``connection`` under keys that were tried; its next sync follows at once. Part of the caller's transaction.

    It goes on from where it was, or from the beginning when the keys are of another account than before. A run under
    the former keys, one of ``runs``, may write no more.
    """
    if is_another:
        connection.sync_cursor = None
        connection.end_walk()
        connection.end_backfill()
    connection.credential, connection.account_name, connection.timezone = (
        credential,
        name[:200],
        timezone[:64],
    )
    connection.health, connection.problem, connection.problem_kind = Connection.Health.WAITING, "", ""
    connection.failures, connection.paused_at, connection.next_run_at = 0, None, now
    connection.lease_until = None
    connection.save()
    running = runs.unscoped.filter(account=connection, status=SyncRun.Status.RUNNING)
    running.update(status=SyncRun.Status.INTERRUPTED, finished_at=now, error="The keys were changed.")
    ring()
