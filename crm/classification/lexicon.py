"""Signals: sets of phrases that tell the same thing, from ``lexicon.toml``."""

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from crm.classification.speech import Sentence

NEGATION = re.compile(
    r"\b(?:not|never|without|no longer|cannot|no need to|instead of"
    r"|(?<!why )(?:do|did|does|would|could|ca|wo|is|was|are|have|has)n’t)"
    r"(?:\s+[\w’]+){0,5}\s*$",
    re.IGNORECASE,
)
CLAUSE_END = re.compile(r"[,;:–—]|\b(?:but|so|and then)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Finding:
    signal: str
    sentence: Sentence
    start: int  # of the phrase inside the sentence
    end: int


@dataclass(frozen=True, slots=True)
class Signal:
    name: str
    who: str
    pattern: re.Pattern[str]
    negatable: bool = False

    def find(self, sentence: Sentence) -> Finding | None:
        if sentence.side and self.who not in (sentence.side, "anyone"):
            return None
        for match in self.pattern.finditer(sentence.plain):
            if not (self.negatable and _is_negated(sentence.plain[: match.start()])):
                return Finding(self.name, sentence, match.start(), match.end())
        return None


def _is_negated(before: str) -> bool:
    """Whether the clause that leads up to a phrase denies it, as in "I'm not looking to book"."""
    return NEGATION.search(CLAUSE_END.split(before)[-1]) is not None


def load_signals() -> dict[str, Signal]:
    text = (Path(__file__).parent / "lexicon.toml").read_text(encoding="utf-8")
    signals = {}
    for name, entry in tomllib.loads(text).items():
        phrases = "|".join(f"(?:{phrase})" for phrase in entry["phrases"])
        pattern = re.compile(rf"(?<!\w)(?:{phrases})", re.IGNORECASE)  # "rates", but not "grates"; and faster
        signals[name] = Signal(name, entry["who"], pattern, entry.get("negatable", False))
    return signals


SIGNALS = load_signals()


def find_all(said: Sequence[Sentence]) -> dict[str, list[Finding]]:
    """Return the findings of every signal, in order; a signal that nobody gave has an empty list."""
    return {
        name: [found for sentence in said if (found := signal.find(sentence))]
        for name, signal in SIGNALS.items()
    }
