"""The fields that an import can fill, and the names under which other systems export them."""

import re
from dataclasses import dataclass

IGNORE, CUSTOM = "", "custom"
REASON = "Why it was not imported"  # the column that we add to rows which come back
# In a list of our own: what we work out ourselves, or what is changed on the page of a person alone.
OURS = re.compile(
    r"(client|status|category|sentiment|owner|source|score|tier|currency)$|(added|last contact)\b"
)


@dataclass(frozen=True, slots=True)
class Field:
    name: str  # of the lead; "id", "tags" and "stage" are no columns of it
    label: str
    kind: str = "text"  # text, id, email, phone, linkedin, money, date, tags, stage
    most: int = 200  # characters
    known_as: tuple[str, ...] = ()


# Headings as HubSpot and Pipedrive document them for their exports, and what others commonly write.
FIELDS = (
    Field("id", "Lead ID", "id", 36),
    Field("first_name", "First name", most=100, known_as=("given name", "forename", "vorname")),
    Field("last_name", "Last name", most=100, known_as=("surname", "family name", "nachname")),
    Field("display_name", "Full name", known_as=("name", "contact name", "person", "contact", "full name")),
    Field(
        "email", "E-mail", "email", 254,
        ("email", "email address", "work email", "email work", "email home", "email other", "e mail address"),
    ),
    Field(
        "phone", "Phone", "phone", 40,
        ("phone number", "mobile phone number", "mobile", "mobile phone", "telephone", "work phone", "cell",
         "phone work", "phone home", "phone mobile", "phone other", "tel"),
    ),
    Field(
        "company_name", "Company",
        known_as=("company name", "organization", "organisation", "associated company", "firm", "account name"),
    ),
    Field("title", "Job title", most=160, known_as=("title", "position", "role")),
    Field("seniority", "Seniority", most=60),
    Field("linkedin_url", "LinkedIn", "linkedin", 300, ("linkedin url", "linkedin profile", "person linkedin url")),
    Field("industry", "Industry", most=100),
    Field("location", "Location", known_as=("address", "postal address")),
    Field("city", "City", most=100, known_as=("town", "postal address city")),
    Field("state", "State", most=60, known_as=("state region", "region", "province", "postal address state")),
    Field("country", "Country", most=60, known_as=("country region", "postal address country")),
    Field(
        "external_ref", "ID elsewhere", most=120,
        known_as=("record id", "contact id", "external id", "id", "reference"),
    ),
    Field("stage", "Stage", "stage", 80, ("pipeline stage",)),
    Field("lost_reason", "Lost reason", known_as=("reason lost", "closed lost reason", "deal lost reason")),
    Field("value", "Value", "money", 30, ("deal value", "amount", "lead value")),
    Field("tags", "Tags", "tags", 2000, ("tag", "labels", "label")),
    Field("last_call_at", "Last contact", "date", 40, ("last contacted", "last activity date", "last activity")),
    Field("notes", "Notes", most=20_000, known_as=("note", "comments", "description")),
)  # fmt: skip
BY_NAME = {field.name: field for field in FIELDS}
# Pipedrive writes "Person - Email - Work", web forms "your-name".
_PREFIX = re.compile(r"^(person|contact|lead|your)\s+(?=\S)")
_KNOWN = {
    words: field.name
    for field in FIELDS
    for words in (field.name.replace("_", " "), re.sub(r"\W+", " ", field.label).lower(), *field.known_as)
}


def plain(heading: str) -> str:
    """A heading in small letters with single spaces for whatever stood between its words."""
    return " ".join(re.sub(r"[\W_]+", " ", heading).lower().split())


def told_apart(headings: list[str]) -> list[str]:
    """The headings as names of their own: a second of the same gets a number, a blank one that of its column."""
    names: list[str] = []
    for number, heading in enumerate(headings, 1):
        plain_name, times = heading or f"Column {number}", 1
        name = plain_name
        while name in names:
            times += 1
            name = f"{plain_name} ({times})"
        names.append(name)
    return names


def guess(headings: list[str]) -> list[str]:
    """The field for each heading, `CUSTOM` for one that none is known for, `IGNORE` for a blank one.

    Several headings may mean one field: the first that is filled in counts. A list of leads that we wrote says by its
    ids who is meant, and what else follows from that is left alone: it may be imported again as it is.
    """
    every = [plain(each) for each in headings]
    is_ours = "lead id" in every
    return [IGNORE if is_ours and OURS.match(each) else _guess(each) for each in every]


def _guess(words: str) -> str:
    if not words or words == plain(REASON):
        return IGNORE
    for attempt in (words, _PREFIX.sub("", words)):
        if attempt in _KNOWN:
            return _KNOWN[attempt]
    return CUSTOM
