from random import Random

import pytest

from sandbox.accounts import Account, load_accounts
from sandbox.people import neighbour
from sandbox.stories import Story, load_stories, segments, split_turn, tell
from sandbox.tests.test_traffic import CATEGORIES

ACCOUNTS = load_accounts()
TOLD = [(account, story) for account in ACCOUNTS for story in load_stories(account.stories)]


@pytest.mark.parametrize(("account", "story"), TOLD, ids=[f"{a.stories}:{s.key}" for a, s in TOLD])
def test_story_is_told_without_gaps(account: Account, story: Story) -> None:
    for seed in range(20):
        telling = tell(story, account, neighbour(account, seed, seed), Random(seed))

        text = telling.transcript + telling.message
        assert "{" not in text
        assert all(words for _, words in telling.turns)
        assert bool(telling.turns) == (
            story.kind == "chat" or (story.kind == "call" and story.outcome in ("answered", "voicemail"))
        )
        assert bool(telling.message) == (story.kind in ("text", "form", "video"))


def test_keys_are_unique_and_words_are_known() -> None:
    stories = {story.key: story for _, story in TOLD}

    for account in ACCOUNTS:
        keys = [story.key for story in load_stories(account.stories)]
        assert len(keys) == len(set(keys))
    assert {story.category for story in stories.values()} == CATEGORIES | {"unreviewed"}
    assert {story.outcome for story in stories.values()} == {
        "answered",
        "voicemail",
        "unanswered",
        "canceled",
        "busy",
    }
    assert {story.caller for story in stories.values()} == {"new", "returning", "stranger"}
    assert len(stories) >= 50


@pytest.mark.parametrize("account", ACCOUNTS, ids=[account.stories for account in ACCOUNTS])
def test_every_trade_has_stories_of_its_own_for_what_matters(account: Account) -> None:
    everywhere = {s.key for s in load_stories("dental")} & {s.key for s in load_stories("law")}
    own = {story.category for story in load_stories(account.stories) if story.key not in everywhere}

    assert own >= {"very_good", "warm", "needs_attention", "not_a_fit", "neutral", "applicant"}


def test_line_without_speaker_is_the_callers() -> None:
    assert split_turn("Agent: Good day: you too") == ("Agent", "Good day: you too")
    assert split_turn("It is: late") == ("Caller", "It is: late")


def test_segments_follow_one_another() -> None:
    assert segments([("Agent", "one two three four five six"), ("Caller", "Hm")]) == [
        {"start": 0.0, "end": 2.3, "speaker": "agent", "text": "one two three four five six"},
        {"start": 3.0, "end": 3.8, "speaker": "caller", "text": "Hm"},
    ]
