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
    def wishes(self) -> set[int]:
        """The places of the sentences that tell what the caller is after."""
        told = ("complains", "intends", "interested", "needs", "asks_us", "moves_appointment")
        return {found.sentence.order for name in told for found in self.signals[name]}

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

    def reply(self, name: str, *, to: str) -> Finding | None:
        """Return the last ``name`` that one side gave in the turn right after the other's ``to``."""
        asked = {found.sentence.order for found in self.signals[to]}
        for found in reversed(self.signals[name]):
            if asked.intersection(self._turn_before(found.sentence)):
                return found
        return None

    def _turn_before(self, sentence: Sentence) -> range:
        """The places of what the other side said just before; of one sentence when nobody told us the sides."""
        end = sentence.order
        if not sentence.side:
            return range(max(end - 1, 0), end)
        while end and self.said[end - 1].side == sentence.side:
            end -= 1
        start = end
        while start and self.said[start - 1].side != sentence.side:
            start -= 1
        return range(start, end)

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
        summary = (
            without_words(self.facts) if silent else summary_of(self.caller_said, self.facts, self.wishes)
        )
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


def place(found: Finding | None) -> int:
    """Return which sentence a finding is of; -1 for none."""
    return found.sentence.order if found else -1


def quote(found: Finding) -> str:
    """Return the sentence around a finding, or the part of a very long one that holds it."""
    text = found.sentence.text
    if len(text) <= MAX_QUOTE:
        return text
    start = max(0, found.start - MAX_QUOTE // 3)
    return text[start : start + MAX_QUOTE].strip()
