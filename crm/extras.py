"""Further facts of a person, as they are typed: ``Name: value``, one a line. What does not fit a line is not for
typing and stays as it is.
"""

from collections.abc import Mapping
from typing import Any

from lib.payloads import clean_text

MOST, LONGEST_NAME, LONGEST_VALUE, LONGEST = 100, 80, 500, 20_000  # lines and characters


class NotAFact(Exception):
    """A line that cannot be read. The text says what is wrong with it, for whoever typed it."""


def typeable(data: Mapping[str, Any]) -> dict[str, str]:
    """Those of the facts that come back from a line as they went into it, as text; no more than a form takes."""
    found: dict[str, str] = {}
    room = LONGEST
    for name, value in data.items():
        line = f"{name}: {value}"
        fits = len(found) < MOST and len(line) < room
        if fits and isinstance(value, str | int | float) and _comes_back(line, name, str(value)):
            found[name] = str(value)
            room -= len(line) + 2  # the end of a line is sent as two characters
    return found


def _comes_back(line: str, name: str, value: str) -> bool:
    try:
        return read_lines(line) == {name: value}
    except NotAFact:
        return False


def as_lines(facts: Mapping[str, str]) -> str:
    return "\n".join(f"{name}: {value}" for name, value in facts.items())


def read_lines(text: str) -> dict[str, str]:
    """The facts that were typed, by name. Raises `NotAFact`."""
    found: dict[str, str] = {}
    for line in clean_text(text).splitlines():
        name, colon, value = (part.strip() for part in line.partition(":"))
        if not line.strip():
            continue
        if not colon or not name:
            raise NotAFact("Write each line as a name, a colon and a value: Insurance: Delta Dental.")
        if len(name) > LONGEST_NAME or len(value) > LONGEST_VALUE:
            raise NotAFact(
                f"Keep a name under {LONGEST_NAME} characters and what stands behind it under {LONGEST_VALUE}:"
                f" “{name[:40]}” is longer."
            )
        if name in found:
            raise NotAFact(f"“{name}” is there twice. Keep one of the two lines.")
        found[name] = value
    if len(found) > MOST:
        raise NotAFact(f"Keep it to {MOST} lines; these are {len(found)}.")
    return found


def set_aside(data: Mapping[str, Any]) -> list[str]:
    """The names of the facts that are not for typing."""
    shown = typeable(data)
    return [name for name in data if name not in shown]


def joined(data: Mapping[str, Any], typed: Mapping[str, str]) -> dict[str, Any]:
    """The facts after ``typed`` took the place of those that were for typing. What says the same keeps its kind, and
    nothing takes the place of what was set aside.
    """
    shown = typeable(data)
    fresh = {name: data[name] if shown.get(name) == text else text for name, text in typed.items()}
    return fresh | {name: value for name, value in data.items() if name not in shown}
