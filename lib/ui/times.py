"""Times, days and counts in words. Plain values in, text out; whose zone it is, is the caller's business."""

from datetime import date, datetime, timedelta


def clock(moment: datetime) -> str:
    """``9:42 AM``"""
    return f"{moment.hour % 12 or 12}:{moment.minute:02d} {'AM' if moment.hour < 12 else 'PM'}"


def length(seconds: int) -> str:
    """``4:32``, and ``1:02:03`` past the hour."""
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def day_name(day: date, today: date) -> str:
    if day == today:
        return "Today"
    if day == today - timedelta(days=1):
        return "Yesterday"
    return f"{day:%A}" if today - timedelta(days=7) < day < today else ""


def long_date(day: date, today: date) -> str:
    return f"{day:%A}, {day.day} {day:%B}" + (f" {day.year}" if day.year != today.year else "")


def ordinal(n: int) -> str:
    if n % 100 in (11, 12, 13):
        return f"{n}th"
    return str(n) + {1: "st", 2: "nd", 3: "rd"}.get(n % 10, "th")


def short_moment(local: datetime, today: date) -> str:
    """``9:42 AM`` today, ``18 Nov`` this year, ``18 Nov 2025`` before."""
    if local.date() == today:
        return clock(local)
    return f"{local.day} {local:%b}" + (f" {local.year}" if local.year != today.year else "")
