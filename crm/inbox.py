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

from accounts.statements import fetch
from accounts.tenancy import Actor
from crm.classification.categories import LABELS
from crm.models import Call
from lib.phones import search_digits

PAGE = 50
MOST_LEADS = 2000  # of one search, where further filters may thin them out
# What a row of the list shows. Identifiers come as text, which is how they leave again.
ROW = {
    "id": "c.id::text",
    "started_at": "(extract(epoch FROM c.started_at) * 1000000)::bigint",  # a number is read faster than a date
    "kind": "c.kind",
    "direction": "c.direction",
    "answered": "c.answered",
    "caller_name": "c.caller_name",
    # The reference is tied to the same client, and this costs less than a join.
    "lead_name": "(SELECT l.display_name FROM crm_lead l WHERE l.id = c.lead_id)",
    "from_number": "c.from_number",
    "from_e164": "c.from_e164",
    "category": "c.category",
    "rating": "c.rating",
    "duration_seconds": "c.duration_seconds",
    "summary": "c.summary",
    "seen": "c.seen_at IS NOT NULL",
    "call_sequence": "c.call_sequence",
    "client_id": "c.client_id::text",
}
ROW_SQL = ", ".join(ROW.values())
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

    def conditions(self, actor: Actor, *, first_page: bool = False) -> tuple[list[str], list[Any]]:
        """What holds for the calls of ``actor`` that pass, as SQL about ``c``, and its values. Nothing about place."""
        scope, values = actor.scope.condition("c")
        held = [scope]
        for column, wanted in (
            ("client_id", self.client_id),
            ("category", self.category),
            ("rating", self.rating),
        ):
            if wanted:
                held.append(f"c.{column} = %s")
                values.append(wanted)
        if self.unread:
            held.append("c.seen_at IS NULL")
        if self.q:
            most = PAGE if first_page and not self.narrows_calls else MOST_LEADS
            held.append("c.lead_id = ANY(ARRAY(SELECT crm_search_leads(%s, %s, %s)))")
            values += [_needle(self.q), self.client_id, most]
        return held, values


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
    held, values = chosen.conditions(actor, first_page=before is None and after is None)
    found = fetch(*_statement(ROW_SQL, held, values, before=before, after=after, most=PAGE + 1))
    more = len(found) > PAGE
    if after is not None and not more:  # the top is reached: show all of it, not the few calls in between
        return inbox_page(actor, chosen)
    rows = [_row(each) for each in found[:PAGE]]
    if after is not None:
        rows.reverse()
    newer = older = None
    if rows and (before is not None or (after is not None and more)):
        newer = _place(rows[0])
    if rows and (more or after is not None):
        older = _place(rows[-1])
    return InboxPage(rows, newer, older)


def _row(values: tuple[Any, ...]) -> dict[str, Any]:
    row = dict(zip(ROW, values, strict=True))
    row["started_at"] = EPOCH + timedelta(microseconds=row["started_at"])
    return row


def _place(row: dict[str, Any]) -> Place:
    return Place(row["started_at"], UUID(row["id"]))


def neighbours(actor: Actor, chosen: InboxFilter, call: Call) -> tuple[UUID | None, UUID | None]:
    """The calls next to ``call`` in the filtered list: (newer, older). ``call`` itself need not pass the filter."""
    held, values = chosen.conditions(actor)
    here = Place(call.started_at, call.pk)
    newer, of_newer = _statement("c.id", held, values, after=here, most=1)
    older, of_older = _statement("c.id", held, values, before=here, most=1)
    ((found_newer, found_older),) = fetch(f"SELECT ({newer}), ({older})", of_newer + of_older)
    return found_newer, found_older


def _statement(
    columns: str,
    held: list[str],
    values: list[Any],
    *,
    before: Place | None = None,
    after: Place | None = None,
    most: int,
) -> tuple[str, list[Any]]:
    """Newest first, or oldest first where ``after`` is given. The ORM would take as long to write it as it runs."""
    held, values, order = [*held], [*values], "DESC"
    if after is not None:
        held.append("(c.started_at, c.id) > (%s, %s)")
        values += [after.started_at, after.pk]
        order = "ASC"
    elif before is not None:
        held.append("(c.started_at, c.id) < (%s, %s)")
        values += [before.started_at, before.pk]
    where = " AND ".join(held)
    # All words are ours; what people typed is in the values.
    sql = f"SELECT {columns} FROM crm_call c WHERE {where} ORDER BY c.started_at {order}, c.id {order} LIMIT {most}"  # noqa: S608
    return sql, values
