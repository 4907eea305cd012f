"""Time zones as people choose them."""

from functools import cache
from zoneinfo import available_timezones

NOT_PLACES = ("Etc/", "SystemV/", "posix/", "right/")


@cache
def zone_choices() -> tuple[tuple[str, str], ...]:
    """(name, words) of every zone that is a place, and UTC; by name."""
    names = sorted(name for name in available_timezones() if "/" in name and not name.startswith(NOT_PLACES))
    return tuple((name, name.replace("_", " ").replace("/", " / ")) for name in [*names, "UTC"])


def is_zone(name: object) -> bool:
    return isinstance(name, str) and name in available_timezones()
