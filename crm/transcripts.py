"""A transcript as a reader sees it: who spoke when, what the verdict rests on, and what is looked for."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

OURS = ("agent", "assistant", "front desk", "receptionist")
MOST_HITS = 500  # more are not told apart


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a turn that is marked in one way. ``begins`` is set on the first piece of a hit."""

    text: str
    quoted: bool = False
    hit: int = 0  # its number, from 1; 0 outside
    begins: bool = False


@dataclass(frozen=True, slots=True)
class Turn:
    number: int  # from 1
    speaker: str
    ours: bool
    start_s: float | None
    parts: tuple[Part, ...]

    @property
    def start(self) -> int:
        """In whole seconds."""
        return int(self.start_s or 0)

    @property
    def text(self) -> str:
        return "".join(part.text for part in self.parts)


@dataclass(frozen=True, slots=True)
class Transcript:
    turns: tuple[Turn, ...]
    hits: int = 0

    def turn_of(self, quote: str) -> int:
        """The number of the turn that holds ``quote``; 0 when none does."""
        return next((turn.number for turn in self.turns if quote in turn.text), 0)


def read(
    turns: Sequence[Mapping[str, Any]], text: str, *, quotes: Iterable[str], caller: str, find: str = ""
) -> Transcript:
    """The turns that a provider told apart; without them the lines of ``text``, of the form ``Name: words``.

    ``quotes`` and what ``find`` finds are marked, whatever its letters' size. ``caller`` is the name that the
    provider's word "caller" stands for.
    """
    given = turns or [_line(line) for line in text.splitlines() if line.strip()]
    said, count = list[Turn](), 0
    wanted = re.compile(re.escape(find), re.IGNORECASE) if find else None
    kept = [quote for quote in quotes if quote]
    for number, turn in enumerate(given, 1):
        words, speaker = turn["text"], turn["speaker"]
        found = [match.span() for match in wanted.finditer(words)][: MOST_HITS - count] if wanted else []
        parts = tuple(_parts(words, _first_spans(words, kept), found, count))
        count += len(found)
        plain = speaker.casefold()
        shown = caller if plain == "caller" else speaker[:1].upper() + speaker[1:]
        said.append(Turn(number, shown, plain in OURS, turn["start_s"], parts))
    return Transcript(tuple(said), count)


def _line(line: str) -> dict[str, Any]:
    speaker, colon, words = line.partition(": ")
    if colon and len(speaker) <= 40:
        return {"speaker": speaker, "text": words, "start_s": None}
    return {"speaker": "", "text": line, "start_s": None}


def _first_spans(words: str, quotes: Iterable[str]) -> list[tuple[int, int]]:
    places = ((words.find(quote), len(quote)) for quote in quotes)
    return [(at, at + length) for at, length in places if at >= 0]


def _parts(
    words: str, quoted: Sequence[tuple[int, int]], found: Sequence[tuple[int, int]], before: int
) -> Iterator[Part]:
    """Cut ``words`` wherever a mark begins or ends. Hits are numbered on from ``before``."""
    edges = sorted({0, len(words), *(edge for span in (*quoted, *found) for edge in span)})
    for start, end in pairwise(edges):
        hit = next((n for n, (first, last) in enumerate(found, 1) if first <= start < last), 0)
        yield Part(
            words[start:end],
            quoted=any(first <= start < last for first, last in quoted),
            hit=before + hit if hit else 0,
            begins=bool(hit) and found[hit - 1][0] == start,
        )
