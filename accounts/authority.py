"""Who may give, change or take which role: arithmetic over the permission table, with no database and no clock."""

from collections.abc import Iterable

from accounts.permissions import Level, level
from accounts.roles import AGENCY_ROLES, CLIENT_ROLES, Role

OWNERS = frozenset({Role.AGENCY_OWNER, Role.CLIENT_OWNER})


def capability_over(role: str) -> str:
    return "agency.staff" if role in AGENCY_ROLES else "clients.team"


def may_manage(mine: Iterable[str], role: str) -> bool:
    """Whether somebody with the roles ``mine`` may give, change or take ``role``.

    Administering reaches every role of that side; writing reaches all but the owners.
    """
    held = level(mine, capability_over(role))
    return held == Level.ADMINISTER or (held == Level.WRITE and role not in OWNERS)


def may_touch(mine: Iterable[str], theirs: Iterable[str]) -> bool:
    """Whether every role of a person is within reach: who also holds a higher one is not touched at all."""
    own = frozenset(mine)
    return all(may_manage(own, role) for role in theirs)


def roles_to_give(mine: Iterable[str], *, at_client: bool) -> list[Role]:
    """The roles of one side that ``mine`` may give, highest first."""
    own = frozenset(mine)
    return [role for role in (CLIENT_ROLES if at_client else AGENCY_ROLES) if may_manage(own, role)]


def owner_role(*, at_client: bool) -> Role:
    return Role.CLIENT_OWNER if at_client else Role.AGENCY_OWNER
