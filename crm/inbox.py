"""The inbox as data: which calls, in which order, around which place. Newest first, paged by key.

The address of the page holds the whole filter. A value that means nothing is left out rather than answered
with an empty page.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Self
from urllib.parse import urlencode
from uuid import UUID

from django.db import connection
from django.db.models import F

from accounts.tenancy import Actor
from crm.classification.categories import LABELS
from crm.models import Call
from crm.models.calls import CallQuerySet
from lib.phones import search_digits

PAGE = 50
MOST_LEADS = 2000  # of one search, where further filters may thin them out
ROW = (
    "id", "started_at", "kind", "direction", "answered", "caller_name", "from_number", "from_e164", "category",
    "rating", "duration_seconds", "summary", "seen_at", "call_sequence", "caller_type", "client_id", "lead_id",
)  # fmt: skip
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Place:
    """A position in the list: between calls that are newer and calls that are older."""

    started_at: datetime
    pk: UUID

    @classmethod
    def parse(cls, text: str) -> "Place | None":
        micros, _, pk = text.partition("~")
        try:
            return cls(EPOCH + timedelta(microseconds=int(micros)), UUID(pk))
        except (ValueError, OverflowError):
            return None

    def __str__(self) -> str:
        return f"{(self.started_at - EPOCH) // timedelta(microseconds=1)}~{self.pk}"


@dataclass(frozen=True, slots=True)
class InboxFilter:
    client_id: UUID | None = None
    client: str = ""  # its slug, as in the address
    category: str = ""
    rating: int | None = None
    unread: bool = False
    q: str = ""

    @classmethod
    def parse(cls, params: Mapping[str, str], clients: Mapping[str, UUID]) -> Self:
        slug, category, rating = (
            params.get("client", ""),
            params.get("category", ""),
            params.get("rating", ""),
        )
        return cls(
            client_id=clients.get(slug),
            client=slug if slug in clients else "",
            category=category if category in LABELS else "",
            rating=int(rating) if rating in ("1", "2", "3", "4", "5") else None,
            unread=params.get("unread") == "1",
            q=" ".join(params.get("q", "").replace("\x00", "").split())[:100],
        )

    @property
    def params(self) -> dict[str, str]:
        every = {
            "client": self.client,
            "category": self.category,
            "rating": str(self.rating or ""),
            "unread": "1" if self.unread else "",
            "q": self.q,
        }
        return {key: value for key, value in every.items() if value}

    @property
    def query(self) -> str:
        """``?client=…`` or nothing."""
        return f"?{urlencode(self.params)}" if self.params else ""

    def address(self, path: str, **place: "Place") -> str:
        """``path`` with this filter, at ``before=…`` or ``after=…``."""
        return f"{path}?{urlencode({**self.params, **place})}"

    @property
    def rating_text(self) -> str:
        return str(self.rating or "")

    def with_(self, **changes: Any) -> Self:
        return replace(self, **changes)

    @property
    def narrows_calls(self) -> bool:
        return bool(self.category or self.rating or self.unread)

    def calls(self, actor: Actor, *, first_page: bool = False) -> CallQuerySet:
        """The calls of ``actor`` that pass. Nothing about order or place."""
        rows: CallQuerySet = Call.objects.for_actor(actor)
        if self.client_id:
            rows = rows.filter(client_id=self.client_id)
        if self.category:
            rows = rows.filter(category=self.category)
        if self.rating:
            rows = rows.filter(rating=self.rating)
        if self.unread:
            rows = rows.unread()
        if self.q:
            most = PAGE if first_page and not self.narrows_calls else MOST_LEADS
            rows = rows.filter(lead_id__in=search_leads(self.q, client_id=self.client_id, most=most))
        return rows


def search_leads(text: str, *, client_id: UUID | None = None, most: int) -> list[UUID]:
    """The leads whose name or number holds ``text``, latest caller first, of the scope in force.

    Goes through a database function, because under row-level security no text index serves a pattern (ADR 0007).
    """
    needle = _needle(text)
    if not needle:
        return []
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM crm_search_leads(%s, %s, %s)", [needle, client_id, most])
        return [row[0] for row in cursor.fetchall()]


def _needle(text: str) -> str:
    """The LIKE pattern for ``text``; two letters match the beginning of a word only, one letter nothing."""
    digits = search_digits(text)
    if len(digits) >= 3 and not any(each.isalpha() for each in text):
        return f"%{digits}%"
    plain = text.lower().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    if len(text) < 2:
        return ""
    return f"% {plain}%" if len(text) == 2 else f"%{plain}%"


@dataclass(frozen=True, slots=True)
class InboxPage:
    rows: list[dict[str, Any]]
    newer: Place | None  # begin of the page before, None on the first
    older: Place | None


def inbox_page(
    actor: Actor, chosen: InboxFilter, *, before: Place | None = None, after: Place | None = None
) -> InboxPage:
    """One page: the newest calls, those just older than ``before``, or those just newer than ``after``."""
    calls = chosen.calls(actor, first_page=before is None and after is None)
    if after is not None:
        calls = calls.newer_than(after.started_at, after.pk).order_by("started_at", "pk")
    else:
        if before is not None:
            calls = calls.older_than(before.started_at, before.pk)
        calls = calls.newest_first()
    found = list(calls.values_list(*ROW, "lead__display_name", F("lead__phone"))[: PAGE + 1])
    more = len(found) > PAGE
    rows = [dict(zip((*ROW, "lead_name", "lead_phone"), row, strict=True)) for row in found[:PAGE]]
    if after is not None:
        rows.reverse()
    newer = older = None
    if rows and (before is not None or (after is not None and more)):
        newer = Place(rows[0]["started_at"], rows[0]["id"])
    if rows and (more or after is not None):
        older = Place(rows[-1]["started_at"], rows[-1]["id"])
    return InboxPage(rows, newer, older)


def neighbours(actor: Actor, chosen: InboxFilter, call: Call) -> tuple[UUID | None, UUID | None]:
    """The calls next to ``call`` in the filtered list: (newer, older). ``call`` itself need not pass the filter."""
    calls = chosen.calls(actor)
    newer = (
        calls.newer_than(call.started_at, call.pk).order_by("started_at", "pk").values_list("pk", flat=True)
    )
    older = calls.older_than(call.started_at, call.pk).newest_first().values_list("pk", flat=True)
    return newer.first(), older.first()


MANY = 99


def unread_count(actor: Actor) -> int:
    """How many calls wait unread, counted no further than one past ``MANY``."""
    rows: CallQuerySet = Call.objects.for_actor(actor)
    return rows.unread()[: MANY + 1].count()
