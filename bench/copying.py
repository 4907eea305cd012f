"""Rows into PostgreSQL as fast as it takes them."""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from psycopg import Connection, sql

BATCH = 2000


def copy_rows(
    connection: Connection, table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]
) -> None:
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        lines: list[str] = []
        for row in rows:
            lines.append("\t".join(map(field, row)))
            if len(lines) == BATCH:
                copy.write("\n".join(lines) + "\n")
                lines.clear()
        copy.write("".join(f"{line}\n" for line in lines))


def field(value: Any) -> str:
    """``value`` in COPY's text format. Texts hold no tabs, line ends or backslashes: we made them."""
    if value is None:
        return r"\N"
    if isinstance(value, bool):
        return "t" if value else "f"
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, dict | list):
        return json.dumps(value)
    return str(value)
