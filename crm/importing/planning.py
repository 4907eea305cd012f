"""What becomes of one line: a new lead, a changed one, or none. Decides; the service carries it out."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

from crm.importing.fields import BY_NAME
from crm.importing.people import KEYS, Book, Known, Person

CREATED, UPDATED, SKIPPED, FAILED, SUPPRESSED = "created", "updated", "skipped", "failed", "suppressed"
SKIP, UPDATE, CREATE = "skip", "update", "create"
IN_ARCHIVE = "In the archive here, found by {}. They stay there as they are."
NO_REASON = (
    "Whoever is lost is lost for a reason. Add a column with the reason and say that it is the lost reason."
)
MOST_NAME = BY_NAME["display_name"].most


@dataclass(slots=True)
class Deed:
    """``before`` and ``after`` hold the columns that change, and ``custom`` whole. ``tags`` in ``after`` are those put
    on, ``stamps`` in ``before`` the times that are put back with the rest.
    """

    person: Person
    status: str
    reason: str = ""
    lead_id: UUID | None = None
    before: dict[str, Any] = field(default_factory=dict)
    after: dict[str, Any] = field(default_factory=dict)


def decide(person: Person, book: Book, policy: str, make_id: Callable[[], UUID]) -> Deed:
    """The deed for ``person``; the book learns of it, so that a later line about the same person finds them."""
    if person.problem:
        return Deed(person, FAILED, person.problem)
    found = book.find(person) if policy != CREATE else book.find_address(person)
    if found is None:
        return _create(person, book, make_id())
    known, by = found
    if known.is_away:
        return Deed(person, SKIPPED, IN_ARCHIVE.format(by), known.id)
    if policy == CREATE:
        return Deed(
            person,
            FAILED,
            f"Somebody with this {by} is here already, and an address is one person's.",
            known.id,
        )
    if policy == SKIP:
        return Deed(person, SKIPPED, f"Known already, by {by}.", known.id)
    return _update(person, known, by, book)


def foreseen(person: Person, book: Book, policy: str, seen: set[int]) -> Deed:
    """What ``decide`` would answer, when the lines before are not written. ``seen`` remembers in a few bytes a person
    whom those lines would make.
    """
    deed = decide(person, book, policy, uuid4)
    if deed.status != CREATED:
        return deed
    marks = {hash((name, key(text))) for name, key in KEYS.items() if (text := person.given.get(name))}
    if policy != CREATE and seen & marks:
        return Deed(person, SKIPPED if policy == SKIP else UPDATED, "An earlier line is the same person.")
    seen |= marks
    return deed


def _create(person: Person, book: Book, new_id: UUID) -> Deed:
    columns = {name: text for name, text in person.given.items() if text}
    if columns.get("stage_id") not in person.lost:
        columns.pop("lost_reason", None)
    elif not columns.get("lost_reason"):
        return Deed(person, FAILED, NO_REASON)
    whole = columns.get("display_name", "")
    if whole and not (columns.get("first_name") or columns.get("last_name")):
        first, _, last = whole.rpartition(" ")
        columns["first_name"], columns["last_name"] = (first or last)[:100], (last if first else "")[:100]
    columns.setdefault("display_name", _whole(columns))
    after: dict[str, Any] = {name: text for name, text in columns.items() if text}
    if person.custom:
        after["custom"] = dict(person.custom)
    if person.tags:
        after["tags"] = list(person.tags)
    book.add(Known(new_id, columns, dict(person.custom), {each.casefold() for each in person.tags}))
    return Deed(person, CREATED, person.remark, new_id, {}, after)


def _whole(columns: Mapping[str, str]) -> str:
    """The name of both halves, as far as there is room for it."""
    return f"{columns.get('first_name', '')} {columns.get('last_name', '')}".strip()[:MOST_NAME]


def _update(person: Person, known: Known, by: str, book: Book) -> Deed:
    """Cells that are filled in replace what stands there; blank ones leave it."""
    after: dict[str, Any] = {
        name: text for name, text in person.given.items() if text and not _same(name, text, person, known)
    }
    if {"first_name", "last_name"} & after.keys() and known.columns.get("display_name", "") in (
        "",
        _whole(known.columns),
    ):
        after.setdefault("display_name", _whole({**known.columns, **after}))
    if not _enter(person, known, after):
        return Deed(person, FAILED, NO_REASON, known.id)
    other = book.find_address(person) if "email" in after else None
    if other and not other[0].is_away:
        return Deed(person, FAILED, "This e-mail address is somebody else's here.", known.id)
    before: dict[str, Any] = {name: known.columns.get(name, "") for name in after}
    news = {name: text for name, text in person.custom.items() if known.custom.get(name) != text}
    if news:
        before["custom"] = dict(known.custom)
        known.custom = {**known.custom, **news}
        after["custom"] = dict(known.custom)
    put_on = [each for each in person.tags if each.casefold() not in known.tags]
    if put_on:
        after["tags"] = put_on
        known.tags |= {each.casefold() for each in put_on}
    if not after:
        return Deed(person, SKIPPED, f"Known already, by {by}; nothing is new.", known.id)
    before["stamps"] = dict(known.stamps)
    known.columns.update({name: text for name, text in after.items() if name not in ("custom", "tags")})
    book.add(known)
    return Deed(person, UPDATED, person.remark or f"Known already, by {by}.", known.id, before, after)


def _enter(person: Person, known: Known, after: dict[str, Any]) -> bool:
    """Let what goes with a stage follow it. False when somebody would be lost for no reason.

    Who enters a stage has no place among the others there yet, as if they were new.
    """
    stage, moves = after.get("stage_id", known.columns.get("stage_id")), "stage_id" in after
    if moves and known.columns.get("board_rank"):
        after["board_rank"] = ""
    if stage in person.lost:
        return bool(not moves or after.get("lost_reason") or known.columns.get("lost_reason"))
    after.pop("lost_reason", None)
    if moves and known.columns.get("lost_reason"):
        after["lost_reason"] = ""
    return True


def _same(name: str, text: str, person: Person, known: Known) -> bool:
    """Whether the cell says what is there already, be it in another spelling or of before a merge. A number that can't
    be read replaces none that can.
    """
    held = known.columns
    if name == "phone" and held.get("phone_e164"):
        said = person.given["phone_e164"]
        return said in ("", held["phone_e164"]) or known.answers_to("phone_e164", said)
    stands, said = held.get(name, "").strip(), text.strip()
    same = stands.casefold() == said.casefold() if name in ("email", "linkedin_url") else stands == said
    return same or known.answers_to(name, text)
