"""The clients a person may choose among, once per request."""

from dataclasses import dataclass
from uuid import UUID

from django.http import HttpRequest

from accounts.models import Client


@dataclass(frozen=True, slots=True)
class ClientFacts:
    id: UUID
    slug: str
    name: str
    hue: str
    glyph: str
    timezone: str
    status: str


def visible_clients(request: HttpRequest) -> list[ClientFacts]:
    """The clients of the actor that are not archived, by name; the query runs once a request."""
    known: list[ClientFacts] | None = getattr(request, "_visible_clients", None)
    if known is None:
        actor = request.actor  # type: ignore[attr-defined]
        known = []
        if actor is not None:
            rows = Client.objects.for_actor(actor).filter(archived_at=None).order_by("name")
            for pk, slug, name, settings, zone, status in rows.values_list(
                "pk", "slug", "name", "settings", "timezone", "status"
            ):
                hue, glyph = settings.get("hue", "gray"), settings.get("glyph", "")
                known.append(ClientFacts(pk, slug, name, hue, glyph, zone, status))
        request._visible_clients = known  # type: ignore[attr-defined]
    return known


def reader_zone(request: HttpRequest) -> str:
    """The IANA zone in which this person reads times: their own, else their client's, else their agency's."""
    user, actor, principal = request.user, request.actor, request.principal  # type: ignore[attr-defined]
    if zone := getattr(user, "timezone", ""):
        return str(zone)
    if actor and not actor.is_staff and (clients := visible_clients(request)):
        return clients[0].timezone
    return str(principal.agencies[actor.agency_id].timezone) if actor else "UTC"
