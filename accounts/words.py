"""Instants in a person's own words, for mails."""

from datetime import datetime
from zoneinfo import ZoneInfo

from django.utils import timezone

from accounts.models import User
from accounts.principal import load_principal


def zone_of(user: User) -> ZoneInfo:
    """The person's time zone, else that of the house of their first seat, else UTC."""
    principal = load_principal(user.pk)
    houses = principal.agencies.values() if principal else ()
    for name in (user.timezone, *(house.timezone for house in houses)):
        try:
            return ZoneInfo(name)
        except (ValueError, OSError, LookupError):  # blank, or a zone that was given up since
            continue
    return ZoneInfo("UTC")


def local_words(instant: datetime, user: User) -> str:
    """For example "Friday, 20 November 2026 at 7:05 AM EST"."""
    local = timezone.localtime(instant, zone_of(user))
    return f"{local:%A}, {local.day} {local:%B %Y} at {local.hour % 12 or 12}:{local:%M %p %Z}"
