"""What a score counts, and with how many points unless a client's own weights say otherwise. Plain values."""

from collections.abc import Mapping
from dataclasses import dataclass

PRODUCT = 0  # the version of the weights below
HOT, WARM, COOL, COLD = "hot", "warm", "cool", "cold"
TIERS = (HOT, WARM, COOL, COLD)


@dataclass(frozen=True, slots=True)
class Weight:
    name: str
    words: str
    usual: int
    group: str
    least: int = -50
    most: int = 50


CALLS, DEEDS, PERSON, ORIGIN, TIME, WORDS = (
    "What their calls were",
    "What they did",
    "Who they are",
    "Where they came from",
    "How time counts",
    "What a score is called",
)
WEIGHTS = (
    Weight("stars_5", "Best call rated 5 stars", 25, CALLS),
    Weight("stars_4", "Best call rated 4 stars", 20, CALLS),
    Weight("stars_3", "Best call rated 3 stars", 12, CALLS),
    Weight("stars_2", "Best call rated 2 stars", -5, CALLS),
    Weight("stars_1", "Best call rated 1 star", -20, CALLS),
    Weight("talk_long", "Talked for 5 minutes or more", 10, CALLS),
    Weight("talk_some", "Talked for 1 minute or more", 5, CALLS),
    Weight("inbound", "Each time they came to us", 4, DEEDS),
    Weight("inbound_most", "Times they came to us that count, at most", 3, DEEDS, 1, 10),
    Weight("recent_week", "Came to us within the last 7 days", 12, DEEDS),
    Weight("recent_month", "Came to us within the last 30 days", 6, DEEDS),
    Weight("picked_up", "Answered when we called", 8, DEEDS),
    Weight("came_back", "Came back after we reached out", 6, DEEDS),
    Weight("callback", "Asked to be called back, and waits", 8, DEEDS),
    Weight("meeting", "Booked a meeting", 20, DEEDS),
    Weight("web_form", "Wrote through the web form", 8, DEEDS),
    Weight("positive", "Positive about us", 5, DEEDS),
    Weight("negative", "Negative about us", -10, DEEDS),
    Weight("declined", "Said they are not interested", -20, DEEDS),
    Weight("phone", "Has a phone number", 5, PERSON),
    Weight("phone_wrong", "The number is wrong", -10, PERSON),
    Weight("email_verified", "E-mail address is verified", 5, PERSON),
    Weight("email_unsure", "Has an e-mail address, not verified", 2, PERSON),
    Weight("email_invalid", "E-mail address does not exist", -5, PERSON),
    Weight("decides", "Decides: owner, partner, director and the like", 10, PERSON),
    Weight("manages", "Manages: office manager, head of a team", 5, PERSON),
    Weight("company", "Company is known", 3, PERSON),
    Weight("source_asked", "Came by themselves: call, form, booking, website", 6, ORIGIN),
    Weight("source_found", "Was found by us: import, list or data provider", 0, ORIGIN),
    Weight("half_life_days", "Days after which half of what they did is lost", 45, TIME, 7, 365),
    Weight("hot_from", "Hot from", 70, WORDS, 3, 100),
    Weight("warm_from", "Warm from", 45, WORDS, 2, 99),
    Weight("cool_from", "Cool from", 20, WORDS, 1, 98),
)
BY_NAME = {each.name: each for each in WEIGHTS}
USUAL: Mapping[str, int] = {each.name: each.usual for each in WEIGHTS}


def complete(weights: Mapping[str, object]) -> dict[str, int]:
    """``weights`` with the usual value where one is missing, no whole number, or out of its bounds."""
    return {
        each.name: given
        if type(given := weights.get(each.name)) is int and _fits(each, given)
        else each.usual
        for each in WEIGHTS
    }


def _fits(weight: Weight, value: int) -> bool:
    return weight.least <= value <= weight.most


def tier_of(number: int, weights: Mapping[str, int]) -> str:
    """What a number is called: thresholds that cross each other count from the top."""
    named = ((HOT, "hot_from"), (WARM, "warm_from"), (COOL, "cool_from"))
    return next((tier for tier, name in named if number >= weights[name]), COLD)
