"""What a month is likely to bring: what is won, and what is open weighed by the chance of its stage."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

CENT = Decimal("0.01")
HUNDRED = Decimal(100)


@dataclass(frozen=True, slots=True)
class Forecast:
    won: Decimal
    expected: Decimal  # of what is open
    goal: Decimal | None
    unweighed: int  # stages with money in them that have no chance set: they count as nothing

    @property
    def total(self) -> Decimal:
        return self.won + self.expected

    @property
    def missing(self) -> Decimal | None:
        """What the goal still wants beyond the forecast; nothing when it is reached."""
        return None if self.goal is None else max(self.goal - self.total, Decimal(0))

    @property
    def won_percent(self) -> int:
        return self._percent(self.won)

    @property
    def total_percent(self) -> int:
        return self._percent(self.total)

    def _percent(self, part: Decimal) -> int:
        """Of the goal, or of the forecast where there is none; 0 to 100, rounded down so that 100 means reached."""
        whole = self.total if self.goal is None else self.goal
        if whole <= 0:
            return 100 if part > 0 or self.goal is not None else 0
        return int(min(max(part / whole, Decimal(0)), Decimal(1)) * HUNDRED)


def forecast(
    open_stages: Iterable[tuple[Decimal, int | None]], *, won: Decimal, goal: Decimal | None
) -> Forecast:
    """``open_stages`` are (sum of values, chance in per cent or None), without those that are won or lost.

    Each stage is rounded to a cent once, half up.
    """
    expected, unweighed = Decimal(0), 0
    for value, chance in open_stages:
        if chance is None:
            unweighed += value > 0
        else:
            expected += (value * chance / HUNDRED).quantize(CENT, ROUND_HALF_UP)
    return Forecast(won, expected, goal, unweighed)
