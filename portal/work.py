"""The pages of the daily work that both menus show, in their order. The menu and the page ask the same table."""

from collections.abc import Iterator
from typing import NamedTuple

from django.urls import reverse

from accounts.permissions import Level
from accounts.tenancy import Actor


class WorkPage(NamedTuple):
    place: str  # what marks it as the present one
    words: str
    icon: str
    route: str
    capability: str
    families: tuple[str, ...]  # how the names of the routes begin that belong to it
    at_least: Level = Level.READ


class WorkEntry(NamedTuple):
    """Hashable, so that a menu can be kept."""

    place: str
    words: str
    icon: str
    url: str


TODAY = WorkPage("today", "Today", "sun", "crm:today", "leads.see", ("crm:today",))
WORK = (
    WorkPage(
        "pipeline", "Pipeline", "square-kanban", "crm:pipeline", "leads.see", ("crm:pipeline", "crm:stage")
    ),
    WorkPage(
        "journeys", "Journeys", "route", "crm:journeys", "journeys.edit", ("crm:journey", "crm:conversion")
    ),
    WorkPage(
        "customers",
        "Customers",
        "handshake",
        "crm:customers",
        "customers.edit",
        ("crm:customer", "crm:service", "crm:privacy"),
    ),
    WorkPage("companies", "Companies", "briefcase-business", "crm:companies", "leads.see", ("crm:compan",)),
    WorkPage(
        "campaigns",
        "Campaigns",
        "megaphone",
        "crm:campaigns",
        "campaigns.edit",
        ("crm:campaign", "crm:market", "crm:queue", "crm:statistics"),
    ),
)


def work_of(actor: Actor | None) -> tuple[WorkEntry, ...]:
    """What the actor may open."""
    return tuple(_entries(actor, WORK)) if actor else ()


def top_of(actor: Actor | None) -> tuple[WorkEntry, ...]:
    """What stands above everything else: the day, for who may open it."""
    return tuple(_entries(actor, (TODAY,))) if actor else ()


def _entries(actor: Actor, pages: tuple[WorkPage, ...]) -> Iterator[WorkEntry]:
    for page in pages:
        if actor.can(page.capability, page.at_least):
            yield WorkEntry(page.place, page.words, page.icon, reverse(page.route))


def place_of(route: str) -> str:
    """The page that ``route`` belongs to, "" for none of these."""
    return next((page.place for page in (TODAY, *WORK) if route.startswith(page.families)), "")
