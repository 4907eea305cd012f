"""Who may give which role, as the house rules say it in words."""

from accounts.authority import may_manage, may_touch, roles_to_give
from accounts.roles import AGENCY_ROLES, CLIENT_ROLES, Role

BELOW_OWNER_OF_AGENCY = {"agency_admin", "agency_member", "bdr", "editor"}
BELOW_OWNER_OF_CLIENT = {"client_admin", "client_member", "client_viewer"}


def test_every_role_gives_what_the_table_says_and_nothing_above_itself() -> None:
    given = {
        role.value: {
            each.value for at_client in (False, True) for each in roles_to_give([role], at_client=at_client)
        }
        for role in Role
    }

    assert given == {
        "agency_owner": {*AGENCY_ROLES, *CLIENT_ROLES},
        "agency_admin": BELOW_OWNER_OF_AGENCY | set(CLIENT_ROLES),
        "agency_member": set(),
        "bdr": set(),
        "editor": set(),
        "client_owner": set(CLIENT_ROLES),
        "client_admin": BELOW_OWNER_OF_CLIENT,
        "client_member": set(),
        "client_viewer": set(),
    }


def test_one_role_out_of_reach_puts_the_person_out_of_reach() -> None:
    assert may_touch(["agency_admin"], ["agency_member", "bdr"])
    assert not may_touch(["agency_admin"], ["agency_member", "agency_owner"])
    assert not may_touch(["client_admin"], ["client_viewer", "client_owner"])


def test_roles_add_up() -> None:
    assert may_manage(["editor", "agency_admin"], "bdr")
    assert not may_manage([], "client_viewer")
