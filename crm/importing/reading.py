"""What a file of people says, whatever wrote it: CSV in any common encoding and with any common separator, or XLSX."""

import codecs
import csv
import re
from collections.abc import Generator
from dataclasses import asdict, dataclass
from typing import IO, Any

from crm.importing.cells import Unreadable
from crm.importing.csv_rows import csv_rows
from crm.importing.workbook import workbook_rows

MOST_BYTES = 50 * 1024 * 1024
MOST_ROWS = 100_000
MOST_COLUMNS = 200
SAMPLE = 64 * 1024
SEPARATORS = ",;\t|"
BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_BEYOND = bytes(range(0x80, 0x100))
_LETTER = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")


@dataclass(frozen=True, slots=True)
class Shape:
    """How a file is to be read. ``headings`` are its first line with anything in it, ``sample`` the lines after."""

    kind: str  # csv or xlsx
    encoding: str
    separator: str
    headings: list[str]
    sample: list[list[str]]

    @property
    def noted(self) -> dict[str, Any]:
        return asdict(self)


def shape_of(file: IO[bytes], *, size: int) -> Shape:
    """Look at the beginning of ``file``. Raises `Unreadable`."""
    if size > MOST_BYTES:
        raise Unreadable(
            f"The file has {size // (1024 * 1024)} MB; up to {MOST_BYTES // (1024 * 1024)} MB can be imported. "
            "Split it into parts."
        )
    file.seek(0)
    beginning = file.read(SAMPLE)
    if not beginning.strip():
        raise Unreadable("The file is empty.")
    if beginning.startswith(b"PK\x03\x04"):
        kind, encoding, separator = "xlsx", "", ""
    elif beginning.startswith((b"\xd0\xcf\x11\xe0", b"%PDF", b"\x89PNG", b"\xff\xd8\xff")):
        raise Unreadable(
            "This is not a CSV or XLSX file. Save the list as CSV or as an Excel workbook (.xlsx)."
        )
    else:
        kind, encoding = "csv", _encoding(file, beginning)
        separator = _separator(beginning.decode(encoding, "ignore"))
    lines = rows_of(file, kind=kind, encoding=encoding, separator=separator)
    _, headings = next(lines, (0, []))
    if not headings:
        raise Unreadable("There is no line with anything in it.")
    if len(headings) > MOST_COLUMNS:
        raise Unreadable(f"The file has {len(headings)} columns; up to {MOST_COLUMNS} can be read.")
    sample = [cells for _, cells in (next(lines, (0, [])) for _ in range(5)) if cells]
    if not sample:
        raise Unreadable("There is a line of headings and nothing below it.")
    return Shape(kind, encoding, separator, _plain(headings), [_plain(cells) for cells in sample])


def _plain(cells: list[str]) -> list[str]:
    return [str(each) for each in cells]  # those that can't be read, too


def _encoding(file: IO[bytes], beginning: bytes) -> str:
    """By its mark, else UTF-8 where most of the file is, else what Windows writes in the West."""
    for mark, name in BOMS:
        if beginning.startswith(mark):
            return name
    if b"\x00" in beginning:
        raise Unreadable("This is not a text file. Save the list as CSV or as an Excel workbook (.xlsx).")
    letters, others = _tally(file)
    return "utf-8" if letters >= others else "cp1252"


def _tally(file: IO[bytes]) -> tuple[int, int]:
    """(letters beyond ASCII that are UTF-8, bytes that are not): one byte gone wrong makes no other encoding."""
    file.seek(0)
    letters, others, rest = 0, 0, b""
    while chunk := file.read(1024 * 1024):
        whole = rest + chunk
        cut = len(whole) - next((n for n in range(1, 4) if whole[-n:][:1] >= b"\xc0"), 0)
        whole, rest = whole[:cut], whole[cut:]
        found = [len(each) for each in _LETTER.findall(whole)]
        letters += len(found)
        others += len(whole) - len(whole.translate(None, _BEYOND)) - sum(found)
    return letters, others + len(rest)


def _separator(text: str) -> str:
    """The mark that cuts the first line with anything in it into most cells, quotes respected."""
    first = next((line for line in text.splitlines() if line.strip()), "")
    if first.lower().startswith("sep=") and len(first) == 5:  # Excel's own hint
        return first[4]
    counts = {mark: len(next(csv.reader([first], delimiter=mark))) for mark in SEPARATORS}
    return max(counts, key=lambda mark: counts[mark])


def rows_of(
    file: IO[bytes], *, kind: str, encoding: str, separator: str, **_more: object
) -> Generator[tuple[int, list[str]]]:
    """(line number, cells) of every line with anything in it, the headings too. Raises `Unreadable` on the way."""
    file.seek(0)
    rows = workbook_rows(file) if kind == "xlsx" else csv_rows(file, encoding, separator)
    found = 0
    for line, cells in rows:
        while cells and not cells[-1]:
            cells.pop()
        if not cells:
            continue
        found += 1
        if found > MOST_ROWS + 1:
            raise Unreadable(f"The file has more than {MOST_ROWS:,} rows. Split it into parts.")
        yield line, cells
