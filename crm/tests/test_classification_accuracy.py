"""Every conversation we know the answer to, written here or told by the sandbox, gets the right category."""

import tomllib
from pathlib import Path
from random import Random

import pytest

from crm.classification import CallFacts, Verdict, classify
from crm.providers.ctm.records import call_record
from crm.providers.records import Turn
from sandbox.accounts import load_accounts, load_sources
from sandbox.people import neighbour
from sandbox.record import build
from sandbox.stories import load_stories, split_turn, tell

FIXTURE = Path(__file__).parent / "fixtures" / "transcripts.toml"
WRITTEN = tomllib.loads(FIXTURE.read_text(encoding="utf-8"))["transcript"]
TOLD = [(account, story) for account in load_accounts() for story in load_stories(account.stories)]


def facts_of(entry) -> CallFacts:
    said, outcome = entry.get("said", "").strip(), entry.get("outcome", "answered")
    labelled = said.startswith(("Agent: ", "Caller: ", "Speaker 1: "))
    spoken = [split_turn(line) for line in said.splitlines()] if labelled else []
    return CallFacts(
        kind=entry.get("kind", "call"), direction=entry.get("direction", "inbound"), status=outcome,
        answered=outcome == "answered", duration_s=30, talk_s=20, transcript=said, caller_name="", is_known=False,
        previous_calls=0, vendor_summary="", message_body=entry.get("body", ""),
        turns=tuple(Turn(speaker.lower(), words, float(at)) for at, (speaker, words) in enumerate(spoken)),
        form_fields=tuple((name, value) for name, value in entry.get("fields", ())),
    )  # fmt: skip


def facts_of_story(account, story, telling_number) -> CallFacts:
    rng = Random(f"{story.key} {telling_number}")
    person = neighbour(account, telling_number, seed=1)
    raw = build(
        activity_id=1, account=account, person=person, source=load_sources()[0],
        telling=tell(story, account, person, rng), unix_time=1_790_000_000, rng=rng,
    )  # fmt: skip
    record = call_record(raw)
    return CallFacts(
        kind=record.kind, direction=record.direction, answered=record.answered, status=record.status,
        duration_s=record.duration_seconds, talk_s=record.talk_seconds, transcript=record.transcript,
        turns=record.turns, caller_name=record.caller_name, is_known=False, previous_calls=0, vendor_summary="",
        message_body=record.message_body, form_fields=record.form,
    )  # fmt: skip


def is_quoted(verdict: Verdict, facts: CallFacts) -> bool:
    """Whether every quote stands word for word in one turn, or in what was written."""
    written = [facts.message_body, *(value for _, value in facts.form_fields)]
    places = [turn.text for turn in facts.turns] or [facts.transcript]
    return all(any(each.quote in place for place in [*places, *written]) for each in verdict.evidence)


@pytest.mark.parametrize("entry", WRITTEN, ids=lambda entry: entry["name"])
def test_written_conversation_lands_in_its_category(entry):
    facts = facts_of(entry)
    verdict = classify(facts)
    assert (verdict.category, is_quoted(verdict, facts)) == (entry["category"], True)


@pytest.mark.parametrize(("account", "story"), TOLD, ids=lambda each: getattr(each, "key", None))
def test_told_conversation_lands_in_its_category(account, story):
    tellings = [facts_of_story(account, story, number) for number in range(6)]
    verdicts = [classify(facts) for facts in tellings]
    assert {each.category for each in verdicts} == {story.category}
    assert all(is_quoted(verdict, facts) for verdict, facts in zip(verdicts, tellings, strict=True))
