"""What a file of people says, whatever wrote it: CSV in any common encoding and with any common separator, or XLSX."""

import codecs
import csv
import io
import zipfile
from collections.abc import Generator, Iterator
from dataclasses import asdict, dataclass
from typing import IO, Any
from zipfile import BadZipFile

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

MOST_BYTES = 50 * 1024 * 1024
MOST_UNPACKED = 500 * 1024 * 1024
MOST_ROWS = 100_000
MOST_COLUMNS = 200
MOST_IN_CELL = 32_767  # what a spreadsheet holds
SAMPLE = 64 * 1024
SEPARATORS = ",;\t|"
BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


class Unreadable(Exception):
    """The file can't be taken; the message says why, for whoever chose it."""


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
    return Shape(kind, encoding, separator, headings, sample)


def _encoding(file: IO[bytes], beginning: bytes) -> str:
    """By its mark, else UTF-8 where the whole file is, else what Windows writes in the West."""
    for mark, name in BOMS:
        if beginning.startswith(mark):
            return name
    if b"\x00" in beginning:
        raise Unreadable("This is not a text file. Save the list as CSV or as an Excel workbook (.xlsx).")
    decoder = codecs.getincrementaldecoder("utf-8")()
    file.seek(0)
    try:
        while chunk := file.read(1024 * 1024):
            decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"


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
    rows = _of_workbook(file) if kind == "xlsx" else _of_csv(file, encoding, separator)
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


def _of_csv(file: IO[bytes], encoding: str, separator: str) -> Iterator[tuple[int, list[str]]]:
    text = io.TextIOWrapper(file, encoding=encoding, errors="replace", newline="")
    reader = csv.reader(text, delimiter=separator)
    try:
        line = 1
        for cells in reader:
            if not (line == 1 and "".join(cells).lower().startswith("sep=")):  # Excel's own hint
                yield line, [_clean(each) for each in cells]
            line = reader.line_num + 1
    except csv.Error as error:
        raise Unreadable(
            f"Line {reader.line_num} can't be read: a quotation mark is opened and never closed, or a cell is enormous."
        ) from error
    finally:
        text.detach()


def _of_workbook(file: IO[bytes]) -> Iterator[tuple[int, list[str]]]:
    """The first sheet that has anything in it."""
    try:
        with zipfile.ZipFile(file) as packed:
            if sum(part.file_size for part in packed.infolist()) > MOST_UNPACKED:
                raise Unreadable("The workbook is too large once unpacked. Split it, or save it as CSV.")
        book = load_workbook(file, read_only=True, data_only=True)
    except (BadZipFile, InvalidFileException, KeyError, ValueError, OSError) as error:
        raise Unreadable(
            "The workbook is damaged or not an Excel file (.xlsx). Save it again, or as CSV."
        ) from error
    try:
        for sheet in book.worksheets:
            empty = True
            for line, row in enumerate(sheet.iter_rows(values_only=True), 1):
                cells = [_text(each) for each in row]
                empty = empty and not any(cells)
                yield line, cells
            if not empty:
                return
    finally:
        book.close()


def _text(value: Any) -> str:
    """A cell of a workbook as a person sees it: no ``.0`` after a number, dates the ISO way."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if hasattr(value, "isoformat"):
        return str(value.isoformat())
    return _clean(str(value))


def _clean(text: str) -> str:
    return text.replace("\x00", "").strip()[:MOST_IN_CELL]
