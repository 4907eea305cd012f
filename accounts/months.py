"""Calendar months as a client lives them: each begins at its zone's midnight, and ends where the next begins."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo


def month_of(moment: datetime, zone: str) -> date:
    """The first day of the month that ``moment`` falls into, by the calendar of ``zone``."""
    return moment.astimezone(ZoneInfo(zone)).date().replace(day=1)


def start_of_day(day: date, zone: str) -> datetime:
    """When ``day`` begins in ``zone``, in UTC."""
    return datetime.combine(day, time.min, ZoneInfo(zone)).astimezone(UTC)


def start_of(month: date, zone: str) -> datetime:
    """When ``month``, named by its first day, begins in ``zone``, in UTC."""
    return start_of_day(month, zone)


def after(month: date) -> date:
    return date(month.year + month.month // 12, month.month % 12 + 1, 1)
