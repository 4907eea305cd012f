"""Days of a client as instants: when steps are due, when something was agreed. Weeks are of its calendar."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

OPENING = time(9)  # the hour of the day at which a step is due
MIDDAY = time(12)


def due_on(day: date, zone: str) -> datetime:
    """The instant at which something is due on ``day``, in UTC."""
    return datetime.combine(day, OPENING, ZoneInfo(zone)).astimezone(UTC)


def due_after(started_on: date, weeks: int, zone: str) -> datetime:
    """As `due_on`, so many weeks after ``started_on``: on the same day of the week, also across a clock change."""
    return due_on(started_on + timedelta(weeks=weeks), zone)


def midday(day: date, zone: str) -> datetime:
    """The instant that stands for the whole of ``day``, in UTC: readers some hours east or west see the same day."""
    return datetime.combine(day, MIDDAY, ZoneInfo(zone)).astimezone(UTC)
