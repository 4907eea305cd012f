"""Lists that page by key: an order, a place in it, and the rows on either side. Written by hand, because the ORM would
take as long to write such a statement as it runs.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from accounts.statements import fetch

PAGE = 50
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
LONGEST_KEY = 300
Kind = Literal["moment", "text", "number"]
Key = datetime | str | int | None


@dataclass(frozen=True, slots=True)
class Place:
    """A position in a list: at the row whose key and id these are. Without a key, among the rows that have none."""

    key: Key
    pk: UUID

    @classmethod
    def parse(cls, text: str, kind: Kind = "moment", *, nullable: bool = False) -> "Place | None":
        told, _, pk = text.rpartition("~")
        try:
            return cls(_key(told, kind, nullable=nullable), UUID(pk))
        except (ValueError, OverflowError):
            return None

    def __str__(self) -> str:
        key = (self.key - EPOCH) // MICROSECOND if isinstance(self.key, datetime) else self.key
        return f"{'' if key is None else key}~{self.pk}"


def _key(told: str, kind: Kind, *, nullable: bool) -> Key:
    if nullable and not told:
        return None
    if kind == "text":
        if not told or len(told) > LONGEST_KEY or "\x00" in told:
            raise ValueError
        return told
    number = int(told)
    if kind == "moment":
        return EPOCH + number * MICROSECOND
    if abs(number) >= 2**63:
        raise OverflowError
    return number


@dataclass(frozen=True, slots=True)
class Order:
    """By ``column`` and then by ``pk``, both falling or both rising. Rows without a key come last, if it is nullable.

    Behind row-level security an index serves a place only if its columns compare leakproof: texts, whole numbers and
    moments do, decimals do not.
    """

    column: str
    pk: str
    kind: Kind = "moment"
    falling: bool = True
    nullable: bool = False

    def place(self, text: str) -> Place | None:
        return Place.parse(text, self.kind, nullable=self.nullable)

    def stretches(self, place: Place | None, *, up: bool) -> list[tuple[str, list[Any]]]:
        """What holds for the rows beyond ``place``, stretch by stretch in the order in which they are read."""
        if place is None:
            return [("true", [])]
        beyond = "<" if self.falling != up else ">"
        if place.key is None:
            keyless = (f"{self.column} IS NULL AND {self.pk} {beyond} %s", [place.pk])
            return [keyless, (f"{self.column} IS NOT NULL", [])] if up else [keyless]
        keyed = (f"({self.column}, {self.pk}) {beyond} (%s, %s)", [place.key, place.pk])
        return [keyed] if up or not self.nullable else [keyed, (f"{self.column} IS NULL", [])]

    def words(self, *, up: bool) -> str:
        way = "DESC" if self.falling != up else "ASC"
        nulls = f" NULLS {'FIRST' if up else 'LAST'}" if self.nullable else ""
        return f"{self.column} {way}{nulls}, {self.pk} {way}"


@dataclass(frozen=True, slots=True)
class Source:
    """The rows of one list, in no order yet. All words are ours; what people typed is in the values."""

    table: str  # with its alias
    held: list[str]
    values: list[Any] = field(default_factory=list)

    def statements(
        self, columns: str, order: Order, place: Place | None, *, up: bool, most: int
    ) -> list[tuple[str, list[Any]]]:
        begin = f"SELECT {columns} FROM {self.table} WHERE "  # noqa: S608
        end = f" ORDER BY {order.words(up=up)} LIMIT {most}"
        return [
            (begin + " AND ".join([*self.held, condition]) + end, [*self.values, *of_place])
            for condition, of_place in order.stretches(place, up=up)
        ]

    def read(
        self, columns: str, order: Order, place: Place | None = None, *, up: bool = False, most: int
    ) -> list[Any]:
        """At most ``most`` rows beyond ``place``, nearest first."""
        found: list[Any] = []
        for sql, values in self.statements(columns, order, place, up=up, most=most):
            found += fetch(sql, values)[: most - len(found)]
            if len(found) == most:
                break
        return found

    def neighbours(self, order: Order, here: Place) -> tuple[UUID | None, UUID | None]:
        """The rows next to ``here``: (the one above, the one below). ``here`` itself need not be in the list."""
        sides, values = [], []
        for up in (True, False):
            stretches = self.statements(order.pk, order, here, up=up, most=1)
            sides.append(f"coalesce({', '.join(f'({sql})' for sql, _ in stretches)})")
            values += [value for _, own in stretches for value in own]
        ((above, below),) = fetch(f"SELECT {', '.join(sides)}", values)
        return above, below


@dataclass(frozen=True, slots=True)
class Page:
    rows: list[dict[str, Any]]
    newer: Place | None  # begin of the page before, None on the first
    older: Place | None


def read_page(
    source: Source,
    columns: str,
    order: Order,
    row_of: Callable[[Any], dict[str, Any]],
    place_of: Callable[[dict[str, Any]], Place],
    *,
    before: Place | None,
    after: Place | None,
) -> Page:
    """The first page, the rows just after ``before``, or those just above ``after``."""
    up = after is not None
    found = source.read(columns, order, after or before, up=up, most=PAGE + 1)
    more = len(found) > PAGE
    if up and not more:  # the top is reached: show all of it, not the few rows in between
        return read_page(source, columns, order, row_of, place_of, before=None, after=None)
    rows = [row_of(each) for each in found[:PAGE]]
    if up:
        rows.reverse()
    newer = older = None
    if rows and (before is not None or up):
        newer = place_of(rows[0])
    if rows and (more or up):
        older = place_of(rows[-1])
    return Page(rows, newer, older)
