from decimal import Decimal

import pytest

from lib.money import shown, shown_all


@pytest.mark.parametrize(
    ("amount", "currency", "words"),
    [
        ("2400", "USD", "$2,400"),
        ("2400.5", "USD", "$2,400.50"),
        ("0", "USD", "$0"),
        ("-12", "USD", "–$12"),
        ("-0.001", "USD", "$0"),
        ("0.005", "USD", "$0.01"),
        ("1234567.89", "EUR", "€1,234,567.89"),
        ("90", "CHF", "CHF 90"),
        ("1999.6", "JPY", "¥2,000"),
    ],
)
def test_amounts_in_words(amount: str, currency: str, words: str) -> None:
    assert shown(Decimal(amount), currency) == words


def test_different_money_is_not_added_up() -> None:
    amounts = {"USD": Decimal(10), "CAD": Decimal("2.50"), "EUR": Decimal(0)}

    assert shown_all(amounts) == "CA$2.50 + $10"
    assert shown_all({}) == ""
