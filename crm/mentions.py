"""Who is meant by ``@Name`` in a text. Plain values; who may be meant is the caller's business."""

from collections.abc import Mapping
from typing import TypeVar

Id = TypeVar("Id")


def mentioned(text: str, people: Mapping[Id, str]) -> set[Id]:
    """Those of ``people`` (their full names by id) whom ``text`` names after an @; the longest name that fits counts.

    A first name will do where one person alone has it. Capitals don't matter. An @ inside a word, as in an address,
    names nobody.
    """
    names = _names(people)
    found = set()
    plain = text.casefold()
    for at, sign in enumerate(plain):
        if sign == "@" and (at == 0 or not (plain[at - 1].isalnum() or plain[at - 1] in "._-+")):
            fitting = [name for name in names if _stands(plain, at + 1, name)]
            if fitting:
                found.add(names[max(fitting, key=len)])
    return found


def _stands(text: str, begin: int, name: str) -> bool:
    end = begin + len(name)
    return text.startswith(name, begin) and (end == len(text) or not text[end].isalnum())


def _names(people: Mapping[Id, str]) -> dict[str, Id]:
    whole = {" ".join(name.casefold().split()): pk for pk, name in people.items() if name.strip()}
    first: dict[str, list[Id]] = {}
    for pk, name in people.items():
        if words := name.casefold().split():
            first.setdefault(words[0], []).append(pk)
    return {name: held[0] for name, held in first.items() if len(held) == 1} | whole
