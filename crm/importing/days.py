"""A day, or a moment, in one of the many ways in which people and systems write it."""

import re
from datetime import UTC, date, datetime, time, timedelta, timezone
from functools import lru_cache
from zoneinfo import ZoneInfo


def _numbered(names: str) -> dict[str, int]:
    return {name: number for number, words in enumerate(names.split(", "), 1) for name in words.split()}


MONTHS = _numbered(
    "jan january, feb february, mar march, apr april, may, jun june, jul july, aug august, "
    "sep sept september, oct october, nov november, dec december"
)
# They say nothing that the day does not say itself.
WEEKDAYS = _numbered(
    "mon monday, tue tues tuesday, wed wednesday, thu thur thurs thursday, fri friday, sat saturday, sun sunday"
)
_ISO = re.compile(r"\d{4}-\d{2}-\d{2}")
_ORDINAL = re.compile(r"(?<=\d)(?:st|nd|rd|th)\b", re.IGNORECASE)
_CLOCK = re.compile(
    r"[\sT,]+(?:at\s+)?(?P<hour>\d{1,2})(?::(?P<minute>\d{2})(?::(?P<second>\d{2})(?:\.\d+)?)?)?"
    r"\s*(?P<half>[ap]\.?m\.?)?\s*(?P<zone>Z|UTC|GMT|[+-]\d{2}:?\d{2})?$",
    re.IGNORECASE,
)


def moment(text: str, *, day_first: bool, zone: ZoneInfo) -> datetime:
    """The instant that ``text`` means. Raises `ValueError` or `OverflowError` for what is none.

    Times without a zone are those of ``zone``; a day alone is its noon there, so that no zone makes it another day.
    ``day_first`` decides what 11/12/2026 means; dots always put the day first.
    """
    if _ISO.match(text):
        try:
            return _iso(text, zone)
        except ValueError:
            pass  # "2026-11-21 2:30 PM" begins like one
    day, at = text, time(12, tzinfo=zone)
    clock = _CLOCK.search(text)
    if clock and (clock["minute"] or clock["half"]):
        day, at = text[: clock.start()], _clock(clock, zone)
    return datetime.combine(_day(day, day_first), at).astimezone(UTC)


def _iso(text: str, zone: ZoneInfo) -> datetime:
    read = datetime.fromisoformat(text)
    if len(text) <= 10:
        read = read.replace(hour=12)
    return (read if read.tzinfo else read.replace(tzinfo=zone)).astimezone(UTC)


def _clock(found: re.Match[str], zone: ZoneInfo) -> time:
    hour, half = int(found["hour"]), (found["half"] or "").lower()[:1]
    if half:
        if not 1 <= hour <= 12:
            raise ValueError(found[0])
        hour = hour % 12 + (12 if half == "p" else 0)
    return time(
        hour, int(found["minute"] or 0), int(found["second"] or 0), tzinfo=_zone(found["zone"]) or zone
    )


def _zone(text: str | None) -> timezone | None:
    if not text:
        return None
    if text[0] not in "+-":
        return UTC
    away = timedelta(hours=int(text[1:3]), minutes=int(text[-2:]))
    return timezone(-away if text[0] == "-" else away)


@lru_cache(maxsize=4096)
def _day(text: str, day_first: bool) -> date:
    words = [each.lower() for each in re.findall(r"\d+|[^\W\d_]+", _ORDINAL.sub("", text))]
    words = [each for each in words if each not in WEEKDAYS and each not in ("of", "the")]
    numbers = [int(each) for each in words if each.isdecimal()]
    if len(words) == 3 and len(numbers) == 2 and (named := MONTHS.keys() & set(words)):
        first, second = numbers if numbers[0] <= 31 else reversed(numbers)
        return date(_year(second), MONTHS[named.pop()], first)
    if len(words) != 3 or len(numbers) != 3:
        raise ValueError(text)
    first, second, third = numbers
    if len(words[0]) == 4:
        return date(first, second, third)
    if first > 12 or "." in text or (day_first and second <= 12):
        return date(_year(third), second, first)
    return date(_year(third), first, second)


def _year(number: int) -> int:
    if number > 99:
        return number
    return number + (2000 if number < 70 else 1900)
