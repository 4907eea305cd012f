from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from math import ceil
from typing import Any
from zoneinfo import ZoneInfo

from django.http import HttpRequest
from django.utils import timezone

from accounts.avatars import hue_of_person, picture_of
from accounts.brand import COOKIE, Brand, public_brand
from accounts.directory import ClientFacts, visible_clients
from accounts.models import ImpersonationSession, User
from accounts.pages import Entry, first_page, menu
from accounts.principal import AgencyFacts
from accounts.seats import IN_MENU, Seat, seats_of
from accounts.statements import fetch
from accounts.tenancy import Actor
from crm import reach
from lib.ui.times import clock
from portal.work import WorkEntry, place_of, top_of, work_of

THEMES = ("light", "dark")
PLACES = {
    "crm:inbox": "inbox",
    "crm:inbox_call": "inbox",
    "crm:leads": "leads",
    "crm:lead_filters": "leads",
    "crm:clients": "clients",
    "crm:client": "clients",
    "crm:client_new": "clients",
    "crm:client_create": "clients",
    "crm:imports": "imports",
    "crm:import": "imports",
    "crm:import_new": "imports",
    "crm:import_upload": "imports",
    "notifications:list": "notices",
    "portal:home": "portal-home",
    "portal:leads": "leads",
    "portal:lead": "leads",
    "crm:lead": "leads",
    "portal:calls": "portal-calls",
    "portal:call": "portal-calls",
}

MANY = 99
WAITING = """
SELECT
  (SELECT count(*) FROM (SELECT 1 FROM crm_call c WHERE {calls} AND c.seen_at IS NULL LIMIT {most}) unread),
  (SELECT count(*) FROM (SELECT 1 FROM notifications_notification n
    WHERE {notices} AND n.user_id = %s AND n.read_at IS NULL LIMIT {most}) unread)
"""


@dataclass(frozen=True, slots=True)
class Person:
    name: str
    email: str
    hue: str
    picture: str  # its address, or nothing

    @property
    def first(self) -> str:
        return self.name.split()[0]


@dataclass(frozen=True, slots=True)
class ActingFacts:
    """What the banner says of somebody in a client's seat."""

    staff: str
    subject: str  # the client, and its owner if it has one
    by_platform: bool
    may_write: bool
    ends_at: datetime
    minutes: int
    until: str


class Shell:
    """What the frame around every page shows. Each part asks the database only when a template shows it."""

    def __init__(self, request: HttpRequest) -> None:
        self._request = request
        theme = request.COOKIES.get("theme", "")
        self.theme = theme if theme in THEMES else ""

    def __getitem__(self, name: str) -> Any:
        """What templates try first; a name that is not found there costs them an exception."""
        return getattr(self, name)

    @cached_property
    def person(self) -> Person:
        user: User = self._request.user  # type: ignore[assignment]
        return Person(user.name, user.email, hue_of_person(user), picture_of(user))

    @cached_property
    def agency(self) -> AgencyFacts | None:
        actor, principal = self._request.actor, self._request.principal  # type: ignore[attr-defined]
        return principal.agencies[actor.agency_id] if actor else None

    @cached_property
    def brand(self) -> AgencyFacts | Brand | None:
        """How the page looks: like the house that a view names in ``request.house``, else like that of who is here,
        else like the one that this browser last came from.
        """
        invited_by: Brand | None = getattr(self._request, "house", None)
        if invited_by or self.agency:
            return invited_by or self.agency
        return public_brand(self._request.COOKIES.get(COOKIE, "")[:80].replace("\x00", ""))

    @property
    def is_staff(self) -> bool:
        """On the agency's side, as opposed to a client's."""
        return bool(self._request.actor and self._request.actor.is_staff)  # type: ignore[attr-defined]

    @cached_property
    def acting(self) -> ActingFacts | None:
        """Whether the person is in a client's seat; never asks the database."""
        row: ImpersonationSession | None = getattr(self._request, "acting", None)
        if row is None:
            return None
        subject = f"{row.subject.name}, {row.client.name}" if row.subject else row.client.name
        zone = ZoneInfo(row.staff.timezone or row.client.timezone)
        left = row.ends_at - timezone.now()
        minutes = max(1, ceil(left.total_seconds() / 60))
        return ActingFacts(
            row.staff.name,
            subject,
            row.by_platform,
            row.may_write,
            row.ends_at,
            minutes,
            clock(row.ends_at.astimezone(zone)),
        )

    @cached_property
    def seats(self) -> list[Seat]:
        """The first few seats of a person who can act from several places, else nothing."""
        return self._seats[:IN_MENU]

    @property
    def more_seats(self) -> int:
        """How many there are in all, when the menu does not hold them."""
        return len(self._seats) if len(self._seats) > IN_MENU else 0

    @cached_property
    def _seats(self) -> list[Seat]:
        return seats_of(self._request)

    @cached_property
    def pages(self) -> list[Entry]:
        """The menu of one's own account and house."""
        return menu(self._request)

    @cached_property
    def settings_url(self) -> str:
        """The first of ``pages``, found without putting the menu together."""
        actor: Actor | None = self._request.actor  # type: ignore[attr-defined]
        return first_page(actor) if actor else ""

    @cached_property
    def nav_clients(self) -> tuple[ClientFacts, ...]:
        return visible_clients(self._request)

    @property
    def unread(self) -> int:
        """How many calls wait unread, counted no further than one past ``MANY``."""
        return self._waiting[0]

    @property
    def unread_notices(self) -> int:
        return self._waiting[1]

    @cached_property
    def _waiting(self) -> tuple[int, int]:
        return count_waiting(self._request.actor)  # type: ignore[attr-defined]

    @cached_property
    def place(self) -> str:
        match = self._request.resolver_match
        if match and match.app_name == "clients":
            return "clients"
        return PLACES.get(match.view_name) or place_of(match.view_name) if match else ""

    @cached_property
    def top(self) -> tuple[WorkEntry, ...]:
        return top_of(self._request.actor)  # type: ignore[attr-defined]

    @cached_property
    def work(self) -> tuple[WorkEntry, ...]:
        """The pages of the daily work that the person may open; asks nothing of the database."""
        return work_of(self._request.actor)  # type: ignore[attr-defined]


def count_waiting(actor: Actor) -> tuple[int, int]:
    """Unread calls and unread notices of ``actor``, neither counted further than one past ``MANY``."""
    calls, of_calls = reach.calls(actor, "c")
    notices, of_notices = actor.scope.condition("n")
    sql = WAITING.format(calls=calls, notices=notices, most=MANY + 1)
    ((of_calls_found, of_notices_found),) = fetch(sql, [*of_calls, *of_notices, actor.user_id])
    return of_calls_found, of_notices_found


def shell(request: HttpRequest) -> dict[str, Any]:
    return {"shell": Shell(request)}
