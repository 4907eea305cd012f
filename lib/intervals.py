"""Half-open intervals, of time for the most part."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Generic, Protocol, Self, TypeVar


class Ordered(Protocol):
    def __lt__(self, other: Any, /) -> bool: ...
    def __le__(self, other: Any, /) -> bool: ...


T = TypeVar("T", bound=Ordered)


@dataclass(frozen=True, slots=True)
class Interval(Generic[T]):
    """From ``start``, included, to ``end``, not included. Two that touch do not overlap; none is empty.

    Datetimes must be aware and are kept in UTC: within one zone Python compares what clocks show, which is wrong on
    the night they are set back. Raises `ValueError` for an end that is not after the start.
    """

    start: T
    end: T

    def __post_init__(self) -> None:
        for name in ("start", "end"):
            value = getattr(self, name)
            if isinstance(value, datetime):
                if value.utcoffset() is None:
                    raise ValueError(f"{value} is in no time zone.")
                object.__setattr__(self, name, value.astimezone(UTC))
        if not self.start < self.end:
            raise ValueError(f"{self.end} is not after {self.start}.")

    def contains(self, moment: T) -> bool:
        return self.start <= moment < self.end

    def covers(self, other: Self) -> bool:
        return self.start <= other.start and other.end <= self.end

    def overlaps(self, other: Self) -> bool:
        return self.start < other.end and other.start < self.end

    def intersect(self, other: Self) -> Self | None:
        """The part that both share, None when they only touch or lie apart."""
        if not self.overlaps(other):
            return None
        return type(self)(max(self.start, other.start), min(self.end, other.end))

    def subtract(self, others: "Iterable[Interval[T]]") -> "list[Interval[T]]":
        """What is left of this interval without ``others``, in order. ``others`` may overlap and come in any order."""
        left, start = [], self.start
        for other in merge(others):
            if other.end <= start:
                continue
            if self.end <= other.start:
                break
            if start < other.start:
                left.append(Interval(start, other.start))
            start = other.end
        if start < self.end:
            left.append(Interval(start, self.end))
        return left


def merge(intervals: Iterable[Interval[T]]) -> list[Interval[T]]:
    """The same ground in as few intervals as possible, in order; those that touch become one."""
    merged: list[Interval[T]] = []
    for each in sorted(intervals, key=lambda interval: interval.start):
        if merged and each.start <= merged[-1].end:
            merged[-1] = Interval(merged[-1].start, max(merged[-1].end, each.end))
        else:
            merged.append(each)
    return merged
