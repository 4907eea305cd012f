"""What a filter of leads says in words, each part with the way to take it off again."""

from dataclasses import dataclass, replace
from typing import Any

from crm.classification.categories import LABELS
from crm.in_address import InAddress
from crm.lead_filter import MINE, NOBODY, NONE, RANGES, SORTS, WORDS, YES_OR_NO, LeadFilter, Range
from crm.models import Call

TITLES = {
    "status": "Status", "source": "Source", "tier": "Tier", "sentiment": "Sentiment", "category": "Category",
    "email": "E-mail", "phone": "Phone", "created": "Added", "contact": "Last contact",
}  # fmt: skip
CALL_WORDS = LABELS | dict(Call.Direction.choices) | dict(Call.Source.choices)
ON_THE_BAR = {"q", "client", "status"}  # shown by their own controls


@dataclass(frozen=True, slots=True)
class Chip:
    title: str
    words: str
    off: str  # the query without it


def chips(chosen: LeadFilter, *, owner_name: str = "") -> list[Chip]:
    said: dict[str, tuple[str, str]] = {}
    if chosen.stage:
        said["stage"] = ("Stage", "None" if chosen.stage == NONE else chosen.stage)
    if chosen.tag:
        said["tag"] = ("Tag", chosen.tag)
    if chosen.owner:
        said["owner"] = ("Owner", {MINE: "Me", NOBODY: "Nobody"}.get(chosen.owner, owner_name or "Somebody"))
    for name, words in WORDS.items():
        if name not in ON_THE_BAR and (value := getattr(chosen, name)):
            said[name] = (TITLES[name], words[value])
    for name in YES_OR_NO:
        if mark := getattr(chosen, name):
            said[name] = (TITLES[name], "Known" if mark == "1" else "Missing")
    for name in RANGES:
        if words_of := range_words(getattr(chosen, name)):
            said[name] = (TITLES[name], words_of)
    if chosen.archived:
        said["archived"] = ("Archive", "Archived leads")
    return [Chip(*words, _without(chosen, name)) for name, words in said.items()]


def _without(chosen: LeadFilter, name: str) -> str:
    blank: Any = {"archived": False, "created": Range(), "contact": Range()}.get(name, "")
    return replace(chosen, **{name: blank}).query


def range_words(chosen: Range) -> str:
    if chosen.days:
        return "Today" if chosen.days == "1" else f"Last {chosen.days} days"
    if chosen.first and chosen.last:
        return f"{chosen.first} to {chosen.last}"
    if chosen.first:
        return f"Since {chosen.first}"
    return f"Until {chosen.last}" if chosen.last else ""


def summary(chosen: InAddress) -> list[str]:
    """What a query narrows its list to, in a few words each."""
    if isinstance(chosen, LeadFilter):
        said = [f"{chip.title}: {chip.words}" for chip in chips(chosen)]
        said += [f"Status: {WORDS['status'][chosen.status]}"] if chosen.status else []
        said += [f"Order: {SORTS[chosen.sort][0]}"] if chosen.sort else []
        said += ["Columns of your choice"] if chosen.columns else []
    else:
        said = [
            f"{TITLES.get(name, name).capitalize()}: {CALL_WORDS.get(value, value)}"
            for name, value in chosen.kept.items()
            if name not in ("client", "q", "unread") and not name.startswith("day")
        ]
        day = range_words(Range.parse(chosen.kept, "day"))
        said += [f"Day: {day}"] if day else []
        said += ["Unread"] if "unread" in chosen.kept else []
    kept = chosen.kept
    said += [f"Client: {kept['client']}"] if "client" in kept else []
    said += [f"Search: {kept['q']}"] if "q" in kept else []
    return said
