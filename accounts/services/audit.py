"""The audit log: written by deeds, read by owners and admins, changed by nobody."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.http import HttpRequest

from accounts.addresses import client_ip
from accounts.audit import EVENTS, scrubbed
from accounts.devices import device_of
from accounts.geo import country_of
from accounts.models import AuditEvent
from accounts.principal import load_principal
from accounts.scope import PlatformUse, platform_scope
from accounts.tenancy import Actor
from lib.user_agents import as_title


@dataclass(frozen=True, slots=True)
class Origin:
    """Where an act came from. ``session_id`` is of the UserSession, ``device_id`` of the browser."""

    ip: str | None = None
    user_agent: str = ""
    device_id: UUID | None = None
    session_id: UUID | None = None

    @classmethod
    def of(cls, request: HttpRequest) -> "Origin":
        return cls(
            client_ip(request),
            request.headers.get("User-Agent", "")[:300],
            device_of(request),
            getattr(request.session, "row_id", None),
        )

    @property
    def columns(self) -> dict[str, Any]:
        """As columns of UserSession."""
        return {
            "ip": self.ip,
            "country_code": country_of(self.ip),
            "user_agent": self.user_agent,
            "device_id": self.device_id,
            "device_name": as_title(self.user_agent),
        }


NOWHERE = Origin()


def record(
    *,
    event_type: str,
    now: datetime,
    agency_id: UUID | None,
    client_id: UUID | None = None,
    actor_id: UUID | None = None,
    on_behalf_of_id: UUID | None = None,
    target: str = "",
    origin: Origin = NOWHERE,
    details: Mapping[str, Any] | None = None,
    failure_reason: str = "",
) -> None:
    """Add one event to the agency's chain, in the transaction of the deed if there is one.

    ``details`` lose whatever is named like a secret. A ``failure_reason`` makes the event a failed one. Events of one
    agency wait for each other until the deed's transaction ends: call this last.
    """
    with transaction.atomic(), platform_scope(PlatformUse.AUDIT):
        AuditEvent.unscoped.create(
            event_type=event_type,
            category=EVENTS[event_type][0],
            agency_id=agency_id,
            client_id=client_id,
            actor_id=actor_id,
            on_behalf_of_id=on_behalf_of_id,
            target=target,
            ip=origin.ip,
            user_agent=origin.user_agent,
            session=origin.session_id,
            device_id=origin.device_id,
            country_code=country_of(origin.ip) or None,
            details=scrubbed(details or {}),
            success=not failure_reason,
            failure_reason=failure_reason[:200],
            occurred_at=now,
        )


def record_by(
    actor: Actor,
    event_type: str,
    *,
    now: datetime,
    client_id: UUID | None = None,
    target: str = "",
    origin: Origin = NOWHERE,
    details: Mapping[str, Any] | None = None,
    failure_reason: str = "",
) -> None:
    """Add one event about what ``actor`` did from their seat. A client's people, and whoever acts as them, act on
    their client."""
    own = None if actor.is_staff or not actor.client_ids else actor.client_ids[0]
    record(
        event_type=event_type,
        now=now,
        agency_id=actor.agency_id,
        client_id=client_id or own,
        actor_id=actor.user_id,
        on_behalf_of_id=actor.on_behalf_of,
        target=target,
        origin=origin,
        details=details,
        failure_reason=failure_reason,
    )


def record_of(
    user_id: UUID | None,
    event_type: str,
    *,
    now: datetime,
    by: UUID | None = None,
    target: str = "",
    origin: Origin = NOWHERE,
    details: Mapping[str, Any] | None = None,
    failure_reason: str = "",
) -> None:
    """Add one event about a person's own login to the chain of the house that they come to first, if any.

    ``by`` is who did it to them; themselves unless given.
    """
    principal = load_principal(user_id) if user_id else None
    seat = principal.actor() if principal else None
    record(
        event_type=event_type,
        now=now,
        agency_id=seat.agency_id if seat else None,
        client_id=seat.client_ids[0] if seat and not seat.is_staff and seat.client_ids else None,
        actor_id=by or user_id,
        target=target,
        origin=origin,
        details=details,
        failure_reason=failure_reason,
    )


def first_broken(agency_id: UUID | None) -> int | None:
    """The number of the first event of a chain that is altered, missing or out of place; None when all is well."""
    with transaction.atomic(), platform_scope(PlatformUse.AUDIT), connection.cursor() as cursor:
        cursor.execute("SELECT accounts_audit_first_broken(%s)", [agency_id])
        broken: int | None = cursor.fetchone()[0]
        return broken
