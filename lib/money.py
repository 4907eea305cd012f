"""Amounts of money in words. Amounts are decimals, never floats."""

from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal

SYMBOLS = {"USD": "$", "EUR": "€", "GBP": "£", "CAD": "CA$", "AUD": "A$", "NZD": "NZ$", "JPY": "¥"}
WHOLE = frozenset({"JPY"})  # currencies without a smaller part
CENT = Decimal("0.01")


def shown(amount: Decimal, currency: str = "USD") -> str:
    """``$2,400``, ``$2,400.50``, ``–$12``, and ``CHF 90`` where the currency has no sign of its own."""
    exact = abs(amount).quantize(Decimal(1) if currency in WHOLE else CENT, ROUND_HALF_UP)
    figures = f"{exact:,.0f}" if exact == exact.to_integral_value() else f"{exact:,.2f}"
    sign = "–" if amount < 0 and exact else ""
    return f"{sign}{SYMBOLS.get(currency, f'{currency} ')}{figures}"


def shown_all(amounts: Mapping[str, Decimal]) -> str:
    """Several currencies beside each other: sums of different money are no sum. Nothing is ``""``."""
    return " + ".join(shown(amount, currency) for currency, amount in sorted(amounts.items()) if amount)
