"""The event outbox: a deed writes its news in its own transaction; subscribers hear of it at least once.

A subscriber is a function ``handler(event, now)``. It runs inside the transaction that marks the delivery done, as
the event's agency, so its rows and the mark stand or fall together; effects outside the database must be
idempotent. Which handlers exist is said in one place, ``portal.subscriptions``.
"""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction

from accounts.scope import PlatformUse, agency_scope, platform_scope
from integrations.models import OutboxDelivery, OutboxEvent
from lib.claims import backoff_s, claim
from lib.payloads import clean_text

log = logging.getLogger(__name__)
Handler = Callable[[OutboxEvent, datetime], None]
MAX_ATTEMPTS = 24  # with the backoff, about half a day

_subscribers: dict[str, dict[str, Handler]] = {}


def subscribe(topic: str, name: str, handler: Handler) -> None:
    """Let ``handler`` hear of ``topic``. ``name`` is stored with the deliveries: it must survive refactoring."""
    _subscribers.setdefault(topic, {})[name] = handler


def publish(
    *, topic: str, agency_id: UUID, client_id: UUID | None, payload: dict[str, Any], now: datetime
) -> OutboxEvent:
    """Write the news and one delivery for each subscriber; must be called inside the deed's transaction."""
    if not transaction.get_connection().in_atomic_block:
        raise transaction.TransactionManagementError("News is published by the transaction that makes it.")
    event = OutboxEvent.unscoped.create(
        topic=topic, agency_id=agency_id, client_id=client_id, payload=payload, occurred_at=now
    )
    OutboxDelivery.unscoped.bulk_create(
        OutboxDelivery(agency_id=agency_id, event=event, subscriber=name, due_at=now)
        for name in _subscribers.get(topic, {})
    )
    from integrations.tasks import drain_outbox  # a leaf: tasks call services back

    transaction.on_commit(drain_outbox.delay, robust=True)
    return event


def deliver_next(*, now: datetime) -> bool:
    """Deliver one due event to one subscriber; False when nothing is due. Any number may run side by side."""
    with transaction.atomic(), platform_scope(PlatformUse.SWEEP):
        due = OutboxDelivery.unscoped.filter(done_at=None, gave_up_at=None, due_at__lte=now).order_by(
            "due_at"
        )
        found = claim(due, 1)
        if not found:
            return False
        delivery = found[0]
        with agency_scope(delivery.agency_id):
            _deliver(delivery, now)
    return True


def _deliver(delivery: OutboxDelivery, now: datetime) -> None:
    event = OutboxEvent.unscoped.get(pk=delivery.event_id)
    delivery.attempts += 1
    try:
        with transaction.atomic():
            _subscribers[event.topic][delivery.subscriber](event, now)
    except Exception as error:
        log.exception("outbox: %s failed on %s %s", delivery.subscriber, event.topic, event.pk)
        delivery.error = clean_text(f"{type(error).__name__}: {error}")[:500]
        if delivery.attempts >= MAX_ATTEMPTS:
            delivery.gave_up_at = now
        delivery.due_at = now + timedelta(seconds=backoff_s(delivery.attempts))
    else:
        delivery.done_at, delivery.error = now, ""
    delivery.save(update_fields=["attempts", "error", "gave_up_at", "due_at", "done_at", "updated_at"])
