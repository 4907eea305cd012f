"""Webhooks are stored before they are believed (ADR 0006)."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import JSONField, Value

from integrations.models import InboundEvent
from integrations.services import outbox

RECEIVED = "integrations.inbound_received"


@transaction.atomic
def store_inbound(
    *,
    agency_id: UUID,
    client_id: UUID | None,
    provider: str,
    kind: str,
    external_id: str,
    body: Any,
    headers: dict[str, str],
    verified: bool | None,
    now: datetime,
) -> InboundEvent | None:
    """Keep one delivery and announce it; None when the same delivery is here already.

    It is processed after the commit, by whoever subscribes to ``integrations.inbound_received``.
    """
    try:
        with transaction.atomic():
            event = InboundEvent.unscoped.create(
                agency_id=agency_id,
                client_id=client_id,
                provider=provider,
                kind=kind,
                external_id=external_id,
                body=Value(body, JSONField()),  # whose null is a value too
                headers=headers,
                verified=verified,
                received_at=now,
            )
    except IntegrityError as error:
        if "inbound_event_stored_once" not in str(error):
            raise
        return None
    outbox.publish(
        topic=RECEIVED,
        agency_id=agency_id,
        client_id=client_id,
        payload={"event_id": str(event.pk), "provider": provider},
        now=now,
    )
    return event
