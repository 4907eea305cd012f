"""Which leads and calls somebody may see, for statements written by hand, which do not pass the door of a manager."""

from typing import Any

from accounts.tenancy import Actor


def leads(actor: Actor, table: str) -> tuple[str, list[Any]]:
    """The SQL that holds for the leads of ``actor`` in ``table``, and its values."""
    return actor.scope.condition(table)


def calls(actor: Actor, table: str) -> tuple[str, list[Any]]:
    return actor.scope.condition(table)
