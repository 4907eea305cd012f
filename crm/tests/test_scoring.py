"""The arithmetic of scores: whatever is known, and however it is weighed, what is shown adds up."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.score_weights import TIERS, USUAL, WEIGHTS, complete, tier_of
from crm.scoring import Component, Facts, score

DAYS = st.none() | st.integers(0, 5000)
FACTS = st.builds(
    Facts,
    stars=st.none() | st.integers(0, 6),
    talk_seconds=st.integers(0, 20_000),
    inbound=st.integers(0, 500),
    inbound_days=DAYS,
    contact_days=DAYS,
    picked_up=st.integers(0, 50),
    came_back=st.booleans(),
    waits_for_callback=st.booleans(),
    meetings=st.integers(0, 9),
    forms=st.integers(0, 9),
    sentiment=st.sampled_from(("", "positive", "neutral", "negative")),
    declined=st.booleans(),
    has_phone=st.booleans(),
    phone_is_wrong=st.booleans(),
    has_email=st.booleans(),
    email_status=st.sampled_from(("verified", "guessed", "invalid", "catch_all", "unknown")),
    title=st.sampled_from(("", "Owner", "Office manager", "Hygienist", "Zahnärztin", "\x00")),
    seniority=st.sampled_from(("", "director", "c-level")),
    has_company=st.booleans(),
    source=st.sampled_from(("", "ctm", "form", "manual", "import", "apollo")),
    asked_not=st.booleans(),
)
OWN = st.fixed_dictionaries(
    {}, optional={each.name: st.integers(each.least, each.most) for each in WEIGHTS}
) | st.dictionaries(
    st.sampled_from([each.name for each in WEIGHTS]), st.sampled_from((None, True, "9", 2.5, -(10**9), 10**9))
)


@given(FACTS, OWN)
def test_a_score_is_the_sum_of_what_it_shows(facts: Facts, weights: dict[str, object]) -> None:
    found = score(facts, weights)

    assert sum(each.points for each in found.components) == found.total
    assert 0 <= found.total <= 100
    assert found.tier == tier_of(found.total, complete(weights)) in TIERS
    assert score(facts, weights) == found
    assert len({each.factor for each in found.components}) == len(found.components)
    assert all(each.why.endswith(".") and each.why[0].isupper() for each in found.components)


@given(FACTS, OWN)
def test_who_asked_not_to_be_contacted_scores_nothing_and_is_told_why(
    facts: Facts, weights: dict[str, object]
) -> None:
    found = score(replace(facts, asked_not=True), weights)

    assert (found.total, found.components[-1].factor) == (0, "asked_not")


@given(FACTS, OWN, st.integers(0, 1000))
def test_time_alone_never_adds_and_its_words_change_with_its_points(
    facts: Facts, weights: dict[str, object], days: int
) -> None:
    """Of two days apart the later loses at least as much; where it loses the same, it says the same."""
    quiet = replace(facts, inbound_days=None)
    now, later = (
        [
            each
            for each in score(replace(quiet, contact_days=when), weights).components
            if each.factor == "decay"
        ]
        for when in (days, days + 1)
    )

    assert sum(each.points for each in later) <= sum(each.points for each in now) <= 0
    if [each.points for each in now] == [each.points for each in later]:
        assert now == later


def test_what_is_known_is_named_in_sentences() -> None:
    found = score(
        Facts(
            stars=4, talk_seconds=400, inbound=5, inbound_days=60, contact_days=60, picked_up=1, has_phone=True,
            has_email=True, email_status="verified", title="Practice Owner", has_company=True, source="ctm",
            source_words="Tracked call",
        ),
        USUAL,
    )  # fmt: skip

    assert found.components == (
        Component("rating", 20, "Their best call was worth 4 stars."),
        Component("talk", 10, "We talked for five minutes or more."),
        Component("inbound", 12, "They came to us 5 times; 3 count at most."),
        Component("picked_up", 8, "They answered our call once."),
        Component(
            "decay",
            -29,
            "At least 56 days since we were last in contact. "
            "What they did loses half of its 50 points every 45 days.",
        ),
        Component("phone", 5, "We have their phone number."),
        Component("email", 5, "Their e-mail address is verified."),
        Component("seniority", 10, "By their title they decide."),
        Component("company", 3, "We know the company they work for."),
        Component("source", 6, "They found us by themselves (Tracked call)."),
    )
    assert (found.total, found.tier) == (50, "warm")


@pytest.mark.parametrize(
    ("facts", "factor"),
    [
        (Facts(stars=5, talk_seconds=900, inbound=9, inbound_days=0, contact_days=0, picked_up=3, came_back=True,
               meetings=1, forms=1, sentiment="positive"), "cap"),
        (Facts(stars=1, declined=True), "floor"),
    ],
)  # fmt: skip
def test_a_bound_that_is_reached_is_named(facts: Facts, factor: str) -> None:
    found = score(facts, USUAL)

    assert (found.total, found.components[-1].factor) == (100 if factor == "cap" else 0, factor)


def test_weights_that_make_no_sense_count_as_the_usual_ones() -> None:
    assert complete({"stars_5": "many", "inbound": True, "half_life_days": 0, "phone": 7}) == {
        **USUAL,
        "phone": 7,
    }
