"""The permission table at work: every route, each of the nine roles, and whoever has none.

What to expect is worked out from ``POLICIES`` and the table, never from the view: a weakened view is found out.
"""

import pytest
from django.db import transaction
from django.http import HttpResponseBase

from accounts.models import ClientAssignment, Membership, User
from accounts.permissions import COLUMNS, LETTERS, MATRIX, SUPERUSER, Level
from accounts.principal import load_principal
from accounts.roles import AGENCY_ROLES, Role
from accounts.scope import PlatformUse, platform_scope
from conftest import NOON, Cast
from portal.tests.policies import POLICIES, Policy
from portal.tests.test_access import ROWS, VISITORS, visit

REFUSED = (403, 404)
# What a rule about the row makes of roles that the table lets in: 404 for what is one person's own.
WRITERS = (Role.AGENCY_OWNER, Role.AGENCY_ADMIN, Role.AGENCY_MEMBER, Role.BDR)
BY_ROW: dict[str, dict[Role, int]] = {
    "notifications:follow": dict.fromkeys(AGENCY_ROLES, 404),
    **{
        name: dict.fromkeys(WRITERS, 403) for name in ("crm:note_edit", "crm:note_delete")
    },  # its author's alone
    # A shared view is changed by those who may share.
    **{name: {Role.CLIENT_VIEWER: 403} for name in ("crm:view_change", "crm:view_keep", "crm:view_delete")},
}
TAKEN_BY_THE_FIRST = {
    "crm:journey_step_remove",
    "crm:duplicates_undo",
}  # in the table by hand, where nora comes first


ASKING = sorted(name for name, policy in POLICIES.items() if isinstance(policy, tuple))


@pytest.fixture
def nine(cast: Cast) -> Cast:
    """Somebody of each role, who is at home at Brightside or works for it, by the name of the role."""
    for role in Role:
        user = User.objects.create(email=f"{role}@example.test", display_name=role.label, password="!")
        client = None if role in AGENCY_ROLES else cast.brightside.client
        with platform_scope(PlatformUse.PROVISION):
            Membership.unscoped.create(
                agency=cast.larkspur, user=user, client=client, role=role, accepted_at=NOON
            )
        cast.people[role] = user
    assign(cast, Role.AGENCY_MEMBER)
    return cast


def assign(cast: Cast, role: Role) -> None:
    with platform_scope(PlatformUse.PROVISION):
        ClientAssignment.unscoped.create(
            agency=cast.larkspur, client=cast.brightside.client, user=cast.people[role]
        )


def cell(role: str, capability: str) -> Level:
    return LETTERS[MATRIX[capability][1].split()[COLUMNS.index(role)]]


def expected(role: Role, policy: Policy) -> int | None:
    """The status with which ``role`` is turned away, None when it is let in."""
    assert isinstance(policy, tuple)
    capability, letter, side = policy
    if side != "any" and (role in AGENCY_ROLES) != (side == "staff"):
        return 404
    return None if cell(role, capability) >= LETTERS[letter] else 403


@pytest.mark.parametrize("name", ASKING)
def test_every_role_gets_what_the_table_says(nine: Cast, name: str) -> None:
    seen, wanted = {}, {}
    for role in Role:
        before = transaction.savepoint()
        status = visit(nine, name, role, nine.brightside).status_code
        transaction.savepoint_rollback(before)  # the next finds everything in its place
        turned_away = expected(role, POLICIES[name]) or BY_ROW.get(name, {}).get(role)
        wanted[role] = turned_away or "in"
        seen[role] = "in" if turned_away is None and lets_in(name, role, status) else status

    assert seen == wanted


def lets_in(name: str, role: Role, status: int) -> bool:
    """Whether that is what the owner of the same side gets, whose statuses are written by hand."""
    owner = "nora" if role in AGENCY_ROLES or name in TAKEN_BY_THE_FIRST else "hannah"
    usual = ROWS[name].statuses[VISITORS.index(owner)]
    return status == usual or (status not in REFUSED and usual not in REFUSED)


@pytest.mark.parametrize("name", ASKING)
def test_who_has_no_role_gets_nowhere(cast: Cast, name: str) -> None:
    answers: dict[str, HttpResponseBase] = {
        str(who): visit(cast, name, who, cast.brightside) for who in ("sam", "lena", None)
    }

    assert {who: answer.status_code for who, answer in answers.items()} == {
        "sam": 404,
        "lena": 404,
        "None": 302,
    }
    assert answers["None"].headers["Location"].startswith("/accounts/login/")


@pytest.mark.parametrize("role", list(Role))
def test_a_seat_has_the_whole_column_of_its_role(nine: Cast, role: Role) -> None:
    """Roles by capabilities, by way of the membership in the database."""
    principal = load_principal(nine.people[role].pk)
    assert principal is not None
    actor = principal.actor()
    assert actor is not None

    for capability in MATRIX:
        held = cell(role, capability)
        asked = {level: actor.can(capability, level) for level in Level if level > Level.ACTING}
        assert asked == {level: level <= held for level in asked}, capability


def test_superusers_have_no_seat(cast: Cast) -> None:
    """Their column is Django admin's: the product's own pages know no actor for them."""
    principal = load_principal(cast.people["sam"].pk)

    assert principal is not None
    assert principal.actor() is None
    assert {cell(SUPERUSER, each) for each in ("platform.administer", "secrets.reveal")} == {
        Level.ADMINISTER,
        Level.NONE,
    }
