"""Calls as a reader sees them: names, times in the reader's zone, days as headings."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache, lru_cache
from html import escape
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.http import HttpRequest
from django.template.loader import get_template
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe

from accounts.directory import ClientFacts, reader_zone, visible_clients
from crm.classification.categories import HUES, LABELS
from lib import phones
from lib.ui.times import clock, day_name, length, long_date, ordinal

CHANNELS = {
    ("call", "inbound"): ("phone-incoming", "Inbound call"),
    ("call", "outbound"): ("phone-outgoing", "Outbound call"),
    ("text", "inbound"): ("message-square", "Text message"),
    ("text", "outbound"): ("message-square", "Text message sent"),
    ("form", "inbound"): ("file-text", "Web form"),
    ("chat", "inbound"): ("messages-square", "Chat"),
    ("chat", "outbound"): ("messages-square", "Chat"),
}
MISSED = ("phone-missed", "Missed call")
OTHER = ("activity", "Other activity")
UNKNOWN_CLIENT = ClientFacts(UUID(int=0), "", "Archived client", "gray", "", "UTC", "inactive", "US")


@lru_cache(maxsize=4096)
def shown_number(e164: str, given: str) -> str:
    return phones.display(e164) if e164 else given


def caller_name(lead_name: str | None, own_name: str, e164: str, given: str) -> str:
    return lead_name or own_name or shown_number(e164, given) or "No caller ID"


def channel(kind: str, direction: str, answered: bool | None) -> tuple[str, str]:
    """The icon and the words for what kind of contact it was."""
    if kind == "call" and direction == "inbound" and answered is False:
        return MISSED
    return CHANNELS.get((kind, direction), OTHER)


@dataclass(frozen=True, slots=True)
class Day:
    name: str
    date: str
    rows: SafeString  # drawn


@lru_cache(maxsize=4096)
def sign(kind: str, *values: object) -> SafeString:
    """A part that many rows share, drawn once: ``kind`` is a macro of call_signs.html."""
    macros = get_template("crm/call_signs.html", using="jinja2").template.module  # type: ignore[attr-defined]
    return SafeString(getattr(macros, kind)(*values).strip())  # Jinja2 has escaped it


@lru_cache(maxsize=256)
def by_id(clients: tuple[ClientFacts, ...]) -> dict[str, ClientFacts]:
    return {str(client.id): client for client in clients}


@cache
def around_id(route: str) -> tuple[str, str]:
    """The address of ``route`` before and after the identifier in it."""
    probe = UUID(int=0)
    before, after = reverse(route, args=[probe]).split(str(probe))
    return before, after


@lru_cache(maxsize=1024)
def _heading(day: date, today: date) -> tuple[str, str]:
    return day_name(day, today), long_date(day, today)


class Listing:
    """Turns rows of ``crm.inbox`` into days of drawn rows for one reader.

    A row's frame is drawn once for all rows of its kind, so that a row costs no more than filling in its words.
    """

    def __init__(self, request: HttpRequest, *, now: datetime, route: str = "crm:inbox_call") -> None:
        self._for_staff = request.actor.is_staff  # type: ignore[attr-defined]
        self._zone = ZoneInfo(reader_zone(request))
        self._today = now.astimezone(self._zone).date()
        self._clients = by_id(visible_clients(request))
        self._before, self._after = around_id(route)

    def days(
        self, rows: Iterable[dict[str, Any]], *, selected: UUID | None = None, query: str = ""
    ) -> list[Day]:
        chosen, after = str(selected or ""), escape(self._after + query)
        days: list[tuple[date, list[str]]] = []
        for row in rows:
            local = row["started_at"].astimezone(self._zone)
            day = local.date()
            if not days or days[-1][0] != day:
                days.append((day, []))
            days[-1][1].append(self._row(row, local, chosen, after))
        return [
            Day(*_heading(day, self._today), mark_safe("\n".join(drawn)))  # noqa: S308  _row has escaped them
            for day, drawn in days
        ]

    def _row(self, row: dict[str, Any], local: datetime, selected: str, after: str) -> str:
        icon, words = channel(row["kind"], row["direction"], row["answered"])
        client = self._clients.get(row["client_id"], UNKNOWN_CLIENT)
        unread = self._for_staff and not row["seen"]  # what the agency has not read yet
        category, sequence, is_call = row["category"], row["call_sequence"], row["kind"] == "call"
        repeat = f"{ordinal(sequence)} call" if sequence > 1 and is_call else ""
        frame = sign("frame", unread, row["id"] == selected, repeat, self._for_staff)
        return frame.format(  # escapes nothing
            url=f"{self._before}{row['id']}{after}",
            name=escape(
                caller_name(row["lead_name"], row["caller_name"], row["from_e164"], row["from_number"])
            ),
            summary=escape(row["summary"]),
            channel=sign("channel", icon, words, unread),
            client=sign("client", client.name, client.hue, client.glyph),
            verdict=sign(
                "verdict", LABELS.get(category, category), HUES.get(category, "gray"), row["rating"]
            ),
            length=length(row["duration_seconds"]) if is_call else "",
            iso=row["started_at"].isoformat(timespec="seconds")[:19] + "Z",
            time=clock(local),
        )
