"""A do-not-contact list from a file: every row counted, nothing guessed about what cannot be read."""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from accounts.models import Client
from accounts.services.audit import Origin, record_by
from accounts.tenancy import Actor
from crm.models import Channel
from crm.services.suppression import Entry, suppress
from crm.suppression import Kind, Reason, guess, normalised
from lib.payloads import clean_text
from lib.phones import INTERNATIONAL

MOST_BYTES = 5_000_000
MOST_ROWS = 50_000
SHOWN = 20  # refused lines that the page quotes
COLUMNS = ("kind", "value", "channels", "reason", "note")
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


class BadFile(Exception):
    """The file as a whole cannot be used. The message is for the person who sent it."""


@dataclass(frozen=True, slots=True)
class Imported:
    fresh: int
    known: int
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
        is_value = each in VALUE_NAMES and not taken
        taken = taken or is_value
        names.append("value" if is_value else each if each in COLUMNS and each != "value" else "")
    return names


@transaction.atomic
def import_list(
    *, actor: Actor, client_id: UUID | None, raw: bytes, now: datetime, origin: Origin
) -> Imported:
    """Suppress every row of the file for one client, or for the whole agency (no client). Raises `BadFile`.

    A file that this product wrote changes nothing when it comes back. What has been erased cannot be put in words, so a
    row that says so counts as asked not to be contacted.
    """
    region = Client.unscoped.get(pk=client_id).phone_country if client_id else INTERNATIONAL
    groups: dict[tuple[str, ...], list[Entry]] = {}
    refused = []
    for count, (line, row) in enumerate(read_rows(raw), 1):
        if count > MOST_ROWS:
            raise BadFile(f"The file has more than {MOST_ROWS:,} rows. Split it and send the parts.")
        entry, channels = _understood(row, region)
        if entry is None:
            refused.append((line, row.get("value", "")[:80]))
        else:
            groups.setdefault(channels, []).append(entry)
    fresh = known = 0
    for channels, entries in sorted(groups.items()):
        added = suppress(
            agency_id=actor.agency_id, client_id=client_id, entries=entries, source="import", now=now,
            channels=channels or None, added_by=actor.user_id,
        )  # fmt: skip
        fresh, known = fresh + len(added.fresh), known + len(added.known)
    told = {"new": fresh, "known": known, "refused": len(refused)}
    record_by(actor, "suppression_imported", now=now, client_id=client_id, origin=origin, details=told)
    return Imported(fresh, known, refused)


def _understood(row: dict[str, str], region: str) -> tuple[Entry | None, tuple[str, ...]]:
    kind, value = row.get("kind", "").casefold(), row.get("value", "")
    channels = row.get("channels", "").casefold().replace(",", " ").split()
    reason = row.get("reason", "").casefold().replace(" ", "_") or Reason.IMPORTED
    if kind not in Kind.values:
        kind, _ = guess(value, region)
    if not kind or not normalised(kind, value, region) or set(channels) - set(Channel.values):
        return None, ()
    if reason not in Reason.values or reason == Reason.ERASED:
        reason = Reason.IMPORTED if reason != Reason.ERASED else Reason.DO_NOT_CONTACT
    return Entry(kind, value, reason, row.get("note", "")[:300]), tuple(sorted(set(channels)))
