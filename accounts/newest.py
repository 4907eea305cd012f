"""Lists of what happened, newest first, paged by key: an instant, and the row's id where instants are equal."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import F, QuerySet
from django.db.models.fields.tuple_lookups import TupleLessThan

PAGE = 50


def page_of(rows: QuerySet[Any], column: str, before: str) -> tuple[list[Any], str]:
    """Return one page and the place where the next begins, "" on the last. ``before`` is such a place, or anything.

    ``rows`` are ordered by ``column`` and id, both falling.
    """
    found, older = page_and_one_more(rows, column, before)
    return found[:PAGE], older


def page_and_one_more(rows: QuerySet[Any], column: str, before: str) -> tuple[list[Any], str]:
    """As `page_of`, with the row that follows the page at its end, for lists that show what each changed."""
    if place := _place(before):
        rows = rows.filter(TupleLessThan((F(column), F("id")), place))
    found = list(rows[: PAGE + 1])
    last = found[PAGE - 1] if len(found) > PAGE else None
    return found, f"{getattr(last, column).isoformat()}~{last.pk}" if last else ""


def _place(text: str) -> tuple[datetime, UUID] | None:
    moment, _, pk = text.partition("~")
    try:
        at = datetime.fromisoformat(moment)
        return (at, UUID(pk)) if at.tzinfo else None
    except ValueError:
        return None
