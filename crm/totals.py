"""What came of people, in sums: deals, revenue, and what they are worth over time. Each money for itself."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from accounts.directory import ClientFacts
from accounts.statements import fetch
from accounts.tenancy import Actor
from crm import reach
from crm.models import Outcome

Kind = Outcome.Kind
# Deals and revenue add up. A lifetime value is an estimate: of each customer the newest counts.
OF_CLIENT = """
SELECT kind, currency, sum(amount) FROM crm_outcome o
  WHERE {outcomes} AND o.client_id = %s AND o.kind IN ('deal', 'revenue') GROUP BY kind, currency
UNION ALL
SELECT 'ltv', currency, sum(amount) FROM (
  SELECT DISTINCT ON (coalesce(o.customer_id, o.lead_id), o.currency) o.currency, o.amount FROM crm_outcome o
  WHERE {outcomes} AND o.client_id = %s AND o.kind = 'ltv'
  ORDER BY coalesce(o.customer_id, o.lead_id), o.currency, o.occurred_at DESC, o.id DESC) newest
GROUP BY currency
"""


@dataclass(frozen=True, slots=True)
class Total:
    words: str
    amounts: list[tuple[Decimal, str]]  # of each currency, the largest first


def of_outcomes(outcomes: Iterable[Outcome]) -> list[Total]:
    """The sums of one customer, of their outcomes with the newest first."""
    sums: dict[tuple[str, str], Decimal] = {}
    for each in outcomes:
        key = (each.kind, each.currency)
        if each.kind == Kind.LTV:
            sums.setdefault(key, each.amount)
        else:
            sums[key] = sums.get(key, Decimal(0)) + each.amount
    return _totals((kind, money, amount) for (kind, money), amount in sums.items())


def of_client(actor: Actor, client: ClientFacts) -> list[Total]:
    """The sums of all whom ``actor`` sees of the client."""
    held, values = reach.of_leads(actor, "o")
    rows: list[tuple[str, str, Decimal]] = fetch(
        OF_CLIENT.format(outcomes=held), [*values, client.id, *values, client.id]
    )
    return _totals(rows)


def _totals(rows: Iterable[tuple[str, str, Decimal]]) -> list[Total]:
    """In the order of the kinds; a kind of which there is nothing is left out."""
    found: dict[str, list[tuple[Decimal, str]]] = {}
    for kind, money, amount in rows:
        found.setdefault(kind, []).append((amount, money))
    return [Total(kind.label, sorted(found[kind], reverse=True)) for kind in Kind if kind in found]
