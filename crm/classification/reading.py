"""One call as the rules see it."""

from dataclasses import dataclass
from functools import cached_property

from crm.classification.categories import STARS, MachineCategory
from crm.classification.facts import CallFacts, Evidence, Verdict
from crm.classification.lexicon import Finding, find_all
from crm.classification.speech import Sentence, sentences
from crm.classification.summaries import summary_of, without_words

MAX_QUOTE = 240
UNKNOWN_SPEAKER = 0.15  # how much less we believe words when we do not know whose they are


@dataclass(frozen=True)
class Reading:
    facts: CallFacts

    @cached_property
    def said(self) -> list[Sentence]:
        return sentences(self.facts)

    @cached_property
    def signals(self) -> dict[str, list[Finding]]:
        return find_all(self.said)

    @cached_property
    def caller_said(self) -> list[Sentence]:
        """What the caller said, without what a machine says before the tone."""
        greeting = {found.sentence.order for found in self.signals["greeting"]}
        return [each for each in self.said if each.side != "agent" and each.order not in greeting]

    @cached_property
    def is_voicemail(self) -> bool:
        facts = self.facts
        return facts.kind == "call" and (
            facts.status == "voicemail"
            or bool(self.signals["greeting"])
            or (facts.answered is False and bool(self.said))
        )

    def first(self, *names: str) -> Finding | None:
        return next((self.signals[name][0] for name in names if self.signals[name]), None)

    def last_at(self, *names: str) -> int:
        """Return the place of the last sentence that gave one of these signals; -1 when none did."""
        return max((found.sentence.order for name in names for found in self.signals[name]), default=-1)

    def has(self, *names: str) -> bool:
        return self.first(*names) is not None

    def verdict(
        self, category: MachineCategory, confidence: float, reason: str, *findings: Finding | None
    ) -> Verdict:
        """Answer ``category`` with what was found as evidence; the summary is what the caller wanted."""
        found = [each for each in findings if each]
        if any(not each.sentence.side for each in found):
            confidence -= UNKNOWN_SPEAKER
        silent = category == "voicemail"  # a "hello?" to the machine is no wish
        summary = without_words(self.facts) if silent else summary_of(self.caller_said, self.facts)
        return Verdict(
            category=category,
            rating=STARS[category],
            summary=summary,
            confidence=round(max(confidence, 0.0), 2),
            evidence=_evidence(found),
            reason=reason,
        )


def _evidence(findings: list[Finding]) -> tuple[Evidence, ...]:
    quotes = {quote(each): each.sentence.start_s for each in reversed(findings)}
    return tuple(Evidence(words, start_s) for words, start_s in reversed(quotes.items()))


def quote(found: Finding) -> str:
    """Return the sentence around a finding, or the part of a very long one that holds it."""
    text = found.sentence.text
    if len(text) <= MAX_QUOTE:
        return text
    start = max(0, found.start - MAX_QUOTE // 3)
    return text[start : start + MAX_QUOTE].strip()
