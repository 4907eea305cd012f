"""A do-not-contact list from a file: every row counted, nothing guessed about what cannot be read."""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from django.db import transaction

from accounts.models import Client
from accounts.permissions import Level
from accounts.services.audit import Origin, record_by
from accounts.tenancy import Actor
from crm.models import Channel
from crm.services.suppression import Entry, suppress
from crm.suppression import STICKY, Kind, Reason, guess, normalised
from lib.payloads import clean_text
from lib.phones import INTERNATIONAL

MOST_BYTES = 5_000_000
MOST_ROWS = 50_000
LAST = datetime.max.replace(tzinfo=UTC)
SHOWN = 20  # refused lines that the page quotes
COLUMNS = ("kind", "value", "channels", "reason", "note", "until")
VALUE_NAMES = (
    "value",
    "email",
    "e-mail",
    "email address",
    "phone",
    "phone number",
    "number",
    "domain",
    "linkedin",
)


@dataclass(frozen=True, slots=True)
class _Way:
    """On which channels, none for all, and until when: rows of one way are written at once."""

    channels: tuple[str, ...] = ()
    until: datetime | None = None


class BadFile(Exception):
    """The file as a whole cannot be used. The message is for the person who sent it."""


@dataclass(frozen=True, slots=True)
class Imported:
    fresh: int
    known: int
    over: int  # whose last day had passed already
    refused: list[tuple[int, str]]  # line of the file, and the value as it stood there


def read_rows(raw: bytes) -> Iterator[tuple[int, dict[str, str]]]:
    """(line, {column: text}) of each row. With a header or without: then the first column holds the values."""
    if len(raw) > MOST_BYTES:
        raise BadFile(f"The file is larger than {MOST_BYTES // 1_000_000} MB. Split it and send the parts.")
    text = _decoded(raw)
    try:
        dialect: type[csv.Dialect] | csv.Dialect = csv.Sniffer().sniff(text[:4096], ",;\t")
    except csv.Error:
        dialect = csv.excel
    lines = csv.reader(io.StringIO(clean_text(text), newline=""), dialect)
    names: list[str] | None = None
    try:
        for cells in lines:
            stripped = [each.strip().removeprefix("'") for each in cells]
            if not any(stripped):
                continue
            if names is None:
                names = _header(stripped)
                if names != ["value"]:
                    continue
            yield lines.line_num, dict(zip(names, stripped, strict=False))
    except csv.Error:
        raise BadFile(f"Line {lines.line_num} is not CSV. Save the sheet as CSV and send it again.") from None


def _decoded(raw: bytes) -> str:
    for encoding in (
        ("utf-8-sig", "utf-16") if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else ("utf-8-sig", "cp1252")
    ):
        try:
            return raw.decode(encoding)
        except UnicodeError:
            continue
    raise BadFile("The file is not text. Save the sheet as CSV and send it again.")


def _header(cells: list[str]) -> list[str]:
    """The columns that the first line names; ["value"] when it is a row like any other."""
    found = [each.casefold() for each in cells]
    if not any(each in VALUE_NAMES for each in found):
        return ["value"]
    names, taken = [], False
    for each in found:
        each = each.removesuffix("(utc)").rstrip()
        is_value = each in VALUE_NAMES and not taken
        taken = taken or is_value
        names.append("value" if is_value else each if each in COLUMNS and each != "value" else "")
    return names


@transaction.atomic
def import_list(
    *, actor: Actor, client_id: UUID | None, raw: bytes, now: datetime, origin: Origin
) -> Imported:
    """Suppress every row of the file for one client, or for the whole agency (no client). Raises `BadFile`.

    A file that this product wrote changes nothing when it comes back: who stands there for a time does so again. What
    has been erased cannot be put in words, so a row that says so counts as asked not to be contacted; so does a reason
    that stays for good, from somebody who could not take it away.
    """
    region = Client.unscoped.get(pk=client_id).phone_country if client_id else INTERNATIONAL
    may_stay = actor.can("suppression.remove", Level.ADMINISTER)
    groups: dict[_Way, list[Entry]] = {}
    refused, over = [], 0
    for count, (line, row) in enumerate(read_rows(raw), 1):
        if count > MOST_ROWS:
            raise BadFile(f"The file has more than {MOST_ROWS:,} rows. Split it and send the parts.")
        entry, way = _understood(row, region, may_stay)
        if entry is None:
            refused.append((line, row.get("value", "")[:80]))
        elif way.until and way.until <= now:
            over += 1
        else:
            groups.setdefault(way, []).append(entry)
    fresh = known = 0
    for way, entries in sorted(groups.items(), key=lambda each: (each[0].channels, each[0].until or LAST)):
        added = suppress(
            agency_id=actor.agency_id, client_id=client_id, entries=entries, source="import", now=now,
            channels=way.channels or None, expires_at=way.until, added_by=actor.user_id,
        )  # fmt: skip
        fresh, known = fresh + len(added.fresh), known + len(added.known)
    told = {"new": fresh, "known": known, "over": over, "refused": len(refused)}
    record_by(actor, "suppression_imported", now=now, client_id=client_id, origin=origin, details=told)
    return Imported(fresh, known, over, refused)


def _understood(row: dict[str, str], region: str, may_stay: bool) -> tuple[Entry | None, _Way]:
    kind, value = row.get("kind", "").casefold(), row.get("value", "")
    channels = row.get("channels", "").casefold().replace(",", " ").split()
    reason = row.get("reason", "").casefold().replace(" ", "_") or Reason.IMPORTED
    if kind not in Kind.values:
        kind, _ = guess(value, region)
    until, is_day = _until(row.get("until", ""))
    if not kind or not normalised(kind, value, region) or set(channels) - set(Channel.values) or not is_day:
        return None, _Way()
    if reason not in Reason.values:
        reason = Reason.IMPORTED
    elif reason == Reason.ERASED or (reason in STICKY and not may_stay):
        reason = Reason.DO_NOT_CONTACT
    way = _Way(tuple(sorted(set(channels))), None if reason in STICKY else until)
    return Entry(kind, value, reason, row.get("note", "")[:300]), way


def _until(text: str) -> tuple[datetime | None, bool]:
    """The instant that ``text`` names in UTC, none for no words; and whether it could be read."""
    try:
        at = datetime.fromisoformat(text) if text else None
        return at and (at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)), True
    except (ValueError, OverflowError):
        return None, False
