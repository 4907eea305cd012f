"""Telephone numbers, by libphonenumber."""

from dataclasses import dataclass
from functools import lru_cache

import phonenumbers
import phonenumbers.timezone
from phonenumbers import NumberParseException, PhoneNumberFormat, ValidationResult


@dataclass(frozen=True, slots=True)
class Phone:
    e164: str  # with the plus; "" when there is no number
    given: str  # as it came


INTERNATIONAL = "ZZ"  # a region of no country: only numbers with a country's code can be read


@lru_cache(maxsize=8192)
def parse(raw: str, region: str) -> Phone:
    """Read ``raw`` as a caller in ``region`` would dial it. Anonymous callers and nonsense have no ``e164``.

    Possible numbers are enough: fictional and newly opened ranges are not yet "valid". Seven digits without an area
    code are nobody's number.
    """
    try:
        number = phonenumbers.parse(raw, region)
    except NumberParseException:
        return Phone("", raw)
    if phonenumbers.is_possible_number_with_reason(number) != ValidationResult.IS_POSSIBLE:
        return Phone("", raw)
    return Phone(phonenumbers.format_number(number, PhoneNumberFormat.E164), raw)


@lru_cache(maxsize=8192)
def display(e164: str, region: str = "US") -> str:
    """``(512) 555-0148`` to people of ``region``, ``+44 20 7946 0000`` for numbers from elsewhere."""
    try:
        number = phonenumbers.parse(e164, None)
    except NumberParseException:
        return e164
    home = number.country_code == phonenumbers.country_code_for_region(region)
    return phonenumbers.format_number(
        number, PhoneNumberFormat.NATIONAL if home else PhoneNumberFormat.INTERNATIONAL
    )


@lru_cache(maxsize=1)
def regions() -> tuple[tuple[str, str], ...]:
    """(code, English name) of the countries whose numbers are known, by name."""
    from phonenumbers.geodata.locale import LOCALE_DATA  # its tables take a moment to read

    named = []
    for code in phonenumbers.SUPPORTED_REGIONS:
        names = LOCALE_DATA.get(code, {})
        name = names.get("en", "")
        if name := names.get(name[1:], "") if name.startswith("*") else name:
            named.append((code, name))
    return tuple(sorted(named, key=lambda each: each[1]))


def search_digits(text: str) -> str:
    """The digits of ``text`` in order: what a person typed, made comparable with an E.164 number's end."""
    return "".join(each for each in text if each.isdecimal() and each.isascii())


@lru_cache(maxsize=8192)
def zone(e164: str) -> str:
    """The IANA zone that a number lies in; "" for numbers that reach several, such as toll-free ones, and for none."""
    try:
        number = phonenumbers.parse(e164, None)
    except NumberParseException:
        return ""
    found: tuple[str, ...] = phonenumbers.timezone.time_zones_for_number(number)
    return found[0] if len(found) == 1 and found[0] != "Etc/Unknown" else ""
