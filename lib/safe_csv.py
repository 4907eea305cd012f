"""CSV that a spreadsheet shows and does not run."""

import csv
from collections.abc import Iterable, Iterator
from typing import Any

FORMULA = ("=", "+", "-", "@", "\t", "\r")
BYTE_ORDER_MARK = b"\xef\xbb\xbf"  # without it, spreadsheets take the names of people for another encoding


class _Line:
    """A file that hands back what was written to it."""

    def write(self, text: str) -> str:
        return text


def csv_lines(header: Iterable[str], rows: Iterable[Iterable[Any]]) -> Iterator[str]:
    """Yield a CSV line by line. Text that a spreadsheet would take for a formula gets an apostrophe in front.

    So does text that begins like one that got it, which makes `as_typed` exact.
    """
    writer = csv.writer(_Line())
    yield str(writer.writerow(list(header)))
    for row in rows:
        yield str(writer.writerow([_harmless(each) for each in row]))


def _harmless(value: Any) -> Any:
    return f"'{value}" if isinstance(value, str) and value.lstrip("'").startswith(FORMULA) else value


def as_typed(text: str) -> str:
    """``text`` of a cell without the apostrophe that a careful export put before it."""
    return text[1:] if text.startswith("'") and text.lstrip("'").startswith(FORMULA) else text


def harmless_sql(column: str) -> str:
    """The same for a text that PostgreSQL itself writes, by COPY: an expression over ``column``, which is ours."""
    signs = "'=', '+', '-', '@', E'\\t', E'\\r'"
    return f"CASE WHEN left(ltrim({column}, ''''), 1) IN ({signs}) THEN '''' || {column} ELSE {column} END"
