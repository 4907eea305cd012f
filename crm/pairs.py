"""What a provider or an import told of somebody, in words: values by name, however they are nested."""

from collections.abc import Iterator, Mapping
from typing import Any

MOST = 40  # lines of one value
DEEPEST = 4
NOTHING: tuple[Any, ...] = (None, "", [], {})


def pairs(data: Mapping[str, Any]) -> list[tuple[str, str]]:
    """(name, words) of everything that says something. What lists and objects hold stands on lines of its own."""
    return [(str(name), "\n".join(_lines(value))) for name, value in data.items() if value not in NOTHING]


def _lines(value: Any) -> list[str]:
    if not isinstance(value, list | dict) or _is_flat(value):
        return [_in_line(value, DEEPEST)]
    found = [line for line in _each(value) if line]
    more = len(found) - MOST
    return [*found[:MOST], f"and {more} more"] if more > 0 else found


def _each(value: list[Any] | dict[str, Any]) -> Iterator[str]:
    if isinstance(value, list):
        yield from (_in_line(each, DEEPEST) for each in value)
    else:
        yield from (_named(name, each, DEEPEST) for name, each in value.items() if each not in NOTHING)


def _in_line(value: Any, deep: int) -> str:
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if not isinstance(value, list | dict):
        return str(value)
    if not deep:
        return "…"
    if isinstance(value, list):
        told = (_in_line(each, deep - 1) for each in value if each not in NOTHING)
        return (", " if _is_flat(value) else "; ").join(told)
    return ", ".join(_named(name, each, deep - 1) for name, each in value.items() if each not in NOTHING)


def _named(name: Any, value: Any, deep: int) -> str:
    words = _in_line(value, deep)
    return f"{readable(name)} ({words})" if isinstance(value, dict) else f"{readable(name)}: {words}"


def _is_flat(value: list[Any] | dict[str, Any]) -> bool:
    return isinstance(value, list) and not any(isinstance(each, list | dict) for each in value)


def readable(name: Any) -> str:
    """``post_count`` → Post count"""
    words = str(name).replace("_", " ").strip()
    return words[:1].upper() + words[1:]
