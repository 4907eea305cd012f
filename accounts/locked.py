"""Whose sign-in is paused, as far as somebody may lift it: people of their own house."""

from collections import defaultdict
from datetime import datetime
from uuid import UUID

from accounts.models import Membership, User
from accounts.permissions import Level
from accounts.roles import Role
from accounts.tenancy import Actor


def paused_people(actor: Actor, now: datetime) -> list[User]:
    """By the end of their pause, and then by address."""
    rows = Membership.objects.for_actor(actor).filter(
        accepted_at__isnull=False, revoked_at=None, user__locked_until__gt=now
    )
    people: dict[UUID, User] = {}
    roles: dict[UUID, set[str]] = defaultdict(set)
    for row in rows.select_related("user"):
        people[row.user_id] = row.user
        roles[row.user_id].add(row.role)
    found = [user for pk, user in people.items() if may_lift(actor, roles[pk])]
    return sorted(found, key=lambda user: (user.locked_until, user.email))


def may_lift(actor: Actor, roles: set[str]) -> bool:
    """Admins not over the owners of their side; see the note on ``security.others`` in the table of permissions."""
    if actor.can("security.others", Level.ADMINISTER):
        return True
    over = Role.AGENCY_OWNER if actor.is_staff else Role.CLIENT_OWNER
    return actor.can("security.others", Level.WRITE) and over not in roles
