"""Lists as files: exactly what is filtered, all pages of it.

PostgreSQL writes the lines, and they go to a file without a name: neither the length of the answer nor the patience of
its reader matters to memory, or to the transaction that says whose rows these are. What fails does so before that.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from tempfile import TemporaryFile
from typing import IO, Any

from django.db import connection, transaction

from accounts.services.audit import Origin, record_by
from accounts.tenancy import Actor
from crm.export_columns import CALLS, LEADS, Table
from crm.in_address import InAddress
from crm.paging import Order, Source
from lib.safe_csv import BYTE_ORDER_MARK, csv_lines

LARGE = 1000  # more rows ask for a fresh proof


@dataclass(frozen=True, slots=True)
class Listed:
    """A filtered list, as its export needs it."""

    chosen: InAddress
    order: Order
    source: Source


@transaction.atomic
def export_list(
    *, actor: Actor, what: str, listed: Listed, zone: str, now: datetime, origin: Origin
) -> IO[bytes]:
    """The file with all rows of the list, in its order. ``what`` is "leads" or "calls"; times are those of ``zone``.

    The caller closes it, and with that it is gone.
    """
    table = TABLES[what]
    file: IO[bytes] = TemporaryFile()  # noqa: SIM115  outlives the function
    try:
        rows = _copy(file, table, listed, zone)
        record_by(
            actor, f"{what}_exported", now=now, origin=origin, details={"rows": rows, **listed.chosen.params}
        )
    except BaseException:
        file.close()
        raise
    file.seek(0)
    return file


TABLES: Mapping[str, Table] = {"leads": LEADS, "calls": CALLS}


def _copy(file: IO[bytes], table: Table, listed: Listed, zone: str) -> int:
    file.write(BYTE_ORDER_MARK)
    file.write("".join(csv_lines(table.header(zone), [])).encode())
    source = listed.source
    sql = (
        f"SELECT {table.columns} FROM {table.joined} WHERE {' AND '.join(source.held)} "  # noqa: S608  ours alone
        f"ORDER BY {listed.order.words(up=False)}"
    )
    values: list[Any] = [*([zone] * table.moments), *source.values]
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")  # COPY does not pass the place where the scope is set: set it here
        with cursor.copy(f"COPY ({sql}) TO STDOUT (FORMAT csv)", values) as lines:
            for line in lines:
                file.write(line)
        return int(cursor.rowcount)


def is_large(listed: Listed) -> bool:
    """Whether the list holds more than leaves the house without a fresh proof; counted no further."""
    return len(listed.source.read("1", listed.order, most=LARGE + 1)) > LARGE
