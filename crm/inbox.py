"""The inbox as data: which calls, in which order, around which place. Newest first, paged by key.

The address of the page holds the whole filter. A value that means nothing is left out rather than answered
with an empty page.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Self
from uuid import UUID

from accounts.tenancy import Actor
from crm import reach
from crm.classification.categories import LABELS
from crm.dispositions import BY_WORDS
from crm.in_address import InAddress, one_line, view_of
from crm.lead_filter import Range, Reading
from crm.models import Call
from crm.paging import EPOCH, PAGE, Order, Page, Place, Source, read_page
from crm.searching import FOUND, found_values

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
DIRECTIONS = dict(Call.Direction.choices)
SOURCES = dict(Call.Source.choices)
ONE_OF = ("direction", "source", "disposition")  # columns that are compared with one of a few words
TAGGED = (
    "SELECT ct.call_id FROM crm_calltag ct WHERE ct.tag_id = ANY(ARRAY("
    "SELECT t.id FROM crm_tag t WHERE {scope} AND lower(t.name) = lower(%s)))"
)
ANY_DAY, NOBODYS = Range(), Reading({})
NEWEST = Order("c.started_at", "c.id")


@dataclass(frozen=True, slots=True)
class InboxFilter(InAddress):
    client_id: UUID | None = None
    client: str = ""  # its slug, as in the address
    category: str = ""
    rating: int | None = None
    unread: bool = False
    direction: str = ""
    source: str = ""
    disposition: str = ""  # one of the nine
    tag: str = ""  # its name, whichever client's
    day: Range = ANY_DAY
    q: str = ""
    reading: Reading = NOBODYS

    @classmethod
    def parse(cls, params: Mapping[str, str], reading: Reading) -> Self:
        clients = reading.clients
        direction, source = params.get("direction", ""), params.get("source", "")
        disposition = params.get("disposition", "")
        slug, category, rating = (
            params.get("client", ""),
            params.get("category", ""),
            params.get("rating", ""),
        )
        return cls(
            view=view_of(params.get("view", "")),
            client_id=clients.get(slug),
            client=slug if slug in clients else "",
            category=category if category in LABELS else "",
            rating=int(rating) if rating in ("1", "2", "3", "4", "5") else None,
            unread=params.get("unread") == "1",
            direction=direction if direction in DIRECTIONS else "",
            source=source if source in SOURCES else "",
            disposition=disposition if disposition in BY_WORDS else "",
            tag=one_line(params.get("tag", "")),
            day=Range.parse(params, "day"),
            reading=reading,
            q=one_line(params.get("q", "")),
        )

    @property
    def kept(self) -> dict[str, str]:
        every = {
            "client": self.client,
            "category": self.category,
            "rating": str(self.rating or ""),
            "unread": "1" if self.unread else "",
            **{name: getattr(self, name) for name in (*ONE_OF, "tag")},
            **self.day.params("day"),
            "q": self.q,
        }
        return {key: value for key, value in every.items() if value}

    @property
    def rating_text(self) -> str:
        return str(self.rating or "")

    @property
    def narrows_calls(self) -> bool:
        return bool(self.category or self.rating or self.unread or self.has_more)

    @property
    def has_more(self) -> bool:
        """Whether one of the filters that are folded away says something."""
        return bool(self.direction or self.source or self.disposition or self.tag or self.day != ANY_DAY)

    def conditions(self, actor: Actor, *, first_page: bool = False) -> tuple[list[str], list[Any]]:
        """What holds for the calls of ``actor`` that pass, as SQL about ``c``, and its values. Nothing about place."""
        scope, values = reach.calls(actor, "c")
        held = [scope]
        for column, wanted in (
            ("client_id", self.client_id),
            ("category", self.category),
            ("rating", self.rating),
            *((name, getattr(self, name)) for name in ONE_OF),
        ):
            if wanted:
                held.append(f"c.{column} = %s")
                values.append(wanted)
        if self.unread:
            held.append("c.seen_at IS NULL")
        if self.tag:
            own, its = actor.scope.condition("t")
            held.append(f"c.id IN ({TAGGED.format(scope=own)})")
            values += [*its, self.tag]
        since, its = self.day.conditions("c.started_at", self.reading)
        held += since
        values += its
        if self.q:
            few = first_page and not self.narrows_calls and not actor.own_records
            held.append(f"c.lead_id = ANY(ARRAY({FOUND}))")
            values += found_values(self.q, client_id=self.client_id, most=PAGE if few else None)
        return held, values


def inbox_page(
    actor: Actor, chosen: InboxFilter, *, before: Place | None = None, after: Place | None = None
) -> Page:
    """One page: the newest calls, those just older than ``before``, or those just newer than ``after``."""
    source = Source("crm_call c", *chosen.conditions(actor, first_page=before is None and after is None))
    return read_page(source, ROW_SQL, NEWEST, _row, _place, before=before, after=after)


def _row(values: tuple[Any, ...]) -> dict[str, Any]:
    row = dict(zip(ROW, values, strict=True))
    row["started_at"] = EPOCH + timedelta(microseconds=row["started_at"])
    return row


def _place(row: dict[str, Any]) -> Place:
    return Place(row["started_at"], UUID(row["id"]))


def neighbours(actor: Actor, chosen: InboxFilter, call: Call) -> tuple[UUID | None, UUID | None]:
    """The calls next to ``call`` in the filtered list: (newer, older). ``call`` itself need not pass the filter."""
    source = Source("crm_call c", *chosen.conditions(actor))
    return source.neighbours(NEWEST, Place(call.started_at, call.pk))
