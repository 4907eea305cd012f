"""Stories: what people say, from the files in ``stories/``."""

import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from sandbox.accounts import Account
from sandbox.exchange import Record
from sandbox.people import Person

FOLDER = Path(__file__).parent / "stories"
WORDS_PER_SECOND = 2.6
PAUSE_S = 0.7
DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday"]
TIMES = [
    "nine",
    "nine thirty",
    "ten",
    "ten thirty",
    "eleven",
    "one thirty",
    "two",
    "two thirty",
    "three",
    "three thirty",
]


@dataclass(frozen=True)
class Story:
    key: str
    category: str  # what a careful reader would call it; "unreviewed" where nobody could say
    kind: str = "call"  # call, text, form, chat, video (a type unknown to most integrations)
    outcome: str = "answered"  # or voicemail, unanswered, canceled, busy
    direction: str = ""  # empty: inbound
    caller: str = "new"  # or returning, stranger
    weight: int = 1
    service: str | None = None
    tags: list[str] = field(default_factory=list)
    turns: str = ""
    message: str = ""
    form_name: str = ""
    pick: dict[str, list[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Telling:
    """A story filled in for one person."""

    story: Story
    agent: str
    turns: list[tuple[str, str]]  # speaker, words
    message: str

    @property
    def transcript(self) -> str:
        return "\n".join(f"{speaker}: {words}" for speaker, words in self.turns)


def load_stories(trade: str) -> list[Story]:
    """Return the stories of ``trade`` and those told everywhere. Unknown fields in a file raise TypeError."""
    found = []
    for name in (trade, "common"):
        entries = tomllib.loads((FOLDER / f"{name}.toml").read_text(encoding="utf-8"))["story"]
        found += [Story(**entry) for entry in entries]
    return found


def tell(story: Story, account: Account, person: Person, rng: Random) -> Telling:
    agent = rng.choice(account.agents)
    words = {
        "business": account.name,
        "agent": agent,
        "first": person.first,
        "last": person.last,
        "name": person.name,
        "phone": person.spoken_number,
        "email": person.email.replace("@", " at ") if story.kind == "call" else person.email,
        "street": person.street,
        "city": person.city,
        "day": rng.choice(DAYS),
        "time": rng.choice(TIMES),
    }
    # A choice may itself name a person or a day, so the choices are filled in before the text.
    words |= {name: rng.choice(options).format_map(words) for name, options in story.pick.items()}
    lines = story.turns.format_map(words).strip().splitlines()
    return Telling(story, agent, [split_turn(line) for line in lines], story.message.format_map(words))


def split_turn(line: str) -> tuple[str, str]:
    """Split ``Agent: Hello`` into speaker and words; a line without speaker is the caller's."""
    speaker, separator, words = line.partition(": ")
    return (speaker, words) if separator and speaker in ("Agent", "Caller") else ("Caller", line)


def segments(turns: list[tuple[str, str]]) -> list[Record]:
    """Return the turns on a time line, in seconds from the moment the call was picked up."""
    result: list[Record] = []
    at = 0.0
    for speaker, words in turns:
        end = at + max(0.8, len(words.split()) / WORDS_PER_SECOND)
        result.append(
            {"start": round(at, 1), "end": round(end, 1), "speaker": speaker.lower(), "text": words}
        )
        at = end + PAUSE_S
    return result
