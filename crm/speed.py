"""Speed to lead: how long somebody who came to us waited for us. Plain values, no clock of its own."""

from dataclasses import dataclass
from datetime import datetime, timedelta

QUICK = timedelta(minutes=5)  # within which most who ask are still there


@dataclass(frozen=True, slots=True)
class Speed:
    waiting: bool
    words: str
    hue: str
    since: datetime


def speed_to_lead(came_at: datetime | None, answered_at: datetime | None, now: datetime) -> Speed | None:
    """None while they have not come to us."""
    if came_at is None:
        return None
    if answered_at is None:
        took = now - came_at
        return Speed(True, span(took), "amber" if took <= QUICK else "red", came_at)
    took = answered_at - came_at
    words = "At once" if took < timedelta(seconds=60) else span(took)
    return Speed(False, words, "green" if took <= QUICK else "gray", came_at)


def span(took: timedelta) -> str:
    """``12 min``, ``3 h 5 min``, ``2 days``"""
    minutes = max(0, int(took.total_seconds() // 60))
    hours, days = minutes // 60, minutes // (60 * 24)
    if days >= 2:
        return f"{days} days"
    return f"{hours} h {minutes % 60} min" if hours else f"{minutes} min"
