"""What time it is for a person: by what is known of them, else by their number, else as at the client's."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from accounts.zones import is_zone
from crm.models import Lead
from lib.places import zone_of_number
from lib.ui.times import clock, day_name

EARLY, LATE = 8, 21  # hours between which a call disturbs nobody


@dataclass(frozen=True, slots=True)
class LocalTime:
    zone: str
    words: str  # "9:42 AM", and the day where it is not the client's
    guessed: bool  # nobody said it: it goes by the client
    is_late: bool  # or early: a call would disturb


def zone_of(lead: Lead, client_zone: str) -> tuple[str, bool]:
    """The person's IANA zone, and whether it is the client's for want of better."""
    if is_zone(lead.timezone):
        return lead.timezone, False
    if lead.phone_e164 and (zone := zone_of_number(lead.phone_e164)):
        return zone, False
    return client_zone, True


def local_time(lead: Lead, client_zone: str, now: datetime) -> LocalTime:
    zone, guessed = zone_of(lead, client_zone)
    local, there = now.astimezone(ZoneInfo(zone)), now.astimezone(ZoneInfo(client_zone))
    words = clock(local)
    if local.date() != there.date():
        words += f", {day_name(local.date(), there.date()).lower() or f'{local:%A}'}"
    return LocalTime(zone, words, guessed, not EARLY <= local.hour < LATE)
