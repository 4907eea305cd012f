from itertools import pairwise

from accounts.permissions import COLUMNS, MATRIX, NOTES, Level, allowed, level
from accounts.roles import AGENCY_ROLES, CLIENT_ROLES, Role


def test_every_capability_has_a_cell_for_every_column() -> None:
    assert {capability: len(letters.split()) for capability, (_, letters) in MATRIX.items()} == dict.fromkeys(
        MATRIX, len(COLUMNS)
    )


def test_notes_are_about_capabilities_of_the_table() -> None:
    assert set(NOTES) <= set(MATRIX)


def test_level_of_several_roles_is_the_highest() -> None:
    assert level({Role.BDR, Role.AGENCY_MEMBER}, "leads.edit") == Level.WRITE
    assert level({Role.CLIENT_VIEWER}, "leads.edit") == Level.NONE
    assert level((), "leads.see") == Level.NONE


def test_allowed_asks_for_the_level() -> None:
    assert allowed({Role.AGENCY_MEMBER}, "ctm.sync")
    assert not allowed({Role.AGENCY_MEMBER}, "ctm.sync", Level.ADMINISTER)
    assert not allowed({Role.AGENCY_OWNER}, "classification.rerun")  # only while acting as the client


def test_client_roles_have_nothing_of_the_agencys_own() -> None:
    own = (
        "agency.profile",
        "agency.staff",
        "clients.manage",
        "telephony.credentials",
        "work.boards",
        "analytics.agency",
    )

    assert {(role, each) for role in CLIENT_ROLES for each in own if allowed({role}, each)} == set()


def test_owners_may_what_their_subordinates_may() -> None:
    """A role above never has less, but for the two rows the matrix gives to the desk alone."""
    for chain in ((Role.AGENCY_MEMBER, Role.AGENCY_ADMIN, Role.AGENCY_OWNER), tuple(reversed(CLIENT_ROLES))):
        for lower, upper in pairwise(chain):
            less = {each for each in MATRIX if level({upper}, each) < level({lower}, each)}
            assert less <= {"outreach.sequences", "outreach.reply"}, (lower, upper, less)
    assert len(AGENCY_ROLES) + len(CLIENT_ROLES) == len(Role)
