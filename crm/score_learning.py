"""What the leads that bought have more often than those that did not, and what weights that would suggest.

Plain arithmetic. Only what was known before anybody bought is looked at: who they are and how they first came. How
calls went is left out, since a call that ended in a sale is rated for it.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from math import log2

from crm.score_weights import BY_NAME, complete
from crm.scoring import ASKED, FOUND, Facts

ENOUGH = 30  # of those who bought, and of those who did not: fewer say nothing
POINTS_FOR_TWICE = 8  # for what is twice as frequent among those who bought
NOTICED = 0.05  # a share that differs by less is chance


TRAITS: Mapping[str, Callable[[Facts], bool]] = {
    "phone": lambda facts: facts.has_phone and not facts.phone_is_wrong,
    "email_verified": lambda facts: facts.has_email and facts.email_status == "verified",
    "email_unsure": lambda facts: facts.has_email and facts.email_status not in ("verified", "invalid"),
    "decides": lambda facts: facts.decides,
    "manages": lambda facts: facts.manages,
    "company": lambda facts: facts.has_company,
    "source_asked": lambda facts: facts.source in ASKED,
    "source_found": lambda facts: facts.source in FOUND,
    "web_form": lambda facts: facts.forms > 0,
}


@dataclass(frozen=True, slots=True)
class Evidence:
    """How many have one trait, among those who bought and among those who did not."""

    name: str  # of the weight
    words: str
    bought: int
    others: int
    now: int  # points at present
    suggested: int


@dataclass(frozen=True, slots=True)
class Suggestion:
    bought: int  # people looked at
    others: int
    evidence: tuple[Evidence, ...] = ()

    @property
    def is_enough(self) -> bool:
        return min(self.bought, self.others) >= ENOUGH

    @property
    def weights(self) -> dict[str, int]:
        return {each.name: each.suggested for each in self.evidence if each.suggested != each.now}


def suggest(bought: Iterable[Facts], others: Iterable[Facts], weights: Mapping[str, object]) -> Suggestion:
    """Compare the two; without ``ENOUGH`` of each nothing is suggested."""
    won, rest, held = list(bought), list(others), complete(weights)
    if min(len(won), len(rest)) < ENOUGH:
        return Suggestion(len(won), len(rest))
    found = []
    for name, has in TRAITS.items():
        with_it, without = sum(map(has, won)), sum(map(has, rest))
        points = _points(name, with_it / len(won), without / len(rest), held[name])
        found.append(Evidence(name, BY_NAME[name].words, with_it, without, held[name], points))
    return Suggestion(len(won), len(rest), tuple(found))


def _points(name: str, bought: float, others: float, now: int) -> int:
    """So many for each doubling. What is as frequent in both, and what nearly everybody has or lacks, stays."""
    if abs(bought - others) < NOTICED:
        return now
    weight, least = BY_NAME[name], 0.01
    points = round(POINTS_FOR_TWICE * log2(max(bought, least) / max(others, least)))
    return max(weight.least, min(weight.most, points))
