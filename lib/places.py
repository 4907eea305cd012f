"""Where a telephone number is at home, by libphonenumber."""

from functools import lru_cache

import phonenumbers
from phonenumbers import NumberParseException

UNKNOWN = "Etc/Unknown"


@lru_cache(maxsize=4096)
def zone_of_number(e164: str) -> str:
    """The IANA zone of the number's area, "" where the area has several or none, as mobile and toll-free ones do."""
    from phonenumbers.timezone import time_zones_for_number  # its tables take a moment to read

    try:
        zones = time_zones_for_number(phonenumbers.parse(e164, None))
    except NumberParseException:
        return ""
    return zones[0] if len(zones) == 1 and zones[0] != UNKNOWN else ""
