"""Which leads and calls somebody may see, for statements written by hand, which do not pass the door of a manager."""

from typing import Any

from accounts.tenancy import Actor
from crm import own_records


def leads(actor: Actor, table: str) -> tuple[str, list[Any]]:
    """The SQL that holds for the leads of ``actor`` in ``table``, and its values."""
    return of_leads(actor, table, "id")


def calls(actor: Actor, table: str) -> tuple[str, list[Any]]:
    return of_leads(actor, table)


def own(actor: Actor, column: str) -> tuple[str, list[Any]]:
    """What to add to a statement that names its rows otherwise: nothing, for who sees more than their own records."""
    if not actor.own_records:
        return "", []
    held, values = own_records.condition(actor, column)
    return f"AND {held}", values


def of_leads(actor: Actor, table: str, column: str = "lead_id") -> tuple[str, list[Any]]:
    """The same for any table whose ``column`` is a lead."""
    held, values = actor.scope.condition(table)
    more, of_more = own(actor, f"{table}.{column}")
    return f"{held} {more}".rstrip(), [*values, *of_more]
