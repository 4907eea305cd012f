"""What a client's month looks like: won, expected, and the goal."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from accounts.directory import ClientFacts
from accounts.months import after, month_of, start_of
from accounts.statements import fetch
from accounts.tenancy import Actor
from crm import reach
from crm.forecast import Forecast, forecast

HOUSE_CURRENCY = "USD"
# One row for each stage with money in it, and one for what is won since the month began.
FIGURES = """
SELECT 'open', s.chance, c.currency, sum(c.value), count(*) FROM crm_lead c
  JOIN crm_pipelinestage s ON s.id = c.stage_id
WHERE {leads} AND c.client_id = %s AND c.archived_at IS NULL AND c.value > 0
  AND NOT s.is_won_stage AND NOT s.is_lost_stage AND c.status_by_hand = ''
GROUP BY s.id, s.chance, c.currency
UNION ALL
SELECT 'won', NULL, o.currency, sum(o.amount), count(*) FROM crm_outcome o
WHERE {outcomes} AND o.client_id = %s AND o.kind = 'deal' AND o.occurred_at >= %s AND o.occurred_at < %s
GROUP BY o.currency
UNION ALL
SELECT 'goal', NULL, NULL, p.monthly_revenue_goal, 0 FROM accounts_clientprofile p
WHERE {profiles} AND p.client_id = %s
"""


@dataclass(frozen=True, slots=True)
class Outlook:
    forecast: Forecast
    currency: str
    open: Decimal  # what open people are worth, unweighed
    won_count: int
    others: dict[str, Decimal]  # won in other currencies, which the forecast leaves out


def outlook(actor: Actor, client: ClientFacts, now: datetime) -> Outlook:
    """The present month of ``client``, by its own clock. Sums of different money are no sum: the forecast is of the
    currency with most of it.
    """
    zone = client.timezone
    month = month_of(now, zone)
    rows = _figures(actor, client.id, start_of(month, zone), start_of(after(month), zone))
    currency = _currency(rows)
    goal = next((amount for kind, _, _, amount, _ in rows if kind == "goal"), None)
    open_stages = [
        (amount, chance) for kind, chance, money, amount, _ in rows if kind == "open" and money == currency
    ]
    won = {money: amount for kind, _, money, amount, _ in rows if kind == "won"}
    return Outlook(
        forecast(open_stages, won=won.pop(currency, Decimal(0)), goal=goal),
        currency,
        sum((value for value, _ in open_stages), Decimal(0)),
        sum(count for kind, _, _, _, count in rows if kind == "won"),
        won,
    )


def _figures(
    actor: Actor, client_id: UUID, begin: datetime, end: datetime
) -> list[tuple[str, int | None, str, Decimal, int]]:
    leads, of_leads = reach.leads(actor, "c")
    outcomes, of_outcomes = reach.of_leads(actor, "o")
    profiles, of_profiles = actor.scope.condition("p")
    return fetch(
        FIGURES.format(leads=leads, outcomes=outcomes, profiles=profiles),
        [*of_leads, client_id, *of_outcomes, client_id, begin, end, *of_profiles, client_id],
    )


def _currency(rows: list[tuple[str, int | None, str, Decimal, int]]) -> str:
    amounts: dict[str, Decimal] = {}
    for kind, _, money, amount, _ in rows:
        if kind != "goal":
            amounts[money] = amounts.get(money, Decimal(0)) + amount
    return (
        max(amounts, key=lambda money: (amounts[money], money == HOUSE_CURRENCY))
        if amounts
        else HOUSE_CURRENCY
    )
