"""The lines of a CSV file, with nothing swallowed by a quotation mark that nobody closed."""

import codecs
import csv
import io
import re
from collections.abc import Iterator
from typing import IO

from crm.importing.cells import Illegible, Unreadable, clean

MARK = "\udcff"  # half a letter, which no text holds: here stood what the encoding does not know
_MARKS = "import-marks"
UNKNOWN = "holds a letter that can't be read. Save the list as “CSV UTF-8” and upload it again."
OPEN = (
    "The quotation mark that opens a cell in line {} is never closed, or not where the cell ends, so that nobody can "
    "tell which lines belong together. Mend that line and upload the file again."
)


def _mark(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return MARK, error.end


codecs.register_error(_MARKS, _mark)


def csv_rows(file: IO[bytes], encoding: str, separator: str) -> Iterator[tuple[int, list[str]]]:
    """(line number, cells). Raises `Unreadable` before lines that a quotation mark has made one."""
    text = io.TextIOWrapper(file, encoding=encoding, errors=_MARKS, newline="")
    taken = _Taken(text)
    reader = csv.reader(taken, delimiter=separator)
    line, width = 1, 0
    try:
        for cells in reader:
            if opened := _swallows(taken, cells, separator, width):
                raise Unreadable(OPEN.format(line + opened - 1))
            if not (line == 1 and "".join(cells).lower().startswith("sep=")):  # Excel's own hint
                width = width or len([each for each in cells if each.strip()])
                yield line, [_cell(each) for each in cells]
            line = reader.line_num + 1
            taken.lines.clear()
    except csv.Error as error:
        opened = _open_quote("".join(taken.lines), separator)
        why = OPEN.format(line + opened - 1) if opened else f"A cell in line {line} is enormous."
        raise Unreadable(why) from error
    finally:
        text.detach()


class _Taken:
    """Hands lines on, and keeps those that the reader has taken for the row it is at."""

    def __init__(self, text: Iterator[str]) -> None:
        self._text, self.lines, self.at_end = text, list[str](), False

    def __iter__(self) -> Iterator[str]:
        for each in self._text:
            self.lines.append(each)
            yield each
        self.at_end = True


def _swallows(taken: _Taken, cells: list[str], separator: str, width: int) -> int:
    """In which of the row's lines (from 1) a quotation mark opens that swallows others; 0 for none.

    One that is closed by chance, at an inch mark far below, leaves a row that is too short and has whole rows in it.
    """
    if len(taken.lines) < 2 and not taken.at_end:
        return 0
    if opened := _open_quote("".join(taken.lines), separator):
        return opened
    whole = any(line.count(separator) >= width - 1 for line in taken.lines[1:])
    return 1 if whole and 3 <= width > len(cells) else 0


def _open_quote(text: str, separator: str) -> int:
    mark = re.escape(separator)
    quoted = re.compile(rf'"(?:[^"]|"")*+"(?=[{mark}\r\n]|$)')
    other = re.compile(rf"[^{mark}\r\n]*")
    at = 0
    while at < len(text):
        cell = (quoted if text[at] == '"' else other).match(text, at)
        if cell is None:
            return len(re.findall(r"\r\n|\r|\n", text[:at])) + 1
        at = cell.end() + 1
    return 0


def _cell(text: str) -> str:
    cell, rest = clean(text), text.lstrip().lstrip("'")
    if cell and not rest.strip() and rest.startswith(("\t", "\r")):
        cell = cell[1:]  # a careful export put the first apostrophe there, before a tab that is nothing to us
    return Illegible(cell, UNKNOWN) if MARK in text else cell
