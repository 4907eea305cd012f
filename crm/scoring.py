"""A score from 0 to 100, as the sum of what it shows. Plain arithmetic: facts and weights in, components out.

Bounds and decay are components like the others, so that what is listed always adds up to the total.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from crm.score_weights import complete, tier_of

LEAST, MOST = 0, 100
STEP_DAYS = 7  # decay moves once a week, so that a quiet person's score is written seldom
LONG_TALK_S, SOME_TALK_S = 300, 60
WEEK_DAYS, MONTH_DAYS = 7, 30
DECIDES = re.compile(
    r"\b(owner|founder|co-?founder|partner|principal|president|chief|ceo|cfo|coo|cto|cmo|c-?level|c-?suite|"
    r"director|vp|vice president|managing|executive|proprietor|dentist|attorney)\b"
)
MANAGES = re.compile(r"\b(manager|head|lead|supervisor|administrator|coordinator)\b")
ASKED = frozenset({"ctm", "form", "booking", "voice_agent", "website_visitor"})
FOUND = frozenset({"import", "pool", "zoominfo", "apollo", "clearbit"})


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of one person. Days are whole ones, up to the moment of scoring; None is never."""

    stars: int | None = None  # of the best call
    talk_seconds: int = 0  # of the longest conversation
    inbound: int = 0  # how often they came to us, by phone, text or form
    inbound_days: int | None = None  # since they last came
    contact_days: int | None = None  # since they last came or picked up
    picked_up: int = 0  # how often they answered when we called
    came_back: bool = False
    waits_for_callback: bool = False
    meetings: int = 0
    forms: int = 0
    sentiment: str = ""
    declined: bool = False
    has_phone: bool = False
    phone_is_wrong: bool = False
    has_email: bool = False
    email_status: str = ""
    title: str = ""
    seniority: str = ""
    has_company: bool = False
    source: str = ""
    source_words: str = ""
    asked_not: bool = False  # to be contacted

    @property
    def decides(self) -> bool:
        return bool(DECIDES.search(self._rank))

    @property
    def manages(self) -> bool:
        """And does not decide."""
        return not self.decides and bool(MANAGES.search(self._rank))

    @property
    def _rank(self) -> str:
        return f"{self.title} {self.seniority}".casefold()


@dataclass(frozen=True, slots=True)
class Component:
    factor: str
    points: int
    why: str


@dataclass(frozen=True, slots=True)
class Score:
    total: int
    tier: str
    components: tuple[Component, ...]

    def told(self) -> list[dict[str, Any]]:
        """The components as they are stored."""
        return [asdict(each) for each in self.components]


def score(facts: Facts, weights: Mapping[str, object]) -> Score:
    """Add up what is known. The points of the components are exactly the total, which is 0 to 100."""
    held = complete(weights)
    deeds = [each for each in _deeds(facts, held) if each.points]
    components = [
        *deeds,
        *_decay(facts, held, deeds),
        *(each for each in _person(facts, held) if each.points),
    ]
    components += _bounds(sum(each.points for each in components))
    if facts.asked_not:
        left = sum(each.points for each in components)
        components.append(Component("asked_not", -left, "They asked not to be contacted, so the score is 0."))
    total = sum(each.points for each in components)
    return Score(total, tier_of(total, held), tuple(components))


def _deeds(facts: Facts, held: Mapping[str, int]) -> Iterator[Component]:
    """What they did and how their calls went: what fades with time."""
    if facts.stars is not None and 1 <= facts.stars <= 5:
        stars = f"{facts.stars} star{'s' if facts.stars > 1 else ''}"
        yield Component("rating", held[f"stars_{facts.stars}"], f"Their best call was worth {stars}.")
    if facts.talk_seconds >= LONG_TALK_S:
        yield Component("talk", held["talk_long"], "We talked for five minutes or more.")
    elif facts.talk_seconds >= SOME_TALK_S:
        yield Component("talk", held["talk_some"], "We talked for a minute or more.")
    if facts.inbound > 0:
        counted = min(facts.inbound, held["inbound_most"])
        most = f"; {counted} count at most" if counted < facts.inbound else ""
        yield Component(
            "inbound", held["inbound"] * counted, f"They came to us {_times(facts.inbound)}{most}."
        )
    yield from _recency(facts, held)
    if facts.picked_up > 0:
        yield Component("picked_up", held["picked_up"], f"They answered our call {_times(facts.picked_up)}.")
    if facts.came_back:
        yield Component("came_back", held["came_back"], "They came back after we had reached out to them.")
    if facts.waits_for_callback:
        yield Component("callback", held["callback"], "They asked to be called back and are waiting for it.")
    if facts.meetings > 0:
        yield Component("meeting", held["meeting"], f"A meeting was booked {_times(facts.meetings)}.")
    if facts.forms > 0:
        yield Component(
            "web_form", held["web_form"], f"They wrote through the web form {_times(facts.forms)}."
        )
    if facts.sentiment in ("positive", "negative"):
        yield Component("sentiment", held[facts.sentiment], f"They are {facts.sentiment} about the business.")
    if facts.declined:
        yield Component("declined", held["declined"], "The last time we asked, they were not interested.")


def _recency(facts: Facts, held: Mapping[str, int]) -> Iterator[Component]:
    if facts.inbound_days is None:
        return
    if facts.inbound_days < WEEK_DAYS:
        yield Component("recency", held["recent_week"], "They came to us within the last 7 days.")
    elif facts.inbound_days < MONTH_DAYS:
        yield Component("recency", held["recent_month"], "They came to us within the last 30 days.")


def _decay(facts: Facts, held: Mapping[str, int], deeds: list[Component]) -> Iterator[Component]:
    """What was earned by deeds and is lost again since. Its words change only when its points do."""
    earned = sum(each.points for each in deeds if each.points > 0)
    if facts.contact_days is None or earned == 0:
        return
    half, weeks = held["half_life_days"], facts.contact_days // STEP_DAYS
    lost = _lost(earned, weeks, half)
    if lost == 0:
        return
    since = weeks
    while since and _lost(earned, since - 1, half) == lost:
        since -= 1
    why = (
        f"At least {since * STEP_DAYS} days since we were last in contact. "
        f"What they did loses half of its {earned} points every {half} days."
    )
    yield Component("decay", -lost, why)


def _lost(earned: int, weeks: int, half: int) -> int:
    kept: float = 0.5 ** (min(weeks * STEP_DAYS, half * 12) / half)
    return earned - round(earned * kept)


def _person(facts: Facts, held: Mapping[str, int]) -> Iterator[Component]:
    """Who they are and where they came from: what time does not change."""
    if facts.has_phone and facts.phone_is_wrong:
        yield Component(
            "phone", held["phone_wrong"], "The number we have is wrong: somebody else answers there."
        )
    elif facts.has_phone:
        yield Component("phone", held["phone"], "We have their phone number.")
    if facts.has_email:
        yield _email(facts.email_status, held)
    if facts.decides:
        yield Component("seniority", held["decides"], "By their title they decide.")
    elif facts.manages:
        yield Component("seniority", held["manages"], "By their title they manage something.")
    if facts.has_company:
        yield Component("company", held["company"], "We know the company they work for.")
    if facts.source in ASKED:
        words = facts.source_words or facts.source
        yield Component("source", held["source_asked"], f"They found us by themselves ({words}).")
    elif facts.source in FOUND:
        words = facts.source_words or facts.source
        yield Component("source", held["source_found"], f"We found them ({words}).")


def _email(status: str, held: Mapping[str, int]) -> Component:
    if status == "verified":
        return Component("email", held["email_verified"], "Their e-mail address is verified.")
    if status == "invalid":
        return Component("email", held["email_invalid"], "Their e-mail address does not exist.")
    return Component("email", held["email_unsure"], "We have an e-mail address that nobody has verified.")


def _bounds(subtotal: int) -> Iterator[Component]:
    if subtotal > MOST:
        yield Component("cap", MOST - subtotal, f"A score is {MOST} at most (capped at {MOST}).")
    elif subtotal < LEAST:
        yield Component("floor", LEAST - subtotal, f"A score is never below {LEAST}.")


def _times(n: int) -> str:
    return {1: "once", 2: "twice"}.get(n, f"{n} times")
