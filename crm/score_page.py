"""A person's score as it is shown: the number that counts, what it is made of, and how it came about."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from accounts.newest import PAGE, page_and_one_more
from accounts.tenancy import Actor
from crm.lead_columns import TIER_HUES
from crm.models import Lead, LeadScore, ScoreDue
from crm.score_weights import PRODUCT
from crm.timeline import HOUSE

MINUS = "\u2212"


def signed(points: int) -> str:
    return f"+{points}" if points > 0 else str(points).replace("-", MINUS)


@dataclass(frozen=True, slots=True)
class Sum:
    """A row of a score in words."""

    lines: list[tuple[str, str]]  # (why, points)
    total: int
    weights: str

    @classmethod
    def of(cls, row: LeadScore) -> Self:
        version = row.weights_version
        words = "the usual weights" if version == PRODUCT else f"weights version {version}"
        return cls([(each["why"], signed(each["points"])) for each in row.components], row.total, words)


@dataclass(frozen=True, slots=True)
class Panel:
    number: int | None  # that counts
    tier: str
    hue: str
    sum: Sum | None = None
    added_up_at: datetime | None = None
    override: LeadScore | None = None  # the row with which a person set the number that counts
    is_due: bool = False  # something has changed since


def panel_of(actor: Actor, lead: Lead) -> Panel:
    """What the page of ``lead`` shows of its score."""
    rows = LeadScore.objects.for_actor(actor).filter(client_id=lead.client_id, lead=lead)
    row = rows.in_force().first() if lead.scored_at else None
    due = ScoreDue.objects.for_actor(actor).filter(client_id=lead.client_id, lead_id=lead.pk)
    is_due = not (lead.archived_at or lead.erased_at) and due.exists()
    hue = TIER_HUES.get(lead.tier, "gray")
    if row is None:
        return Panel(lead.score, lead.tier, hue, is_due=is_due)
    override = None
    if row.override is not None:
        set_by_hand = rows.filter(
            override=row.override, scored_by__isnull=False, scored_at__lte=row.scored_at
        )
        override = set_by_hand.select_related("scored_by").order_by("-scored_at", "-pk").first()
    return Panel(lead.score, lead.tier, hue, Sum.of(row), row.scored_at, override or _unsigned(row), is_due)


def _unsigned(row: LeadScore) -> LeadScore | None:
    """The override of somebody who is no longer known by name still counts."""
    return row if row.override is not None else None


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the history: the number that counted from then on, and what was different."""

    at: datetime
    number: int
    who: str
    words: str
    reason: str
    changes: list[tuple[str, str]]  # (why, by how many points more or less)
    sum: Sum


def history(actor: Actor, lead: Lead, before: str) -> tuple[list[Entry], str]:
    """One page of how the score came about, newest first, and the place where the next begins."""
    rows = LeadScore.objects.for_actor(actor).filter(client_id=lead.client_id, lead=lead)
    ordered = rows.select_related("scored_by").order_by("-scored_at", "-pk")
    found, older = page_and_one_more(ordered, "scored_at", before)
    return [_entry(row, was) for row, was in zip(found[:PAGE], [*found[1:], None], strict=False)], older


def _entry(row: LeadScore, was: LeadScore | None) -> Entry:
    who = row.scored_by.name if row.scored_by else HOUSE
    return Entry(
        row.scored_at, row.number, who, _words(row, was), _reason(row), _changes(row, was), Sum.of(row)
    )


def _reason(row: LeadScore) -> str:
    return row.reason if row.override is not None and row.scored_by_id else ""


def _words(row: LeadScore, was: LeadScore | None) -> str:
    if row.scored_by_id:
        return "Set by hand" if row.override is not None else "Left to the sum again"
    if was is None:
        return "Added up for the first time"
    if was.weights_version != row.weights_version:
        return "Added up with new weights"
    return "Added up anew" + ("; the number set by hand counts" if row.override is not None else "")


def _changes(row: LeadScore, was: LeadScore | None) -> list[tuple[str, str]]:
    """By factor, what the sum gained and lost; each told in the words of whichever row has it."""
    if was is None or row.components == was.components:
        return []
    new, old = _by_factor(row.components), _by_factor(was.components)
    changes = []
    for factor in dict.fromkeys([*new, *old]):
        more = new.get(factor, {"points": 0})["points"] - old.get(factor, {"points": 0})["points"]
        if more:
            why = new[factor]["why"] if factor in new else f"No longer: {old[factor]['why']}"
            changes.append((why, signed(more)))
    return changes


def _by_factor(components: Sequence[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {each["factor"]: each for each in components}
