"""Ratings on their way to CTM: rows that wait, are sent, and are remembered to know their echo."""

import logging
from datetime import datetime, timedelta
from enum import Enum
from uuid import UUID

from django.db import transaction
from django.db.models import JSONField, Value
from django.utils import timezone

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
MAX_ATTEMPTS = 60  # with the backoff, a little over two days


class Own(Enum):
    RATING = 0


def queue_rating(*, call: Call, now: datetime, stars: int | Own | None = Own.RATING) -> None:
    """Owe CTM the stars of ``call``, or ``stars``; an earlier value that waits is replaced. Part of the rating's
    transaction.

    One that is on its way at this moment is let arrive first, or it might land on top of its successor.
    """
    if call.source != Call.Source.CTM:
        return
    same = {
        "agency_id": call.agency_id,
        "client_id": call.client_id,
        "provider": Provider.CTM,
        "field": "rating",
    }
    waiting = WriteLog.unscoped.filter(**same, external_id=call.external_id, status=WriteLog.Status.PENDING)
    leases = [each.due_at for each in waiting.select_for_update(of=("self",)) if _travels(each)]
    waiting.update(status=WriteLog.Status.SUPERSEDED)
    due_at = max([now, *leases])
    wanted = call.rating if isinstance(stars, Own) else stars
    WriteLog.unscoped.create(**same, external_id=call.external_id, value=_json(wanted), due_at=due_at)
    from crm.tasks import sweep_writes  # a leaf: tasks call services back

    transaction.on_commit(sweep_writes.delay, robust=True)


def _json(stars: int | None) -> Value:
    """No stars are a JSON null, not a missing value."""
    return Value(stars, JSONField())


def _travels(write: WriteLog) -> bool:
    """Whether a worker has taken ``write`` and not said yet what became of it."""
    return bool(write.attempts) and not write.error


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
        WriteLog.unscoped.filter(pk=write.pk).update(
            due_at=now + LEASE, attempts=write.attempts + 1, error=""
        )
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
        call = Call.unscoped.filter(
            client_id=write.client_id, source=Call.Source.CTM, external_id=write.external_id
        )
        call.select_for_update(of=("self",)).values_list("pk").first()  # before the write, as a rating does
        held = WriteLog.unscoped.select_for_update().get(pk=write.pk)
        replaced = held.status == WriteLog.Status.SUPERSEDED
        held.status, held.error = held.status if replaced else status, error
        if status == WriteLog.Status.SENT:
            held.sent_at = timezone.now()  # by then it had arrived: what CTM said before is older
        held.save(update_fields=["status", "error", "sent_at", "updated_at"])
        if replaced:
            _hasten_successor(held, now)
        elif status == WriteLog.Status.SENT:
            call.update(ctm_rating=held.value)


def _postpone(write: WriteLog, error: ProviderError | Undecryptable, now: datetime) -> None:
    problem = in_words(error)
    if problem.kind == "not_found" or write.attempts >= MAX_ATTEMPTS:
        _settle(write, WriteLog.Status.FAILED, now, problem.words)
        return
    wait = problem.retry_after_s or backoff_s(write.attempts, base=5, cap=3600)
    with transaction.atomic():
        held = WriteLog.unscoped.select_for_update().get(pk=write.pk)
        held.due_at, held.error = now + timedelta(seconds=wait), problem.words
        held.save(update_fields=["due_at", "error", "updated_at"])
        if held.status == WriteLog.Status.SUPERSEDED:
            _hasten_successor(held, now)


def _hasten_successor(write: WriteLog, now: datetime) -> None:
    WriteLog.unscoped.filter(
        client_id=write.client_id,
        provider=write.provider,
        external_id=write.external_id,
        field=write.field,
        status=WriteLog.Status.PENDING,
    ).update(due_at=now)
