"""What the team pages show: who belongs to a place, who is invited to it, and what the reader may do about them."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from accounts.authority import may_touch
from accounts.avatars import hue_of_person, picture_of
from accounts.models import ActionToken, ClientAssignment, Membership, User
from accounts.roles import Role
from accounts.services.invitations import OPEN
from accounts.services.places import HELD, Place
from accounts.tenancy import Actor

RANK = {role: number for number, role in enumerate(Role)}


@dataclass(slots=True)
class Member:
    """One person with all their roles at the place."""

    user: User
    memberships: list[Membership] = field(default_factory=list)
    clients: list[str] = field(default_factory=list)
    touchable: bool = False
    is_reader: bool = False

    @property
    def hue(self) -> str:
        return hue_of_person(self.user)

    @property
    def picture(self) -> str:
        return picture_of(self.user)

    @property
    def roles(self) -> list[Role]:
        return sorted((Role(each.role) for each in self.memberships), key=RANK.__getitem__)

    @property
    def client_access(self) -> str:
        """All, if one of the roles has all: that is how rights add up."""
        every = Membership.ClientAccess.ALL
        found = {each.client_access for each in self.memberships}
        return every if every in found else Membership.ClientAccess.ASSIGNED

    @property
    def record_access(self) -> str:
        every = Membership.RecordAccess.ALL
        return every if every in {each.record_access for each in self.memberships} else "own"

    @property
    def reach(self) -> str:
        if self.client_access == Membership.ClientAccess.ALL:
            return "All clients"
        return ", ".join(self.clients) or "No client yet"


@dataclass(frozen=True, slots=True)
class Invitation:
    token: ActionToken
    role: str
    is_open: bool
    touchable: bool


def members(actor: Actor, place: Place, user_id: UUID | None = None) -> list[Member]:
    """Everybody who belongs to ``place``, or the one asked for: owners first, then by name."""
    rows = Membership.objects.for_actor(actor).filter(HELD, client_id=place.client_id).select_related("user")
    if user_id:
        rows = rows.filter(user_id=user_id)
    people: dict[UUID, Member] = {}
    for row in rows:
        people.setdefault(row.user_id, Member(row.user)).memberships.append(row)
    if place.client is None:
        _name_clients(actor, people)
    for each in people.values():
        each.is_reader = each.user.pk == actor.user_id
        each.touchable = may_touch(actor.roles, each.roles)
    return sorted(people.values(), key=lambda each: (RANK[each.roles[0]], each.user.name.lower()))


def _name_clients(actor: Actor, people: dict[UUID, Member]) -> None:
    named = defaultdict(set)
    rows = ClientAssignment.objects.for_actor(actor).filter(user_id__in=people, client__archived_at=None)
    for user_id, name in rows.values_list("user_id", "client__name"):
        named[user_id].add(name)
    for user_id, member in people.items():
        member.clients = sorted(named[user_id])


def invitations(actor: Actor, place: Place, now: datetime) -> Sequence[Invitation]:
    """What nobody accepted yet, newest first, with those that are too old."""
    rows = ActionToken.objects.for_actor(actor).filter(client_id=place.client_id, **OPEN)
    return [
        Invitation(
            token,
            Role(token.metadata["role"]).label,
            token.is_open(now),
            may_touch(actor.roles, [token.metadata["role"]]),
        )
        for token in rows.select_related("created_by").order_by("-created_at")
    ]
