"""Places in an order that people arrange by hand: texts that sort by their bytes, with room between any two.

A place is digits of base 62 behind an imaginary point, and never ends in the lowest digit, or nothing would fit before
it. Moving one thing gives it one new place and leaves all others alone.
"""

DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
BASE = len(DIGITS)
_VALUE = {digit: value for value, digit in enumerate(DIGITS)}


def between(low: str, high: str) -> str:
    """Return a place after ``low`` and before ``high``; "" is the very beginning, or the very end.

    Raises `ValueError` when ``low`` does not stand before ``high``, or one of them is no place.
    """
    _check(low, high)
    place, bounded = "", bool(high)
    for at in range(max(len(low), len(high)) + 1):
        under = _VALUE[low[at]] if at < len(low) else 0
        over = _VALUE[high[at]] if bounded else BASE
        if over - under > 1:
            return place + DIGITS[(under + over) // 2]
        place += DIGITS[under]
        bounded = bounded and over == under
    return place + DIGITS[BASE // 2]


def spread(count: int, low: str = "", high: str = "") -> list[str]:
    """Return ``count`` places after ``low`` and before ``high``, in order and evenly apart, so that they stay short."""
    if count <= 0:
        return []
    middle = between(low, high)
    before = (count - 1) // 2
    return [*spread(before, low, middle), middle, *spread(count - 1 - before, middle, high)]


def _check(low: str, high: str) -> None:
    for place in (low, high):
        if place.endswith(DIGITS[0]) or not _VALUE.keys() >= set(place):
            raise ValueError(f"{place!r} is no place.")
    if high and low >= high:
        raise ValueError(f"Nothing fits between {low!r} and {high!r}.")
