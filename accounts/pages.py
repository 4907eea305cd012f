"""The pages about one's own account and one's house, in the order in which their menu shows them.

A page appears to those who may open it: the menu and the page ask the same table.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from django.http import HttpRequest
from django.urls import reverse

from accounts.access import Side
from accounts.permissions import Level
from accounts.tenancy import Actor
from lib.ui.routes import address


@dataclass(frozen=True, slots=True)
class Page:
    route: str
    words: str
    icon: str
    capability: str = "own.security"
    at_least: Level = Level.READ
    side: Side = "any"
    group: str = "You"
    family: str = ""  # how the names of the routes begin that belong to the page, if not as its own

    def is_for(self, actor: Actor) -> bool:
        of_side = self.side == "any" or actor.is_staff == (self.side == "staff")
        return of_side and actor.can(self.capability, self.at_least)


PAGES = (
    Page("accounts:profile", "Profile", "circle-user-round", at_least=Level.WRITE),
    Page("accounts:security", "Security", "shield"),
    Page("accounts:password", "Password", "key-round"),
    Page("accounts:connections", "Ways to sign in", "link"),
    Page("accounts:factors", "Two-step sign-in", "key-round"),
    Page("accounts:why", "Why were you asked", "circle-question-mark"),
    Page("accounts:team", "Team", "users-round", "agency.staff", Level.WRITE, "staff", "House"),
    Page(
        "accounts:our_team",
        "Team",
        "users-round",
        "clients.team",
        Level.WRITE,
        "client",
        "House",
        family="accounts:client_team",
    ),
    Page("accounts:business", "Your business", "store", "clients.profile", side="client", group="House"),
    Page("accounts:plan", "Plan and credits", "coins", "clients.subscription", side="client", group="House"),
    Page("accounts:agency", "Agency", "building-2", "agency.profile", side="staff", group="House"),
    Page("accounts:branding", "Branding", "palette", "agency.profile", side="staff", group="House"),
    Page("accounts:packages", "Packages", "package", "agency.profile", side="staff", group="House"),
    Page("crm:suppression", "Do not contact", "phone-off", "suppression.add", Level.WRITE, group="House"),
    Page("crm:imports", "Imports", "upload", "leads.import", Level.WRITE, group="House", family="crm:import"),
    Page(
        "crm:forms", "Web forms", "file-text", "leads.import", Level.WRITE, group="House", family="crm:form"
    ),
    Page("crm:tags", "Tags", "tag", "pipeline.stages", Level.WRITE, group="House", family="crm:tag"),
    Page("accounts:rules", "Sign-in rules", "shield-alert", "security.others", Level.WRITE, group="House"),
    Page("accounts:roles", "Roles", "users", group="House"),
    Page(
        "accounts:acting",
        "Act as a client",
        "user-round-search",
        "clients.act_as",
        side="staff",
        group="House",
    ),
    Page("accounts:visits", "Who looked in", "eye", "audit.read", group="House"),
    Page("accounts:locked", "Paused sign-ins", "lock", "security.others", Level.WRITE, group="House"),
    Page("accounts:audit", "Audit log", "shield-check", "audit.read", group="House"),
)

# The pages about one client, for its agency; each takes the client's slug.
CLIENT_PAGES = (
    Page("crm:client", "Calls and sync", "refresh-cw", "ctm.sync", side="staff"),
    Page("clients:profile", "Profile", "store", "clients.profile", side="staff"),
    Page("crm:scoring", "Scoring", "gauge", "classification.policy", side="staff"),
    Page("accounts:client_team", "People", "users-round", "clients.team", side="staff"),
    Page("clients:staff", "Who works for them", "users", "clients.manage", side="staff"),
    Page("clients:subscription", "Plan and credits", "coins", "clients.subscription", side="staff"),
)


@dataclass(frozen=True, slots=True)
class Entry:
    words: str
    icon: str
    url: str
    group: str
    present: bool


def menu(request: HttpRequest) -> list[Entry]:
    """What the person may open, the page they are on marked. ``accounts:team`` also marks ``accounts:team_…``."""
    actor: Actor | None = request.actor  # type: ignore[attr-defined]
    return list(_entries(request, actor)) if actor else []


def _entries(request: HttpRequest, actor: Actor) -> Iterator[Entry]:
    here = request.resolver_match.view_name if request.resolver_match else ""
    for page in PAGES:
        if page.is_for(actor):
            present = here == page.route or f"{here}_".startswith(f"{page.family or page.route}_")
            yield Entry(page.words, page.icon, address(page.route), page.group, present)


def first_page(actor: Actor) -> str:
    """Where the menu begins for ``actor``, "" where it is empty."""
    return next((address(page.route) for page in PAGES if page.is_for(actor)), "")


def client_menu(request: HttpRequest, slug: str) -> list[Entry]:
    """The pages about the client with ``slug`` that the person may open, the present one marked."""
    actor: Actor | None = request.actor  # type: ignore[attr-defined]
    match = request.resolver_match
    here = match.view_name if match else ""
    return [
        Entry(
            page.words, page.icon, reverse(page.route, args=[slug]), page.group, here.startswith(page.route)
        )
        for page in CLIENT_PAGES
        if actor and page.is_for(actor)
    ]


def layout_of(actor: Actor | None) -> str:
    """Somebody without a seat, such as a superuser, has neither side's frame."""
    if actor is None:
        return "layouts/plain.html"
    return "layouts/app.html" if actor.is_staff else "layouts/portal.html"
