"""Figures of one client or one campaign, and the rows behind each: the same query counts them and lists them.

Days are those of the client's zone; a stretch is half-open, from the first day's midnight to that after the last.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Self
from urllib.parse import urlencode
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Count, Q

from accounts.tenancy import Actor
from crm.dispositions import CATEGORIES, DISPOSITIONS, OTHER, category_of
from crm.models import Call, Campaign, Lead

MESSAGES = (Call.Kind.TEXT, Call.Kind.CHAT)


@dataclass(frozen=True, slots=True)
class Figure:
    key: str
    name: str
    means: str
    dated_by: str  # the column that a stretch of days is held against


SIX = (
    Figure(
        "leads",
        "Leads",
        "People of the client who are not archived, by the day they were added.",
        "created_at",
    ),
    Figure("campaigns", "Campaigns", "All that were ever made, by the day they were made.", "created_at"),
    Figure(
        "active", "Active campaigns", "Those that run at present, by the day they were made.", "created_at"
    ),
    Figure("sent", "Messages sent", "Texts and chats that went out.", "started_at"),
    Figure("replies", "Replies", "Texts and chats that came in.", "started_at"),
    Figure("positive", "Positive", "Leads whose mood is positive, by the day they were added.", "created_at"),
)
CALLS = Figure("calls", "Calls with an outcome", "Calls of which somebody said how they ended.", "started_at")
FIGURES = {each.key: each for each in (*SIX, CALLS)}


@dataclass(frozen=True, slots=True)
class Chosen:
    """What the page is about. ``words`` narrows calls to one disposition, ``category`` to one of the four."""

    client_id: UUID
    client: str  # its slug
    zone: str
    campaign_id: UUID | None = None
    first: date | None = None
    last: date | None = None

    @classmethod
    def parse(
        cls, params: Mapping[str, str], *, client_id: UUID, client: str, zone: str, campaign_id: UUID | None
    ) -> Self:
        """A day that is none is left out; a last one before the first too."""
        first, last = _day(params.get("from", "")), _day(params.get("to", ""))
        if first and last and last < first:
            last = None
        return cls(client_id, client, zone, campaign_id, first, last)

    @property
    def params(self) -> dict[str, str]:
        every = {
            "client": self.client, "campaign": str(self.campaign_id or ""),
            "from": self.first.isoformat() if self.first else "", "to": self.last.isoformat() if self.last else "",
        }  # fmt: skip
        return {name: value for name, value in every.items() if value}

    def address(self, path: str, **more: str) -> str:
        return f"{path}?{urlencode({**self.params, **more})}"

    def within(self, column: str) -> Q:
        held, zone = Q(), ZoneInfo(self.zone)
        if self.first:
            held &= Q(**{f"{column}__gte": datetime.combine(self.first, time(), zone)})
        if self.last:
            held &= Q(**{f"{column}__lt": datetime.combine(self.last + timedelta(days=1), time(), zone)})
        return held


def _day(text: str) -> date | None:
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return None
    return found if 2000 <= found.year <= 2100 else None


def rows(actor: Actor, chosen: Chosen, key: str, words: str = "", category: str = "") -> Any:
    """The rows that a figure counts, newest first."""
    of: dict[str, Any] = {"client_id": chosen.client_id}
    match key:
        case "leads" | "positive":
            found = Lead.objects.for_actor(actor).filter(**of, archived_at=None)
            if chosen.campaign_id:
                found = found.filter(memberships__campaign=chosen.campaign_id)
            if key == "positive":
                found = found.filter(sentiment=Lead.Sentiment.POSITIVE)
        case "campaigns" | "active":
            found = Campaign.objects.for_actor(actor).filter(**of)
            if chosen.campaign_id:
                found = found.filter(pk=chosen.campaign_id)
            if key == "active":
                found = found.running()
        case _:
            found = _calls(actor, chosen, key, words, category)
    column = FIGURES[key].dated_by
    return found.filter(chosen.within(column)).order_by(f"-{column}", "-pk")


def _calls(actor: Actor, chosen: Chosen, key: str, words: str, category: str) -> Any:
    found = Call.objects.for_actor(actor).filter(client_id=chosen.client_id).defer("raw", "transcript")
    if chosen.campaign_id:
        found = found.filter(campaign=chosen.campaign_id)
    if key in ("sent", "replies"):
        direction = Call.Direction.OUTBOUND if key == "sent" else Call.Direction.INBOUND
        return found.filter(kind__in=MESSAGES, direction=direction)
    found = found.filter(kind=Call.Kind.CALL).exclude(disposition="")
    if words:
        found = found.filter(disposition=words)
    ours = {each.words: each.category for each in DISPOSITIONS}
    if category == OTHER:
        found = found.exclude(disposition__in=ours)
    elif category:
        found = found.filter(disposition__in=[each for each, of in ours.items() if of == category])
    return found


@dataclass(frozen=True, slots=True)
class Outcomes:
    by_words: list[tuple[str, str, int]]  # (words, category, how many), the nine first, old words after them
    by_category: list[tuple[str, int]]  # the four in order, and other words where there are any
    every: int


def six(actor: Actor, chosen: Chosen) -> list[tuple[Figure, int]]:
    return [(each, rows(actor, chosen, each.key).count()) for each in SIX]


def outcomes(actor: Actor, chosen: Chosen) -> Outcomes:
    counted = dict(
        rows(actor, chosen, "calls")
        .order_by()
        .values_list("disposition")
        .annotate(many=Count("pk"))
        .values_list("disposition", "many")
    )
    known = [(each.words, each.category, counted.pop(each.words, 0)) for each in DISPOSITIONS]
    others = [(words, category_of(words), many) for words, many in sorted(counted.items())]
    every = [*known, *others]
    funnel = [
        (name, sum(many for _, category, many in every if category == name)) for name in (*CATEGORIES, OTHER)
    ]
    return Outcomes(
        every, [each for each in funnel if each[0] != OTHER or each[1]], sum(many for *_, many in every)
    )
