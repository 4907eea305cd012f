"""Who may own a lead: people whose role lets them work on it, and who reach its client."""

from dataclasses import dataclass
from uuid import UUID

from accounts.models import ClientAssignment, Membership
from accounts.permissions import Level, allowed
from accounts.scope import agency_scope
from accounts.tenancy import Actor


@dataclass(frozen=True, slots=True)
class Owner:
    id: UUID
    name: str
    clients: frozenset[UUID] | None  # None is every client of the agency

    def reaches(self, client_id: UUID) -> bool:
        return self.clients is None or client_id in self.clients


def possible_owners(actor: Actor, client_id: UUID | None = None) -> list[Owner]:
    """By name: to the agency its own people, and those of the client with ``client_id``; to a client its own."""
    seats = Membership.unscoped.filter(agency_id=actor.agency_id, revoked_at=None, user__is_active=True)
    seats = seats.exclude(accepted_at=None).select_related("user")
    with agency_scope(actor.agency_id):  # who works for the agency is known to all of it
        if not actor.is_staff:
            held = list(seats.filter(client_id__in=actor.client_ids or ()))
        else:
            held = list(seats.filter(client_id__in=[client_id]) if client_id else [])
            held += seats.filter(client=None)
        assigned = _assigned(actor) if actor.is_staff else {}
    found: dict[UUID, Owner] = {}
    for seat in held:
        if not allowed([seat.role], "leads.edit", Level.OWN):
            continue
        reach = _reach(seat, assigned.get(seat.user_id, frozenset()))
        known = found.get(seat.user_id)
        if known and (known.clients is None or reach is None):
            reach = None
        elif known and known.clients and reach:
            reach = known.clients | reach
        found[seat.user_id] = Owner(seat.user_id, seat.user.name, reach)
    return sorted(found.values(), key=lambda each: (each.name.casefold(), each.id))


def _assigned(actor: Actor) -> dict[UUID, frozenset[UUID]]:
    found: dict[UUID, set[UUID]] = {}
    rows = ClientAssignment.unscoped.filter(agency_id=actor.agency_id)
    for user_id, client_id in rows.values_list("user_id", "client_id"):
        found.setdefault(user_id, set()).add(client_id)
    return {user_id: frozenset(clients) for user_id, clients in found.items()}


def _reach(seat: Membership, assigned: frozenset[UUID]) -> frozenset[UUID] | None:
    if seat.client_id:
        return frozenset({seat.client_id})
    return None if seat.client_access == Membership.ClientAccess.ALL else assigned
