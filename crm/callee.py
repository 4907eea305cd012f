"""What time it is where somebody is called, and whether that is a time to call."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from accounts.zones import is_zone
from lib import phones
from lib.ui.times import clock

FIRST_HOUR, LAST_HOUR = 8, 21  # from eight in the morning until nine in the evening, on their clock


@dataclass(frozen=True, slots=True)
class LocalTime:
    zone: str
    clock: str
    warning: str  # "" when it is a time to call


def zone_of(own: str, e164: str, client_zone: str) -> str:
    """The IANA zone of a person: the one they have told, else that of their number if it lies in one, else the
    client's."""
    if own and is_zone(own):
        return own
    return phones.zone(e164) or client_zone


def local_time(now: datetime, zone: str, first: int = FIRST_HOUR, last: int = LAST_HOUR) -> LocalTime:
    local = now.astimezone(ZoneInfo(zone))
    words = clock(local)
    if local.hour < first:
        return LocalTime(zone, words, f"Too early to call: it is {words} there.")
    if local.hour >= last:
        return LocalTime(zone, words, f"Too late to call: it is {words} there.")
    return LocalTime(zone, words, "")
