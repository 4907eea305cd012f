"""One look-up that says who is signed in: the person, their memberships, and the names around them.

``accounts_principal`` is a database function, and ``accounts_visitor`` tells the same together with the session:
rights must be known before row-level security has a scope to apply, and one round trip is cheaper than five.
"""

import json
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.utils.crypto import constant_time_compare

from accounts.brand import logo_url, stylesheet_url
from accounts.models import Agency, Membership, User
from accounts.permissions import level
from accounts.statements import fetch
from accounts.tenancy import Actor

Parts = tuple[list[Any], tuple[str, ...], dict[UUID, "AgencyFacts"], dict[str, Actor], dict[str, str]]
USER_FIELDS = [field.attname for field in User._meta.concrete_fields]


@dataclass(frozen=True, slots=True)
class AgencyFacts:
    id: UUID
    name: str
    timezone: str
    brand: str
    glyph: str
    slug: str
    logo: str

    @property
    def stylesheet_url(self) -> str:
        return stylesheet_url(self.brand)

    @property
    def logo_url(self) -> str:
        return logo_url(self.logo)


@dataclass(frozen=True, slots=True)
class Principal:
    """``seats`` are the places a person may act from: their agency's side, or one client's. One at a time.

    Rights are those of the seat alone, so that an owner of one client gains nothing at the next.
    """

    user: User
    stamps: tuple[str, ...]  # what a session of this person may be stamped with, under each secret of ours
    agencies: dict[UUID, AgencyFacts]
    seats: dict[str, Actor]
    seat_names: dict[str, str]

    def owns(self, stamp: str) -> bool:
        """Whether a session with ``stamp`` was begun under the present password."""
        return any(constant_time_compare(stamp, each) for each in self.stamps)

    def actor(self, seat: str | None = None) -> Actor | None:
        """The person in ``seat``, else in their first: agency side before client side, then by name."""
        return self.seats.get(seat or "") or next(iter(self.seats.values()), None)


def facts_of(agency: Agency) -> AgencyFacts:
    looks = agency.branding
    return AgencyFacts(
        id=agency.pk,
        name=agency.name,
        timezone=agency.timezone,
        brand=looks.get("brand") or "",
        glyph=looks.get("glyph") or "",
        slug=agency.slug,
        logo=looks.get("logo") or "",
    )


def load_principal(user_id: str | UUID) -> Principal | None:
    ((found,),) = fetch("SELECT accounts_principal(%s)", [str(user_id)])
    return understood(found) if found else None


def understood(words: str) -> Principal:
    """What ``accounts_principal`` said. The parts are kept by its words; what a request may change is its own."""
    values, stamps, agencies, seats, names = _understood(words)
    own = [deepcopy(value) if isinstance(value, dict) else value for value in values]
    user = User.from_db("default", USER_FIELDS, own)
    return Principal(user, stamps, dict(agencies), dict(seats), dict(names))


def only_agency(user_id: UUID) -> UUID | None:
    """The agency that a person belongs to, None for several or none."""
    principal = load_principal(user_id)
    agencies = list(principal.agencies) if principal else []
    return agencies[0] if len(agencies) == 1 else None


@lru_cache(maxsize=256)
def _understood(found: str) -> Parts:
    """What the database said, as values. Kept by its words, so that a right once revoked is never remembered."""
    told = json.loads(found)
    values = [field.to_python(told["user"][field.column]) for field in User._meta.concrete_fields]
    agencies = {
        UUID(each["id"]): AgencyFacts(
            id=UUID(each["id"]),
            name=each["name"],
            timezone=each["timezone"],
            brand=each["brand"] or "",
            glyph=each["glyph"] or "",
            slug=each["slug"],
            logo=each["logo"] or "",
        )
        for each in told["agencies"]
    }
    seats: dict[str, Actor] = {}
    for agency_id in agencies:
        held = [row for row in told["memberships"] if row["agency_id"] == str(agency_id)]
        seats.update(
            build_seats(UUID(told["user"]["id"]), agency_id, held, [UUID(each) for each in told["assigned"]])
        )
    names = {
        f"{row['agency_id']}/{row['client_id'] or ''}": row["client_name"]
        or agencies[UUID(row["agency_id"])].name
        for row in told["memberships"]
        if UUID(row["agency_id"]) in agencies
    }
    user = User.from_db("default", USER_FIELDS, values)
    stamps = (user.get_session_auth_hash(), *user.get_session_auth_fallback_hash())
    return values, stamps, agencies, seats, names


def build_seats(
    user_id: UUID, agency_id: UUID, memberships: Sequence[dict[str, Any]], assigned: Sequence[UUID]
) -> dict[str, Actor]:
    """The seats of one person in one agency. ``memberships`` come ordered: agency roles, then clients by name."""
    by_client: dict[str | None, list[dict[str, Any]]] = {}
    for row in memberships:
        by_client.setdefault(row["client_id"], []).append(row)
    seats = {}
    for client_id, rows in by_client.items():
        reach: tuple[UUID, ...] | None = (UUID(client_id),) if client_id else tuple(sorted(assigned))
        if not client_id and any(row["client_access"] == Membership.ClientAccess.ALL for row in rows):
            reach = None
        roles = frozenset(row["role"] for row in rows)
        seats[f"{agency_id}/{client_id or ''}"] = Actor(
            user_id, agency_id, roles, reach, is_staff=not client_id, own_records=_own_records(rows)
        )
    return seats


def _own_records(memberships: Sequence[dict[str, Any]]) -> bool:
    """Whether no role that opens leads opens all of them. A role without leads lifts no limit."""
    opening = [row for row in memberships if level((row["role"],), "leads.see")]
    return bool(opening) and all(row["record_access"] == Membership.RecordAccess.OWN for row in opening)
