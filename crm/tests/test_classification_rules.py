"""What the classifier promises whatever is said: it quotes, it denies nothing, and it never claims a sale."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.classification import CallFacts, Evidence, Verdict, classify
from crm.classification.categories import HUES, LABELS, MACHINE, STARS
from crm.classification.summaries import reported
from crm.providers.records import Turn

SILENT = CallFacts(
    kind="call",
    direction="inbound",
    answered=True,
    status="answered",
    duration_s=18,
    talk_s=0,
    transcript="",
    turns=(),
    caller_name="",
    is_known=False,
    previous_calls=0,
    vendor_summary="",
    message_body="",
    form_fields=(),
)
MISSED = replace(SILENT, answered=False, status="no-answer")

PHRASES = [
    "I'd like to schedule a cleaning.",
    "We don't offer that.",
    "Let's do it.",
    "Press one now to speak to us.",
    "You're booked.",
    "Are you hiring?",
    "Call me back.",
    "It’s converted, I bought it.",
    "How much?",
    "I'll think about it.",
    "\n",
    "?!",
    "'",
    "Hello",
]
WORDS = st.lists(st.one_of(st.sampled_from(PHRASES), st.text(max_size=40)), max_size=12).map(" ".join)
TURNS = st.lists(st.tuples(st.sampled_from(["agent", "caller", "Speaker 1", ""]), WORDS), max_size=6)
FACTS = st.builds(
    CallFacts,
    kind=st.sampled_from(["call", "text", "form", "chat", "other"]),
    direction=st.sampled_from(["inbound", "outbound"]),
    answered=st.sampled_from([True, False, None]),
    status=st.sampled_from(["answered", "voicemail", "busy", "no-answer", ""]),
    duration_s=st.integers(0, 7200),
    talk_s=st.integers(0, 7200),
    transcript=WORDS,
    turns=TURNS.map(lambda turns: tuple(Turn(speaker, words, 1.5) for speaker, words in turns)),
    caller_name=st.text(max_size=10),
    is_known=st.booleans(),
    previous_calls=st.integers(0, 9),
    vendor_summary=WORDS,
    message_body=WORDS,
    form_fields=st.lists(st.tuples(st.text(max_size=5), WORDS), max_size=3),
)


def said(*turns: tuple[str, str]) -> CallFacts:
    return replace(SILENT, turns=tuple(Turn(speaker, words, None) for speaker, words in turns))


@given(FACTS)
def test_verdict_is_a_machines_with_its_stars_and_quotes(facts):
    verdict = classify(facts)
    places = [turn.text for turn in facts.turns] or [facts.transcript]
    places += [facts.message_body, *(value for _, value in facts.form_fields)]
    assert verdict.category in MACHINE
    assert verdict.category != "converted"
    assert verdict.rating == STARS[verdict.category]
    assert 0 <= verdict.confidence <= 1
    assert all(each.quote and any(each.quote in place for place in places) for each in verdict.evidence)


@given(FACTS)
def test_same_facts_get_the_same_verdict(facts):
    assert classify(facts) == classify(replace(facts))


def test_every_category_has_a_label_a_hue_and_stars():
    assert set(LABELS) == set(HUES) == set(STARS) == MACHINE | {"converted"}


def test_verdict_names_turn_and_second_of_its_evidence():
    facts = replace(
        SILENT,
        turns=(
            Turn("agent", "Good morning. How can I help?", 0.0),
            Turn("caller", "Hi. I'd like to schedule a cleaning next week. Thursday works for me.", 3.2),
            Turn("agent", "You're booked.", 9.0),
        ),
    )
    assert classify(facts) == Verdict(
        category="very_good",
        rating=4,
        summary="Would like to schedule a cleaning next week.",
        confidence=0.9,
        evidence=(Evidence("Thursday works for me.", 3.2), Evidence("You're booked.", 9.0)),
        reason="Agreed to a date.",
    )


@pytest.mark.parametrize(
    ("facts", "category", "summary"),
    [
        (MISSED, "unanswered", "Nobody answered. The caller rang for 18 seconds."),
        (replace(MISSED, duration_s=1), "unanswered", "Nobody answered. The caller rang for 1 second."),
        (replace(MISSED, duration_s=0), "unanswered", "Nobody answered."),
        (replace(MISSED, direction="outbound"), "unanswered", "Nobody answered. It rang for 18 seconds."),
        (replace(MISSED, status="busy"), "unanswered", "The line was busy."),
        (replace(MISSED, status="voicemail"), "voicemail", "Left a voicemail without details."),
        (SILENT, "unreviewed", "The call was answered, but there is no transcript."),
        (replace(SILENT, answered=None), "unreviewed", "There is no transcript."),
    ],
)
def test_silence_is_judged_by_the_outcome(facts, category, summary):
    verdict = classify(facts)
    assert (verdict.category, verdict.summary, verdict.evidence) == (category, summary, ())


@pytest.mark.parametrize(
    ("words", "category"),
    [
        ("Go ahead and book it for Friday.", "very_good"),
        ("Don't go ahead and book it yet.", "neutral"),
        ("I'm not looking to book it.", "neutral"),
        ("I can't wait, book it for Friday.", "very_good"),
        ("Why don't we go ahead and book it?", "very_good"),
        ("I’m not interested in a quote.", "not_a_fit"),
    ],
)
def test_denied_wish_is_no_wish(words, category):
    assert classify(said(("caller", words))).category == category


@pytest.mark.parametrize(
    ("speaker", "category"),
    [("caller", "very_good"), ("agent", "neutral"), ("Customer", "very_good"), ("Rep", "neutral")],
)
def test_wish_counts_for_the_side_that_said_it(speaker, category):
    assert classify(said((speaker, "Let's book it."))).category == category


def test_words_of_an_unknown_speaker_are_believed_less():
    known, unknown = (classify(said((speaker, "Let's book it."))) for speaker in ("caller", "Channel 2"))
    assert (known.category, known.confidence) == ("very_good", 0.8)
    assert (unknown.category, unknown.confidence) == ("very_good", 0.65)


def test_agreement_taken_back_is_only_interest():
    facts = said(("caller", "Let's book it, how much is it?"), ("caller", "No, wait, let me think it over."))
    assert classify(facts).category == "warm"


@pytest.mark.parametrize(
    ("turns", "category"),
    [
        ([("agent", "Thursday at ten?"), ("caller", "Perfect.")], "very_good"),
        ([("agent", "Thursday at ten?"), ("caller", "Perfect. Let me check with my wife.")], "warm"),
        (
            [
                ("agent", "Thursday at ten?"),
                ("caller", "Which one?"),
                ("agent", "Oak."),
                ("caller", "Perfect."),
            ],
            "warm",
        ),
        ([("agent", "It is ninety dollars."), ("caller", "Perfect.")], "warm"),
        ([("agent", "We close at six today."), ("caller", "Perfect.")], "warm"),
    ],
)
def test_yes_counts_right_after_an_offered_time(turns, category):
    assert classify(said(("caller", "How much is a cleaning?"), *turns)).category == category


@pytest.mark.parametrize(
    ("turns", "category"),
    [
        ([("caller", "Do you fix pools?"), ("agent", "No, sorry.")], "not_a_fit"),
        ([("caller", "Do you fix pools?"), ("agent", "No problem at all.")], "warm"),
        ([("caller", "My pool is broken."), ("agent", "Sorry, my line dropped.")], "warm"),
        (
            [("caller", "Do you fix pools?"), ("agent", "No. We do gutters."), ("caller", "Let's do it.")],
            "very_good",
        ),
    ],
)
def test_no_counts_right_after_a_question_to_us(turns, category):
    assert classify(said(*turns)).category == category


@pytest.mark.parametrize(
    ("words", "category"),
    [
        ("Your rate was reduced. Press one now.", "spam"),
        ("Thank you for calling. For appointments press one.", "neutral"),
    ],
)
def test_menu_of_our_own_is_no_robocall(words, category):
    assert classify(replace(SILENT, transcript=words)).category == category


def test_title_before_a_name_ends_no_sentence():
    facts = said(("caller", "I need Ms. Ferro to see my lease."))
    assert classify(facts).summary == "Needs Ms. Ferro to see their lease."


def test_sixty_thousand_characters_without_a_stop_are_quoted_shortly():
    transcript = "well you know " * 3000 + "please book it for friday " + "and so on " * 20_000
    verdict = classify(replace(SILENT, transcript=transcript))
    assert verdict.category == "very_good"
    assert len(verdict.evidence[0].quote) <= 240
    assert "book it" in verdict.evidence[0].quote
    assert verdict.evidence[0].quote in transcript


@pytest.mark.parametrize(
    ("text", "summary"),
    [
        (
            "I'd like to schedule cleanings for me and my two kids.",
            "Would like to schedule cleanings for them and their two kids.",
        ),
        (
            "We’re looking for someone to fix our roof, and I was told to call.",
            "Is looking for someone to fix their roof.",
        ),
        ("I need a new water heater but I don't know which.", "Needs a new water heater."),
        ("I was wondering if the position is open?", "Asked whether the position is open."),
        ("I'd like to hire you.", ""),  # "you" would need a name that we do not know
        ("I want to know.", ""),
        ("Good morning.", ""),
    ],
)
def test_wish_is_reported_in_the_third_person(text, summary):
    assert reported(text) == summary


@pytest.mark.parametrize(
    ("words", "summary"),
    [
        ("Hi there, do you do gutters?", "Asked: “Do you do gutters?”"),
        (
            "Hey Rosa, it's Ann Lee. The faucet you put in drips again.",
            "Caller said: “The faucet you put in drips again.”",
        ),
        ("I've got a molar that's throbbing.", "Has a molar that's throbbing."),
        ("There's water on the floor.", "Caller said: “There's water on the floor.”"),
    ],
)
def test_other_words_are_quoted_from_the_caller(words, summary):
    facts = said(("agent", "Thanks for calling, I'd like to help you schedule a visit."), ("caller", words))
    assert classify(facts).summary == summary
