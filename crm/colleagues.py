"""Who of us works with a client: to say who was on the telephone, and who calls back."""

from uuid import UUID

from django.db.models import Q

from accounts.models import ClientAssignment, Membership, User
from accounts.permissions import Level, allowed
from accounts.roles import Role
from accounts.scope import agency_scope
from accounts.tenancy import Actor

CALLING = [role.value for role in Role if allowed((role,), "calls.log", Level.WRITE)]


def callers(actor: Actor, client_id: UUID) -> dict[UUID, str]:
    """Names by id of the others of ``actor``'s own side who may log calls of the client, by name."""
    with agency_scope(actor.agency_id):  # whoever has some clients alone may still name a colleague
        if actor.is_staff:
            assigned = ClientAssignment.unscoped.filter(client_id=client_id).values("user_id")
            where = Q(client=None) & (Q(client_access=Membership.ClientAccess.ALL) | Q(user_id__in=assigned))
        else:
            where = Q(client_id=client_id)
        seats = Membership.unscoped.filter(
            where, agency_id=actor.agency_id, role__in=CALLING, accepted_at__isnull=False, revoked_at=None
        )
        people = list(User.objects.filter(pk__in=seats.values("user_id"), is_active=True))
    others = [person for person in people if person.pk != actor.user_id]
    return {person.pk: person.name for person in sorted(others, key=lambda each: each.name.casefold())}
