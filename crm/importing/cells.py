"""What the readers of all kinds of files share: a cell that is clean, one that can't be read, a file that can't."""

import re
from typing import Self

MOST_IN_CELL = 32_767  # what a spreadsheet holds
_HALVES = re.compile("[\ud800-\udfff]")  # of a letter; no database takes them


class Unreadable(Exception):
    """The file can't be taken; the message says why, for whoever chose it."""


class Illegible(str):
    """A cell of which we do not know what it says. ``why`` ends the sentence that begins with the cell."""

    __slots__ = ("why",)
    why: str

    def __new__(cls, text: str, why: str) -> Self:
        made = super().__new__(cls, text)
        made.why = why
        return made


def clean(text: str) -> str:
    plain = text.replace("\x00", "").strip()[:MOST_IN_CELL]
    return plain if plain.isascii() else _HALVES.sub("\ufffd", plain)
