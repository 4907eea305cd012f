"""Calls as a reader sees them: names, times in the reader's zone, days as headings."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache, lru_cache
from typing import Any, NamedTuple
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
UNKNOWN_CLIENT = ClientFacts(UUID(int=0), "", "Archived client", "gray", "", "UTC", "inactive")


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


class Row(NamedTuple):
    """One call, ready to be drawn. The template takes it apart by order, which takes half as long as by names."""

    url: str
    name: str
    repeat: str
    summary: str
    channel: SafeString
    client: SafeString
    verdict: SafeString  # category and stars
    length: str
    iso: str
    time: str
    unread: bool
    selected: bool


@dataclass(frozen=True, slots=True)
class Day:
    name: str
    date: str
    rows: list[Row]


@lru_cache(maxsize=4096)
def sign(kind: str, *values: object) -> SafeString:
    """A part that many rows share, drawn once: ``kind`` is a macro of call_signs.html."""
    macros = get_template("crm/call_signs.html", using="jinja2").template.module  # type: ignore[attr-defined]
    drawn: str = getattr(macros, kind)(*values).strip()
    return mark_safe(drawn)  # noqa: S308  Jinja2 has escaped it


@lru_cache(maxsize=256)
def _by_id(clients: tuple[ClientFacts, ...]) -> dict[str, ClientFacts]:
    return {str(client.id): client for client in clients}


@cache
def _around_id(route: str) -> tuple[str, str]:
    """The address of ``route`` before and after the identifier in it."""
    probe = UUID(int=0)
    before, after = reverse(route, args=[probe]).split(str(probe))
    return before, after


@lru_cache(maxsize=1024)
def _heading(day: date, today: date) -> tuple[str, str]:
    return day_name(day, today), long_date(day, today)


class Listing:
    """Turns rows of ``crm.inbox`` into days of finished rows for one reader."""

    def __init__(self, request: HttpRequest, *, now: datetime, route: str = "crm:inbox_call") -> None:
        self._marks_unread = request.actor.is_staff  # type: ignore[attr-defined]  # what the agency has not read yet
        self._zone = ZoneInfo(reader_zone(request))
        self._today = now.astimezone(self._zone).date()
        self._clients = _by_id(visible_clients(request))
        self._before, self._after = _around_id(route)

    def days(
        self, rows: Iterable[dict[str, Any]], *, selected: UUID | None = None, query: str = ""
    ) -> list[Day]:
        days: list[Day] = []
        last: date | None = None
        chosen = str(selected) if selected else None
        for row in rows:
            local = row["started_at"].astimezone(self._zone)
            if local.date() != last:
                last = local.date()
                days.append(Day(*_heading(last, self._today), []))
            days[-1].rows.append(self._row(row, local, chosen, query))
        return days

    def _row(self, row: dict[str, Any], local: datetime, selected: str | None, query: str) -> Row:
        icon, words = channel(row["kind"], row["direction"], row["answered"])
        client = self._clients.get(row["client_id"], UNKNOWN_CLIENT)
        unread = self._marks_unread and not row["seen"]
        category, sequence, is_call = row["category"], row["call_sequence"], row["kind"] == "call"
        return Row(
            url=f"{self._before}{row['id']}{self._after}{query}",
            name=caller_name(row["lead_name"], row["caller_name"], row["from_e164"], row["from_number"]),
            repeat=f"{ordinal(sequence)} call" if sequence > 1 and is_call else "",
            summary=row["summary"],
            channel=sign("channel", icon, words, unread),
            client=sign("client", client.name, client.hue, client.glyph),
            verdict=sign(
                "verdict", LABELS.get(category, category), HUES.get(category, "gray"), row["rating"]
            ),
            length=length(row["duration_seconds"]) if is_call else "",
            iso=row["started_at"].isoformat(timespec="seconds")[:19] + "Z",
            time=clock(local),
            unread=unread,
            selected=row["id"] == selected,
        )
