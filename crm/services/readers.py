"""The people around a client: to give leads to, to mention in notes, to name as who called."""

from collections.abc import Iterable
from uuid import UUID

from django.db.models import Q
from django.db.models.functions import Lower

from accounts.models import ClientAssignment, Membership, User
from accounts.permissions import Level, allowed
from accounts.principal import load_principal
from accounts.roles import Role
from accounts.scope import agency_scope, scoped
from accounts.tenancy import Actor
from crm.models import Lead

SEEING = [role.value for role in Role if allowed((role,), "leads.see")]
CALLING = [role.value for role in Role if allowed((role,), "calls.log", Level.WRITE)]
WORKING = [role.value for role in Role if allowed((role,), "leads.edit", Level.OWN)]


def colleagues(actor: Actor, client_id: UUID, roles: Iterable[str] = SEEING) -> dict[UUID, str]:
    """Names by id of whoever ``actor`` may address about the client: its people, and those of the agency.

    A client's people are told of the agency only who is assigned to them.
    """
    of_agency = _for_client(client_id)
    if actor.is_staff:
        of_agency |= Q(client=None, client_access=Membership.ClientAccess.ALL)
    return _names(actor, of_agency | Q(client_id=client_id), roles)


def callers(actor: Actor, client_id: UUID) -> dict[UUID, str]:
    """Names by id of the others of ``actor``'s own side who may log calls of the client, by name."""
    where = Q(client_id=client_id)
    if actor.is_staff:
        where = _for_client(client_id) | Q(client=None, client_access=Membership.ClientAccess.ALL)
    return {pk: name for pk, name in _names(actor, where, CALLING).items() if pk != actor.user_id}


def _for_client(client_id: UUID) -> Q:
    """Seats of the agency whose people are assigned to the client."""
    assigned = ClientAssignment.unscoped.filter(client_id=client_id).values("user_id")
    return Q(client=None, user_id__in=assigned)


def _names(actor: Actor, where: Q, roles: Iterable[str]) -> dict[UUID, str]:
    with agency_scope(actor.agency_id):  # whoever has some clients alone may still name a colleague
        seats = Membership.unscoped.filter(where, agency_id=actor.agency_id, role__in=list(roles))
        held = seats.filter(revoked_at=None).exclude(accepted_at=None)
        users = User.objects.filter(is_active=True, pk__in=held.values("user_id"))
        return {each.pk: each.name for each in sorted(users, key=lambda user: user.name.casefold())}


def staff_addresses(*, agency_id: UUID, addresses: Iterable[str]) -> frozenset[str]:
    """Those of ``addresses``, in small letters, with which people of the agency sign in."""
    wanted = {each.lower() for each in addresses}
    if not wanted:
        return frozenset()
    with agency_scope(agency_id):
        seats = Membership.unscoped.filter(
            agency_id=agency_id, client=None, revoked_at=None, user__is_active=True
        )
        held = seats.exclude(accepted_at=None).annotate(address=Lower("user__email"))
        return frozenset(held.filter(address__in=wanted).values_list("address", flat=True))


def sees_lead(user_id: UUID, lead: Lead) -> bool:
    """Whether a person may see this very lead from one of their seats, as the lead's own page would decide."""
    principal = load_principal(user_id)
    for seat in principal.seats.values() if principal else ():
        if seat.agency_id == lead.agency_id and seat.can("leads.see"):
            with scoped(seat.scope):
                if Lead.objects.for_actor(seat).filter(pk=lead.pk).exists():
                    return True
    return False
