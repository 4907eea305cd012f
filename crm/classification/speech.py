"""What was said, by whom, sentence by sentence. Every sentence is an exact part of the text it came from."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from crm.classification.facts import CallFacts

Side = Literal["caller", "agent", ""]  # "" when nobody told us
MAX_CHARACTERS = 60_000  # an hour and a half of speech

AGENT = {
    "agent",
    "operator",
    "rep",
    "representative",
    "staff",
    "business",
    "receptionist",
    "office",
    "assistant",
}
CALLER = {"caller", "customer", "contact", "visitor", "client", "patient", "lead", "user"}
SENTENCE = re.compile(r"[^\s.?!](?:[^.?!\n]|[.?!](?=[^\s.?!])|(?:(?<=\b[DM][rs])|(?<=\bMrs))\.)*[.?!]*")
APOSTROPHES = str.maketrans("'`", "’’")
LABEL = re.compile(r"^[ \t]*([A-Za-z]{3,15}):[ \t]+", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Sentence:
    text: str
    plain: str  # as the lexicon spells it, character for character as long as ``text``
    side: Side
    start_s: float | None
    order: int


def sentences(facts: CallFacts) -> list[Sentence]:
    """Return everything that was said or written, in order."""
    found: list[Sentence] = []
    left = MAX_CHARACTERS
    for text, side, start_s in _pieces(facts):
        for match in SENTENCE.finditer(text[:left]):
            words = match.group().strip()
            found.append(Sentence(words, words.translate(APOSTROPHES), side, start_s, len(found)))
        left -= len(text)
        if left <= 0:
            break
    return found


def _pieces(facts: CallFacts) -> Iterator[tuple[str, Side, float | None]]:
    written: Side = "agent" if facts.direction == "outbound" else "caller"
    if facts.turns:
        for turn in facts.turns:
            yield turn.text, side_of(turn.speaker), turn.start_s
    elif facts.transcript:
        for text, side in _labelled(facts.transcript):
            yield text, side, None
    if facts.kind in ("text", "form", "chat"):
        yield facts.message_body, written, None
        for _, value in facts.form_fields:
            yield value, "caller", None


def _labelled(transcript: str) -> Iterator[tuple[str, Side]]:
    """Split ``Agent: Hello`` lines; a label of nobody we know is part of the words."""
    side: Side = ""
    at = 0
    for match in LABEL.finditer(transcript):
        if speaker := side_of(match.group(1)):
            yield transcript[at : match.start()], side
            side, at = speaker, match.end()
    yield transcript[at:], side


def side_of(speaker: str) -> Side:
    word = speaker.strip().lower()
    return "agent" if word in AGENT else "caller" if word in CALLER else ""
