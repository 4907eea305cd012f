"""One person's day as data: what waits for them, in which group and order. Plain values, neither clock nor Django."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Generic, Protocol, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo


class Kind(StrEnum):
    """In the order in which things of one moment stand."""

    CALLBACK = "callback"
    STEP = "step"
    ACTION = "action"
    UNREAD = "unread"
    MEETING = "meeting"


class Group(StrEnum):
    OVERDUE = "Overdue"
    TODAY = "Today"
    NEXT = "Next"


class Waiting(Protocol):
    """``at`` is when it is due; of an unread call when it came, of a meeting when it was booked."""

    @property
    def kind(self) -> Kind: ...
    @property
    def id(self) -> UUID: ...
    @property
    def at(self) -> datetime: ...
    @property
    def whole_day(self) -> bool: ...  # the day counts, and not the hour
    @property
    def zone(self) -> str: ...  # IANA, on whose calendar such a day is counted


Row = TypeVar("Row", bound=Waiting)
KINDS = list(Kind)


@dataclass(frozen=True, slots=True)
class Part(Generic[Row]):
    group: Group
    rows: Sequence[Row]


def group_of(row: Waiting, now: datetime, zone: str) -> Group:
    """``zone`` is the reader's. An hour has passed at its minute; a day when the next has begun where it counts."""
    if row.kind == Kind.UNREAD:
        return Group.TODAY
    if row.kind == Kind.MEETING:
        return Group.NEXT
    if not row.whole_day and row.at <= now:
        return Group.OVERDUE
    calendar = ZoneInfo(row.zone if row.whole_day else zone)
    day, today = row.at.astimezone(calendar).date(), now.astimezone(calendar).date()
    if day < today:
        return Group.OVERDUE
    return Group.TODAY if day == today else Group.NEXT


def merged(sources: Iterable[Iterable[Row]], now: datetime, zone: str) -> list[Part[Row]]:
    """The groups that hold anything, in their order. Within a group: who just came to us, the newest first; then what
    is due, the oldest first; then what has no time of its own.
    """
    found: dict[Group, list[Row]] = {group: [] for group in Group}
    for source in sources:
        for row in source:
            found[group_of(row, now, zone)].append(row)
    return [Part(group, sorted(rows, key=_place)) for group, rows in found.items() if rows]


def _place(row: Waiting) -> tuple[int, float, int, UUID]:
    moment = row.at.timestamp()
    if row.kind == Kind.UNREAD:
        return 0, -moment, 0, row.id
    return (2 if row.kind == Kind.MEETING else 1), moment, KINDS.index(row.kind), row.id
