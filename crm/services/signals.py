"""Signals that people of the agency write down themselves, and those they have seen."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from accounts.tenancy import Actor
from crm.models import Company, Lead, Signal
from crm.services.timeline import tell


@transaction.atomic
def add_signal(
    *,
    actor: Actor,
    kind: str,
    summary: str,
    url: str,
    occurred_at: datetime,
    now: datetime,
    lead_id: UUID | None = None,
    company_id: UUID | None = None,
) -> Signal:
    """Write down news about a person, or about a company. Whoever writes it down has seen it, and it stays on show.

    Raises `Lead.DoesNotExist` or `Company.DoesNotExist`.
    """
    about: Lead | Company
    if lead_id:
        about = Lead.objects.for_actor(actor).get(pk=lead_id, erased_at=None, merged_into=None)
    else:
        about = Company.objects.for_actor(actor).get(pk=company_id)
    signal: Signal = Signal.unscoped.create(
        agency_id=about.agency_id, client_id=about.client_id, lead_id=lead_id,
        company_id=None if lead_id else company_id, kind=kind, summary=summary, url=url, occurred_at=occurred_at,
    )  # fmt: skip
    if lead_id:
        told = {"kind": kind, "signal_id": str(signal.pk)}
        tell(about=about, lead_id=lead_id, actor=actor, action="signal_added", metadata=told, now=now)
    return signal


@transaction.atomic
def dismiss_signal(*, actor: Actor, signal_id: UUID, now: datetime) -> Signal:
    """Take it off the pages; it stays on record. Twice is as once. Raises `Signal.DoesNotExist`."""
    rows = Signal.objects.for_actor(actor).select_for_update(of=("self",))
    signal: Signal = rows.get(pk=signal_id)
    if signal.seen_at is not None:
        return signal
    signal.seen_at, signal.seen_by_id = now, actor.user_id
    signal.save(update_fields=["seen_at", "seen_by", "updated_at"])
    if signal.lead_id:
        told = {"kind": signal.kind, "signal_id": str(signal.pk)}
        tell(about=signal, lead_id=signal.lead_id, actor=actor, action="signal_seen", metadata=told, now=now)
    return signal
