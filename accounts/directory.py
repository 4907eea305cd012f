"""The clients a person may choose among, once per request."""

import json
from dataclasses import dataclass
from functools import lru_cache
from uuid import UUID

from django.http import HttpRequest

from accounts.scope import Scope
from accounts.statements import fetch


@dataclass(frozen=True, slots=True, eq=False)  # the same facts are the same object: see ``_understood``
class ClientFacts:
    id: UUID
    slug: str
    name: str
    hue: str
    glyph: str
    timezone: str
    status: str
    phone_country: str  # whose numbers its people write without a code


CLIENTS = (
    "SELECT coalesce(json_agg(ARRAY[id::text, slug, name, coalesce(settings->>'hue', 'gray'), "
    "coalesce(settings->>'glyph', ''), timezone, status, coalesce(settings->>'country', 'US')] "
    "ORDER BY name), '[]')::text "
    "FROM accounts_client WHERE {scope} AND archived_at IS NULL"
)


def visible_clients(request: HttpRequest) -> tuple[ClientFacts, ...]:
    """The clients of the actor that are not archived, by name; the query runs once a request."""
    known: tuple[ClientFacts, ...] | None = getattr(request, "_visible_clients", None)
    if known is None:
        actor = request.actor  # type: ignore[attr-defined]
        known = _clients_of(actor.scope) if actor is not None else ()
        request._visible_clients = known  # type: ignore[attr-defined]
    return known


def _clients_of(scope: Scope) -> tuple[ClientFacts, ...]:
    condition, values = scope.condition("accounts_client", client="id")
    ((found,),) = fetch(CLIENTS.format(scope=condition), values)
    return _understood(found)


@lru_cache(maxsize=256)
def _understood(found: str) -> tuple[ClientFacts, ...]:
    """The rows that the database told as JSON. Kept by its words, so that nothing old is ever told again."""
    return tuple(ClientFacts(UUID(pk), *told) for pk, *told in json.loads(found))


def reader_zone(request: HttpRequest) -> str:
    """The IANA zone in which this person reads times: their own, else their client's, else their agency's."""
    user, actor, principal = request.user, request.actor, request.principal  # type: ignore[attr-defined]
    if zone := getattr(user, "timezone", ""):
        return str(zone)
    if actor and not actor.is_staff and (clients := visible_clients(request)):
        return clients[0].timezone
    return str(principal.agencies[actor.agency_id].timezone) if actor else "UTC"
