"""When accounts are synced, apart from how."""

from datetime import date, datetime
from uuid import UUID

from django.db import transaction

from accounts.scope import PlatformUse, platform_scope
from accounts.services.audit import NOWHERE, Origin, record_by
from accounts.tenancy import Actor
from crm.models.connections import Connection, ConnectionQuerySet


def due_accounts(accounts: type[Connection], *, now: datetime, limit: int) -> list[tuple[UUID, UUID]]:
    """Return (account id, agency id) of the ``accounts`` that are due, the longest waiting first."""
    with transaction.atomic(), platform_scope(PlatformUse.SWEEP):
        rows = ConnectionQuerySet(accounts).due(now)
        return list(rows.values_list("pk", "agency_id")[:limit])


@transaction.atomic
def sync_soon(*, account: Connection, now: datetime) -> None:
    """Make ``account`` due now and ring for it; a sync that is under way goes on."""
    type(account).unscoped.filter(pk=account.pk).update(next_run_at=now, paused_at=None)
    ring()


@transaction.atomic
def back_fill(
    *,
    account: Connection,
    first: date,
    last: date,
    now: datetime,
    actor: Actor | None = None,
    origin: Origin = NOWHERE,
) -> None:
    """Have the days from ``first`` to ``last`` (both included, in the account's zone) read next, and ring for it.

    Calls that are here already stay as they are, unless the provider has changed them. A walk under way is finished
    first; days asked for earlier and not begun yet are forgotten.
    """
    rows = type(account).unscoped.filter(pk=account.pk)
    rows.update(backfill_from=first, backfill_until=last, next_run_at=now, paused_at=None)
    ring()
    if actor:
        record_by(
            actor, "sync_requested", now=now, client_id=account.client_id, target=str(account), origin=origin,
            details={"from": first.isoformat(), "until": last.isoformat()},
        )  # fmt: skip


def ring() -> None:
    """Ask, once this transaction is through, for a look at which accounts are due."""
    from crm.tasks import sweep_syncs  # a leaf: tasks call services back

    transaction.on_commit(sweep_syncs.delay, robust=True)
