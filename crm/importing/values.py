"""One cell as a value of a field. A cell that can't be one raises `Unfit`, with a sentence for the report."""

import re
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal, InvalidOperation
from uuid import UUID
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from crm.identity import profile_address
from crm.importing.days import moment
from crm.importing.fields import Field
from lib import phones

MOST_MONEY = Decimal("99999999.99")
_SEPARATED = re.compile(r"[;,\s]+")
_EXPONENT = re.compile(r"^\d(?:[.,]\d+)?[eE]\+?\d+$")


class Unfit(ValueError):
    """The cell can't be a value of its field."""


def email(text: str) -> str:
    """The first address of ``text``, which may hold several."""
    first = next(filter(None, _SEPARATED.split(text.removeprefix("mailto:"))), "")
    try:
        validate_email(first)
    except ValidationError:
        raise Unfit(f"“{_short(text)}” is not an e-mail address.") from None
    if len(first) > 254:
        raise Unfit("The e-mail address is longer than 254 characters.")
    return first


def phone(text: str, region: str) -> tuple[str, str]:
    """(as given, E.164 or ""). A number that can't be read is kept as it was written."""
    if _EXPONENT.match(text):
        raise Unfit(
            f"“{text}” is a number that a spreadsheet has shortened. Format the column as text and export again."
        )
    given = text.removesuffix(".0")
    return given[:40], phones.parse(given, region).e164


def linkedin(text: str) -> str:
    """One spelling of a profile's address, so that two spellings are one person."""
    address = profile_address(text)
    if not address or len(address) > 300:
        raise Unfit(f"“{_short(text)}” is not the address of a LinkedIn profile.")
    return address


def money(text: str) -> Decimal:
    """``$1,800.50``, ``1.800,50 €`` and ``1800`` alike: a last mark before one or two digits is the decimal one."""
    digits = re.sub(r"[^\d.,-]", "", text)
    if not any(each.isdecimal() for each in digits):
        raise Unfit(f"“{_short(text)}” is not an amount of money.")
    whole, mark, cents = max(digits.rpartition(","), digits.rpartition("."), key=lambda parts: len(parts[0]))
    if not mark or not 1 <= len(cents) <= 2:
        whole, cents = digits, "0"
    try:
        amount = Decimal(f"{re.sub(r'[.,]', '', whole)}.{cents}")
    except InvalidOperation:
        raise Unfit(f"“{_short(text)}” is not an amount of money.") from None
    if not 0 <= amount <= MOST_MONEY:
        raise Unfit(f"“{_short(text)}” is not an amount between 0 and {MOST_MONEY:,}.")
    return amount.quantize(Decimal("0.01"))


def day(text: str, *, day_first: bool, zone: ZoneInfo) -> datetime:
    """An instant for ``2026-11-21``, ``11/21/2026 2:30 PM``, ``21.11.2026`` or ``Saturday, Nov 21st, 2026``."""
    try:
        return moment(text, day_first=day_first, zone=zone)
    except (ValueError, OverflowError):
        raise Unfit(f"“{_short(text)}” is not a date that can be read. Write it like 2026-11-21.") from None


def own_id(text: str) -> str:
    try:
        return str(UUID(text))
    except ValueError:
        raise Unfit(f"“{_short(text)}” is not a lead ID of ours.") from None


def tags(text: str) -> list[str]:
    """Names between commas or semicolons, each once whatever its capitals."""
    names = {name.casefold(): name for each in re.split(r"[,;]", text) if (name := " ".join(each.split()))}
    long = next((name for name in names.values() if len(name) > 60), "")
    if long:
        raise Unfit(f"The tag “{_short(long)}” is longer than 60 characters.")
    return list(names.values())


def text_of(field: Field) -> Callable[[str], str]:
    def read(text: str) -> str:
        if len(text) > field.most:
            raise Unfit(f"{field.label} is longer than {field.most:,} characters.")
        return text

    return read


def _short(text: str) -> str:
    return text if len(text) <= 60 else text[:59] + "…"
