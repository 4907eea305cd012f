"""When accounts are synced, apart from how."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from accounts.scope import PlatformUse, platform_scope
from crm.models import CTMAccount
from crm.models.ctm import CTMAccountQuerySet


def due_accounts(*, now: datetime, limit: int) -> list[tuple[UUID, UUID]]:
    """Return (account id, agency id) of the accounts that are due, the longest waiting first."""
    with transaction.atomic(), platform_scope(PlatformUse.SWEEP):
        rows = CTMAccountQuerySet(CTMAccount).due(now)
        return list(rows.values_list("pk", "agency_id")[:limit])


@transaction.atomic
def sync_soon(*, account: CTMAccount, now: datetime) -> None:
    """Make ``account`` due now and ring for it; a sync that is under way goes on."""
    CTMAccount.unscoped.filter(pk=account.pk).update(next_run_at=now, paused_at=None)
    from crm.tasks import sweep_syncs  # a leaf: tasks call services back

    transaction.on_commit(sweep_syncs.delay, robust=True)
