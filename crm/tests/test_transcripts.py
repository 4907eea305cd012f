"""Transcripts as pages show them: turns, the quotes of the verdict, and what is looked for."""

import pytest

from crm.transcripts import MOST_HITS, Part, read

TURNS = [
    {"speaker": "agent", "text": "Hello, this is Lee.", "start_s": 0.0},
    {"speaker": "caller", "text": "I want a quote. A quote today!", "start_s": 2.5},
]


def test_turns_and_quotes() -> None:
    told = read(TURNS, "", quotes=["I want a quote."], caller="Ann Lee")

    assert [(turn.number, turn.speaker, turn.ours, turn.start) for turn in told.turns] == [
        (1, "Agent", True, 0), (2, "Ann Lee", False, 2),
    ]  # fmt: skip
    assert told.turns[1].parts == (Part("I want a quote.", quoted=True), Part(" A quote today!"))
    assert (told.hits, told.turn_of("I want a quote."), told.turn_of("Nothing.")) == (0, 2, 0)


def test_hits_are_numbered_over_turns_and_cross_quotes() -> None:
    told = read(TURNS, "", quotes=["want a quote"], caller="Ann", find="QUOTE")

    assert told.hits == 2
    assert told.turns[1].parts == (
        Part("I "), Part("want a ", quoted=True), Part("quote", quoted=True, hit=1, begins=True), Part(". A "),
        Part("quote", hit=2, begins=True), Part(" today!"),
    )  # fmt: skip


def test_hit_that_reaches_over_the_edge_of_a_quote_is_one_hit() -> None:
    told = read(TURNS, "", quotes=["I want"], caller="Ann", find="want a")

    assert told.hits == 1
    assert told.turns[1].parts == (
        Part("I ", quoted=True), Part("want", quoted=True, hit=1, begins=True), Part(" a", hit=1),
        Part(" quote. A quote today!"),
    )  # fmt: skip


@pytest.mark.parametrize("find", [".", "(", "[a", "\\", "*", "Straße", "ﬁ", "İ"])
def test_what_is_looked_for_is_taken_as_it_is(find: str) -> None:
    told = read([{"speaker": "", "text": f"x{find}y", "start_s": None}], "", quotes=[], caller="", find=find)

    assert [part.text for part in told.turns[0].parts] == ["x", find, "y"]


def test_lines_without_turns_from_the_provider() -> None:
    told = read([], "Agent: Hello.\n\nNo name here\nSpeaker 2: Bye.", quotes=[], caller="Ann", find="hello")

    assert [(turn.speaker, turn.text, turn.start_s) for turn in told.turns] == [
        ("Agent", "Hello.", None), ("", "No name here", None), ("Speaker 2", "Bye.", None),
    ]  # fmt: skip
    assert told.hits == 1


def test_words_are_never_lost() -> None:
    words = "a b a b a" * 400
    told = read(
        [{"speaker": "", "text": words, "start_s": 1.0}], "", quotes=["b a", "a"], caller="", find="a"
    )

    assert (told.turns[0].text, told.hits) == (words, MOST_HITS)
