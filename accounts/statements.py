"""Statements written by hand, for what every page asks. The scope in force holds for them as for the ORM's.

They are prepared. A pooler in transaction mode must know such statements: PgBouncer does since 1.21.
"""

from collections.abc import Sequence
from typing import Any

import psycopg
from django.db import DEFAULT_DB_ALIAS, connections


class PreparedCursor(psycopg.Cursor[Any]):
    """Lets the server keep the plan: behind policies planning takes longer than finding."""

    def execute(self, query: Any, params: Any = None, **_: Any) -> "PreparedCursor":
        return super().execute(query, params, prepare=True)


def fetch(sql: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
    """All rows of ``sql``. Its text must not vary with what people ask, or each variant is kept for itself."""
    wrapper: Any = connections[DEFAULT_DB_ALIAS]  # django.db.connection looks it up anew for every attribute
    wrapper.ensure_connection()
    with wrapper._prepare_cursor(PreparedCursor(wrapper.connection)) as cursor:
        cursor.execute(sql, values)
        found: list[tuple[Any, ...]] = cursor.fetchall()
    return found
