"""Leads as a reader sees them in a list: drawn rows, and the headings that order them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.http import HttpRequest
from django.utils.safestring import SafeString, mark_safe

from accounts.directory import reader_zone, visible_clients
from crm.lead_columns import COLUMNS, Reader
from crm.lead_filter import LeadFilter
from crm.presenting import around_id, by_id, shown_number, sign
from lib.ui.parts import avatar


@dataclass(frozen=True, slots=True)
class Heading:
    words: str
    numeric: bool
    url: str  # of the list in this order, "" where there is none
    present: bool


class LeadRows:
    """Draws rows of ``crm.lead_list``. As with calls, a row's frame is drawn once and its words are filled in."""

    def __init__(self, request: HttpRequest, columns: Sequence[str], *, now: datetime, pick: bool) -> None:
        zone = ZoneInfo(reader_zone(request))
        self._reader = Reader(zone, now.astimezone(zone).date(), by_id(visible_clients(request)))
        self._columns = [(f"of {name}", COLUMNS[name].draw) for name in columns]
        labels = tuple((COLUMNS[name].words, COLUMNS[name].numeric) for name in columns)
        self._frame = str(sign("lead_frame", labels, pick))
        self._before, self._after = around_id("crm:lead")

    def drawn(self, rows: Sequence[dict[str, Any]], query: str) -> SafeString:
        after = escape(self._after + query)
        return mark_safe("\n".join(self._row(row, after) for row in rows))  # noqa: S308  _row has escaped them

    def _row(self, row: dict[str, Any], after: str) -> str:
        name = name_of(row)
        cells = [draw(row[key], self._reader) for key, draw in self._columns]
        return self._frame.format(  # escapes nothing
            *(cell if isinstance(cell, SafeString) else escape(cell) for cell in cells),
            id=row["id"],
            url=f"{self._before}{row['id']}{after}",
            name=escape(name),
            avatar=avatar(row["name"], "", "av-sm"),
        )


def name_of(row: dict[str, Any]) -> str:
    return (
        row["name"] or shown_number(row["phone_e164"], row["given_phone"]) or row["mail"] or "Unknown caller"
    )


def headings(chosen: LeadFilter, columns: Sequence[str], path: str) -> list[Heading]:
    kept = {key: value for key, value in chosen.params.items() if key != "sort"}

    def heading(words: str, sort: str | None, numeric: bool) -> Heading:
        if sort is None:
            return Heading(words, numeric, "", False)
        query = urlencode(kept | {"sort": sort} if sort else kept)
        url = f"{path}?{query}" if query else path
        return Heading(words, numeric, url, chosen.sort == sort)

    shown = [COLUMNS[name] for name in columns]
    return [heading("Name", "name", False), *(heading(each.words, each.sort, each.numeric) for each in shown)]
