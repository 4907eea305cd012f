"""People found by what somebody types: parts of a name, number, e-mail or company, in one box."""

from typing import Any
from uuid import UUID

from django.db import connection

from lib.phones import search_digits

FOUND = "SELECT crm_search_leads(%s, %s, %s, %s)"
MOST_WORDS = 6
NOBODY = [""]  # matches no text that there is


def needles(text: str) -> list[str]:
    """The LIKE patterns that a lead must match, all of them; the first is the one to look up.

    Every word has to be somewhere, in whatever order. Two letters match the beginning of a word only, and so does one
    beside longer words. A word that is a number without letters matches by its digits; so does a text that has none.
    """
    words = [text] if _is_number(text) else text.split()[:MOST_WORDS]
    longest = sorted(words, key=len, reverse=True)
    return [_pattern(word) for word in longest] if longest and len(longest[0]) > 1 else NOBODY


def _is_number(text: str) -> bool:
    return len(search_digits(text)) >= 3 and not any(each.isalpha() for each in text)


def _pattern(word: str) -> str:
    if _is_number(word):
        return f"%{search_digits(word)}%"
    plain = word.lower().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"% {plain}%" if len(word) <= 2 else f"%{plain}%"


def found_values(
    text: str, *, client_id: UUID | None = None, archived: bool = False, most: int | None
) -> list[Any]:
    """The values of ``FOUND``: the leads that ``text`` finds, the latest caller first; all of them without ``most``."""
    return [needles(text), client_id, archived, most]


def search_leads(text: str, *, client_id: UUID | None = None, most: int) -> list[UUID]:
    """The leads that ``text`` finds, latest caller first, of the scope in force.

    Goes through a database function, because under row-level security no text index serves a pattern (ADR 0007).
    """
    with connection.cursor() as cursor:
        cursor.execute(FOUND, found_values(text, client_id=client_id, most=most))
        return [row[0] for row in cursor.fetchall()]
