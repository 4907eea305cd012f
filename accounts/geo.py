"""The country of an address, from a file in MaxMind's format where one is configured."""

import logging
from functools import lru_cache

import maxminddb
from django.conf import settings

log = logging.getLogger(__name__)


def country_of(ip: str | None) -> str:
    """Two letters, or "" for an address that the file does not know, and always without a file."""
    reader = _reader(settings.GEOIP_DATABASE)
    if reader is None or not ip:
        return ""
    try:
        found = reader.get(ip)
    except ValueError:  # not an address, or a newer kind than the file holds
        return ""
    country = found.get("country") if isinstance(found, dict) else None
    code = country.get("iso_code") if isinstance(country, dict) else None
    return code if isinstance(code, str) and len(code) == 2 else ""


@lru_cache(maxsize=2)
def _reader(path: str) -> maxminddb.Reader | None:
    """A file that cannot be read is told once and then does without: nobody is locked out for it."""
    if not path:
        return None
    try:
        return maxminddb.open_database(path)
    except (OSError, maxminddb.InvalidDatabaseError):
        log.exception("The file of countries could not be read")
        return None
