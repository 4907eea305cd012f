"""The lines of an Excel workbook, as a person sees them."""

import zipfile
from collections.abc import Iterator
from contextlib import closing, nullcontext
from itertools import repeat
from typing import IO, Any

from openpyxl import load_workbook
from openpyxl.cell.cell import ERROR_CODES

from crm.importing.cells import Illegible, Unreadable, clean

MOST_UNPACKED = 500 * 1024 * 1024
DAMAGED = "The workbook is damaged or not an Excel file (.xlsx). Save it again, or as CSV."
NO_RESULT = "is a formula without its result. Open the workbook in Excel, save it and upload it again."
ERROR = "is an error in the workbook. Mend the formula there, or empty the cell."
FORMULA = (b"<f>", b"<f ")


def workbook_rows(file: IO[bytes]) -> Iterator[tuple[int, list[str]]]:
    """(line number, cells) of the first sheet that has anything in it."""
    try:
        yield from _rows(file)
    except Unreadable:
        raise
    except (
        Exception
    ) as error:  # there is nothing that a damaged part may not raise, in the midst of the lines too
        raise Unreadable(DAMAGED) from error


def _rows(file: IO[bytes]) -> Iterator[tuple[int, list[str]]]:
    has_formulas = _look_into(file)
    told = closing(load_workbook(file, read_only=True)) if has_formulas else nullcontext()
    with closing(load_workbook(file, read_only=True, data_only=True)) as book, told as formulas:
        for number, sheet in enumerate(book.worksheets):
            others = _lines(formulas.worksheets[number]) if formulas else repeat(())
            empty = True
            for line, (row, typed) in enumerate(zip(_lines(sheet), others, strict=False), 1):
                cells = [_cell(each, typed[n] if typed else None) for n, each in enumerate(row)]
                empty = empty and not any(cells)
                yield line, cells
            if not empty:
                return


def _lines(sheet: Any) -> Iterator[tuple[Any, ...]]:
    sheet.reset_dimensions()  # what the file says of its width is often wrong
    lines: Iterator[tuple[Any, ...]] = sheet.iter_rows(values_only=True)
    return lines


def _look_into(file: IO[bytes]) -> bool:
    """Whether there are formulas. Raises `Unreadable` for more than anybody's list."""
    with zipfile.ZipFile(file) as packed:
        if sum(part.file_size for part in packed.infolist()) > MOST_UNPACKED:
            raise Unreadable("The workbook is too large once unpacked. Split it, or save it as CSV.")
        sheets = [name for name in packed.namelist() if name.startswith("xl/worksheets/")]
        return any(_says(packed, name) for name in sheets if name.endswith(".xml"))


def _says(packed: zipfile.ZipFile, name: str) -> bool:
    with packed.open(name) as part:
        last = b""
        while chunk := part.read(1024 * 1024):
            if any(mark in last + chunk for mark in FORMULA):
                return True
            last = chunk[-2:]
    return False


def _cell(value: Any, typed: Any) -> str:
    """No ``.0`` after a number, dates the ISO way. ``typed`` is what stands there where the value is worked out."""
    if value is None:
        return "" if typed is None else Illegible(clean(str(typed)), NO_RESULT)
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if hasattr(value, "isoformat"):
        return str(value.isoformat())
    text = clean(str(value))
    return Illegible(text, ERROR) if text in ERROR_CODES else text
