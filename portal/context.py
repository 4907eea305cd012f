from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.http import HttpRequest

from accounts.directory import ClientFacts, visible_clients
from accounts.models import User
from accounts.principal import AgencyFacts
from crm.inbox import MANY, unread_count
from notifications.models import Notification

THEMES = ("light", "dark")
HUES = ("blue", "teal", "green", "amber", "orange", "pink", "violet")
PLACES = {
    "crm:inbox": "inbox",
    "crm:inbox_call": "inbox",
    "crm:clients": "clients",
    "crm:client": "clients",
    "notifications:list": "notices",
    "portal:home": "portal-home",
    "portal:leads": "portal-leads",
    "portal:lead": "portal-leads",
    "portal:calls": "portal-calls",
    "portal:call": "portal-calls",
}


@dataclass(frozen=True, slots=True)
class Person:
    name: str
    email: str
    hue: str

    @property
    def first(self) -> str:
        return self.name.split()[0]


class Shell:
    """What the frame around every page shows. Each part asks the database only when a template shows it."""

    def __init__(self, request: HttpRequest) -> None:
        self._request = request
        theme = request.COOKIES.get("theme", "")
        self.theme = theme if theme in THEMES else ""

    @cached_property
    def person(self) -> Person:
        user: User = self._request.user  # type: ignore[assignment]
        return Person(user.name, user.email, HUES[user.pk.int % len(HUES)])

    @cached_property
    def agency(self) -> AgencyFacts | None:
        actor, principal = self._request.actor, self._request.principal  # type: ignore[attr-defined]
        return principal.agencies[actor.agency_id] if actor else None

    @property
    def is_staff(self) -> bool:
        """On the agency's side, as opposed to a client's."""
        return bool(self._request.actor and self._request.actor.is_staff)  # type: ignore[attr-defined]

    @cached_property
    def nav_clients(self) -> tuple[ClientFacts, ...]:
        return visible_clients(self._request)

    @cached_property
    def unread(self) -> str:
        """How many calls wait unread, "" for none and "99+" for more than can be counted at a glance."""
        count = unread_count(self._request.actor)  # type: ignore[attr-defined]
        return f"{MANY}+" if count > MANY else str(count or "")

    @cached_property
    def unread_notices(self) -> int:
        rows = Notification.objects.for_actor(self._request.actor)  # type: ignore[attr-defined]
        return int(rows.unread()[:100].count())

    @cached_property
    def place(self) -> str:
        match = self._request.resolver_match
        return PLACES.get(match.view_name, "") if match else ""


def shell(request: HttpRequest) -> dict[str, Any]:
    return {"shell": Shell(request)}
