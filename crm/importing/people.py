"""A line of a file as a person, and who of the people already known that is."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from crm.importing import values
from crm.importing.cells import Illegible
from crm.importing.fields import BY_NAME, CUSTOM, IGNORE
from crm.importing.values import Unfit
from lib.safe_csv import as_typed


@dataclass(frozen=True, slots=True)
class Reading:
    """How the cells of one job are to be understood."""

    columns: Sequence[str]  # the field of each column
    headings: Sequence[str]
    region: str  # whose numbers have no country code
    day_first: bool
    zone: ZoneInfo
    stages: Mapping[str, str]  # id by name in small letters
    lost: frozenset[str] = frozenset()  # those of them in which people are lost


@dataclass(slots=True)
class Person:
    """What one line says: texts by column of the lead, blank cells left out."""

    line: int
    cells: list[str]
    given: dict[str, str] = field(default_factory=dict)
    custom: dict[str, str] = field(default_factory=dict)
    tags: list[str] = field(default_factory=list)
    own_id: str = ""
    lost: frozenset[str] = frozenset()  # stages in which people are lost
    problem: str = ""
    remark: str = ""

    @property
    def name(self) -> str:
        given = self.given
        return (
            given.get("display_name") or f"{given.get('first_name', '')} {given.get('last_name', '')}".strip()
        )


def read(line: int, cells: list[str], reading: Reading) -> Person:
    """``cells`` may be fewer than the columns; more than the columns is a problem of the line."""
    person = Person(line, cells, lost=reading.lost)
    if len(cells) > len(reading.columns):
        person.problem = (
            f"There are {len(cells)} cells and {len(reading.columns)} headings. "
            "A separator inside a cell may lack its quotation marks."
        )
        return person
    try:
        for name, heading, cell in zip(reading.columns, reading.headings, cells, strict=False):
            if isinstance(cell, Illegible) and name != IGNORE:
                raise Unfit(f"“{cell[:60]}” {cell.why}")
            if cell and name != IGNORE:
                _take(person, name, heading, as_typed(cell), reading)
        _settle(person)
    except Unfit as unfit:
        person.problem = str(unfit)
    return person


def _take(person: Person, name: str, heading: str, cell: str, reading: Reading) -> None:
    if name == CUSTOM:
        person.custom[heading] = cell
        return
    taken = {"stage": "stage_id" in person.given, "id": bool(person.own_id)}
    if taken.get(name, name in person.given):  # an earlier column of the same meaning was filled in
        person.custom.setdefault(heading, cell)
        return
    match BY_NAME[name].kind:
        case "id":
            person.own_id = values.own_id(cell)
        case "email":
            person.given[name] = values.email(cell)
        case "phone":
            person.given["phone"], e164 = values.phone(cell, reading.region)
            person.given["phone_e164"] = e164
            if not e164:
                person.remark = (
                    f"“{cell[:40]}” can't be read as a phone number; it was kept as it is written."
                )
        case "linkedin":
            person.given[name] = values.linkedin(cell)
        case "money":
            person.given[name] = str(values.money(cell))
        case "date":
            read = values.day(cell, day_first=reading.day_first, zone=reading.zone)
            person.given[name] = read.isoformat()
        case "tags":
            had = {each.casefold() for each in person.tags}
            person.tags += [each for each in values.tags(cell) if each.casefold() not in had]
        case "stage":
            if cell.casefold() not in reading.stages:
                raise Unfit(f"There is no stage named “{cell[:60]}”. Make it first, or leave the column out.")
            person.given["stage_id"] = reading.stages[cell.casefold()]
        case _:
            person.given[name] = values.text_of(BY_NAME[name])(cell)


def _settle(person: Person) -> None:
    """A whole name has two halves and two halves make a whole one. Somebody who can't be reached or named is nobody."""
    if not (person.name or person.own_id or any(person.given.get(each) for each in REACHED_BY)):
        raise Unfit(
            "Nothing says who this is: there is no name, e-mail address, phone number or LinkedIn profile."
            if not person.remark
            else person.remark
        )


REACHED_BY = ("email", "phone_e164", "linkedin_url")


@dataclass(slots=True)
class Known:
    """A lead there is, or one that an earlier line made. Texts by column, as `Person` has them.

    ``also`` are further texts of ``KEYS`` by which they were known before people were made one of them.
    """

    id: UUID
    columns: dict[str, str]
    custom: dict[str, Any] = field(default_factory=dict)
    tags: set[str] = field(default_factory=set)  # in small letters
    stamps: dict[str, str | None] = field(default_factory=dict)  # times that a change moves along
    is_away: bool = False  # in the archive, or erased
    also: Mapping[str, set[str]] = field(default_factory=dict)
    former_ids: Sequence[str] = ()  # of those who were merged into them

    def ways(self, name: str) -> set[str]:
        """All texts of one of ``KEYS`` that are theirs."""
        return {each for each in (self.columns.get(name, ""), *self.also.get(name, ())) if each}

    def answers_to(self, name: str, text: str) -> bool:
        """Whether ``text`` is a second way to reach them, beside the one that stands there."""
        key = KEYS.get(name)
        return bool(key and self.columns.get(name) and key(text) in map(key, self.also.get(name, ())))


CURRENT, MERGED, AWAY = range(3)  # how a person is known; in this order they are looked for


class Book:
    """The people whom a batch of lines may be about."""

    def __init__(self, known: Iterable[Known] = ()) -> None:
        self.by_id: dict[str, Known] = {}
        self._by: list[dict[str, dict[str, list[Known]]]] = [
            {name: defaultdict(list) for name in KEYS} for _ in (CURRENT, MERGED, AWAY)
        ]
        for each in known:
            self.add(each)

    def add(self, known: Known) -> None:
        """Take in somebody, or what is new of them."""
        for each in (str(known.id), *known.former_ids):
            self.by_id[each] = known
        for name, key in KEYS.items():
            if value := known.columns.get(name):
                self._by[AWAY if known.is_away else CURRENT][name][key(value)].append(known)
            for value in known.also.get(name, ()):
                self._by[AWAY if known.is_away else MERGED][name][key(value)].append(known)

    def find(self, person: Person) -> tuple[Known, str] | None:
        """(who it is, by what), asked in this order: our own id, e-mail, number, LinkedIn, id elsewhere.

        Who is in the archive is found only when nobody else is.
        """
        if found := self.by_id.get(person.own_id):
            return found, "lead ID"
        for people in self._by:
            for name, words in MATCHED_BY.items():
                value = person.given.get(name)
                for known in people[name].get(KEYS[name](value), ()) if value else ():
                    if name != "phone_e164" or _may_share(person, known):
                        return known, words
        return None

    def find_address(self, person: Person) -> tuple[Known, str] | None:
        """Who has the e-mail address, which is one person's alone."""
        if address := person.given.get("email", "").casefold():
            for people in self._by:
                for known in people["email"].get(address, ()):
                    return known, MATCHED_BY["email"]
        return None


KEYS: dict[str, Callable[[str], str]] = {
    "email": str.casefold,
    "phone_e164": str,
    "linkedin_url": str.casefold,
    "external_ref": str,
}
MATCHED_BY = {
    "email": "e-mail address",
    "phone_e164": "phone number",
    "linkedin_url": "LinkedIn profile",
    "external_ref": "ID elsewhere",
}


def _may_share(person: Person, known: Known) -> bool:
    """Whether two with one number may be one. Families and front desks share theirs: another address or another first
    name is another person.
    """
    theirs, ours = known.columns.get("email", ""), person.given.get("email", "")
    if theirs and ours:
        return False  # an equal one was found before
    names = (_first_name(person.given), _first_name(known.columns))
    return "" in names or names[0] == names[1]


def _first_name(columns: Mapping[str, str]) -> str:
    whole = columns.get("first_name") or columns.get("display_name") or ""
    return whole.split()[0].casefold() if whole.split() else ""
