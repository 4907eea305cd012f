"""Ratings on their way to CTM: rows that wait, are sent, and are remembered to know their echo."""

import logging
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from accounts.scope import PlatformUse, agency_scope, platform_scope
from crm.models import Call, CTMAccount
from crm.providers.ctm.client import CTMClient
from crm.services.ctm_problems import in_words
from integrations.models import Provider, WriteLog
from integrations.services.vault import open_credential
from lib.claims import backoff_s, claim
from lib.encryption import Undecryptable
from lib.http import ProviderError

log = logging.getLogger(__name__)
LEASE = timedelta(seconds=120)
MAX_ATTEMPTS = 12


def queue_rating(*, call: Call, now: datetime) -> None:
    """Owe CTM the stars of ``call``; an earlier value that waits is replaced. Part of the rating's transaction."""
    if call.source != Call.Source.CTM:
        return
    same = {
        "agency_id": call.agency_id,
        "client_id": call.client_id,
        "provider": Provider.CTM,
        "field": "rating",
    }
    waiting = WriteLog.unscoped.filter(**same, external_id=call.external_id, status=WriteLog.Status.PENDING)
    waiting.update(status=WriteLog.Status.SUPERSEDED)
    WriteLog.unscoped.create(**same, external_id=call.external_id, value=call.rating, due_at=now)
    from crm.tasks import sweep_writes  # a leaf: tasks call services back

    transaction.on_commit(sweep_writes.delay, robust=True)


def send_next_write(*, now: datetime) -> bool:
    """Send one due value to CTM; False when none is due.

    The claim is a lease, because the network has no place inside a transaction. A worker that dies while sending
    leaves the row to the next one after the lease: the same stars twice are harmless.
    """
    with transaction.atomic(), platform_scope(PlatformUse.SWEEP):
        due = WriteLog.unscoped.filter(status=WriteLog.Status.PENDING, provider=Provider.CTM, due_at__lte=now)
        found = claim(due.order_by("due_at", "pk"), 1)
        if not found:
            return False
        write = found[0]
        WriteLog.unscoped.filter(pk=write.pk).update(due_at=now + LEASE, attempts=write.attempts + 1)
    with agency_scope(write.agency_id):
        _send(write.pk, now)
    return True


def _send(write_id: UUID, now: datetime) -> None:
    with transaction.atomic():
        write = WriteLog.unscoped.get(pk=write_id)
        account = CTMAccount.unscoped.select_related("credential").filter(client_id=write.client_id).first()
    if account is None:
        _settle(
            write, WriteLog.Status.FAILED, now, "The client is no longer connected to CallTrackingMetrics."
        )
        return
    try:
        keys = open_credential(account.credential)
        with CTMClient(keys["access_key"], keys["secret_key"], account.account_number) as ctm:
            ctm.rate(write.external_id, write.value)
    except (ProviderError, Undecryptable) as error:
        _postpone(write, error, now)
    else:
        _settle(write, WriteLog.Status.SENT, now, "")


def _settle(write: WriteLog, status: str, now: datetime, error: str) -> None:
    """Mark the end. A value that was replaced while it travelled stays replaced: its successor follows."""
    with transaction.atomic():
        held = WriteLog.unscoped.select_for_update().get(pk=write.pk)
        if held.status == WriteLog.Status.PENDING:
            held.status = status
        held.error = error
        held.sent_at = now if status == WriteLog.Status.SENT else None
        held.save(update_fields=["status", "error", "sent_at", "updated_at"])


def _postpone(write: WriteLog, error: ProviderError | Undecryptable, now: datetime) -> None:
    problem = in_words(error)
    if problem.kind == "not_found" or write.attempts >= MAX_ATTEMPTS:
        _settle(write, WriteLog.Status.FAILED, now, problem.words)
        return
    wait = problem.retry_after_s or backoff_s(write.attempts, base=5, cap=3600)
    with transaction.atomic():
        WriteLog.unscoped.filter(pk=write.pk).update(
            due_at=now + timedelta(seconds=wait), error=problem.words
        )
