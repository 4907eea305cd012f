from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.forecast import Forecast, forecast

amounts = st.decimals(0, 10**7, places=2)


def test_open_money_counts_by_the_chance_of_its_stage() -> None:
    found = forecast(
        [(Decimal(1000), 50), (Decimal("99.99"), 10), (Decimal(700), 0), (Decimal(300), None)],
        won=Decimal(250), goal=Decimal(2000),
    )  # fmt: skip

    assert found == Forecast(Decimal(250), Decimal("510.00"), Decimal(2000), 1)
    assert (found.total, found.missing, found.won_percent, found.total_percent) == (
        Decimal("760.00"), Decimal("1240.00"), 12, 38,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("won", "goal", "expected"),
    [
        (Decimal(0), None, (0, 0, None)),
        (Decimal(50), None, (50, 100, None)),
        (Decimal(0), Decimal(0), (100, 100, Decimal(0))),
        (Decimal(500), Decimal(100), (100, 100, Decimal(0))),
    ],
)
def test_goals_that_are_reached_or_missing(won: Decimal, goal: Decimal | None, expected: object) -> None:
    found = forecast([(won, 100)], won=won, goal=goal)

    assert (found.won_percent, found.total_percent, found.missing) == expected


@given(st.lists(st.tuples(amounts, st.none() | st.integers(0, 100))), amounts, st.none() | amounts)
def test_the_bar_never_lies(
    stages: list[tuple[Decimal, int | None]], won: Decimal, goal: Decimal | None
) -> None:
    found = forecast(stages, won=won, goal=goal)

    assert 0 <= found.won_percent <= found.total_percent <= 100
    assert Decimal(0) <= found.expected <= sum((value for value, _ in stages), Decimal(0)) + len(stages)
    assert (found.missing == 0) == (goal is not None and found.total >= goal)
