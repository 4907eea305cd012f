"""The permission table: what each role may do, asked by views, templates and tests alike."""

from collections.abc import Iterable

from accounts.roles import Role

AO, AA, AM, BD, ED = Role.AGENCY_OWNER, Role.AGENCY_ADMIN, Role.AGENCY_MEMBER, Role.BDR, Role.EDITOR
CO, CA, CM, CV = Role.CLIENT_OWNER, Role.CLIENT_ADMIN, Role.CLIENT_MEMBER, Role.CLIENT_VIEWER

CAPABILITIES: dict[str, frozenset[str]] = {
    "clients.see": frozenset({AO, AA, AM, BD, ED}),
    "leads.see": frozenset({AO, AA, AM, BD, CO, CA, CM, CV}),
    "leads.edit": frozenset({AO, AA, AM, BD, CO, CA, CM}),
    "calls.listen": frozenset({AO, AA, AM, BD, CO, CA, CM, CV}),
    "calls.judge": frozenset({AO, AA, AM, CO, CA, CM}),  # rating, category, converted
    "ctm.connect": frozenset({AO, AA, CO, CA}),  # set the client's credentials
    "ctm.sync": frozenset({AO, AA}),  # sync now, back-fill
    "ctm.health": frozenset({AO, AA, AM, CO, CA, CM}),
    "notices.see": frozenset(Role),
}


def allowed(roles: Iterable[str], capability: str) -> bool:
    """Whether any of ``roles`` has ``capability``. An unknown capability is a programming error."""
    return not CAPABILITIES[capability].isdisjoint(roles)
