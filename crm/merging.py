"""Two people made one: what must be chosen between them, and how a person is written down to be restored."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Field, JSONField

from crm.models import Lead

# What is chosen together: (words, columns). The first column says whether there is anything.
CHOICES: dict[str, tuple[str, tuple[str, ...]]] = {
    "name": ("Name", ("display_name", "first_name", "last_name")),
    "phone": ("Phone", ("phone", "phone_e164", "phone_is_wrong")),
    "email": ("E-mail", ("email", "email_status")),
    "company": ("Company", ("company_name", "company_id")),
    "title": ("Title", ("title",)),
    "seniority": ("Seniority", ("seniority",)),
    "linkedin": ("LinkedIn", ("linkedin_url",)),
    "industry": ("Industry", ("industry",)),
    "location": ("Address or area", ("location",)),
    "place": ("Place", ("city", "state", "country")),
    "timezone": ("Time zone", ("timezone",)),
    "source": ("Source", ("source",)),
    "reference": ("Reference", ("external_ref",)),
    "attribution": ("Attribution", ("attribution",)),
    "status": ("Status by hand", ("status_by_hand",)),
    "sentiment": ("Sentiment", ("sentiment",)),
    "stage": ("Stage", ("stage_id", "stage_entered_at", "board_rank", "lost_reason")),
    "owner": ("Owner", ("owner_id",)),
    "value": ("Expected value", ("value", "currency")),
    "research": ("Research", ("deep_research_data", "deep_research_run_at")),
    "notes": ("Remarks", ("notes",)),
}
# Work out by themselves, of both people's calls and facts.
DERIVED = (
    "status",
    "category",
    "first_inbound_at",
    "first_response_at",
    "last_call_at",
    "score",
    "tier",
    "scored_at",
)
JOINED = ("enrichment_data",)
NEVER = (
    "id",
    "agency_id",
    "client_id",
    "created_at",
    "updated_at",
    "archived_at",
    "erased_at",
    "merged_into_id",
)
CHOSEN = [column for _, columns in CHOICES.values() for column in columns]
WORDS = {column: words for words, columns in CHOICES.values() for column in columns} | {
    "enrichment_data": "Further facts"
}


@dataclass(frozen=True, slots=True)
class Side:
    lead: Lead
    words: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class Choice:
    key: str
    words: str
    sides: list[Side]


def columns() -> "dict[str, Field[Any, Any]]":
    return {each.attname: each for each in Lead._meta.concrete_fields if not each.generated}


def snapshot(lead: Lead) -> dict[str, Any]:
    """Every column but the keys, as JSON."""
    return {
        name: _told(field, lead)
        for name, field in columns().items()
        if name not in ("id", "agency_id", "client_id")
    }


def _told(field: "Field[Any, Any]", lead: Lead) -> Any:
    value = getattr(lead, field.attname)
    return value if value is None or isinstance(field, JSONField) else field.value_to_string(lead)


def restored(told: Mapping[str, Any], name: str) -> Any:
    field, value = columns()[name], told[name]
    return value if value is None or isinstance(field, JSONField) else field.to_python(value)


def has(lead: Lead, key: str) -> bool:
    return getattr(lead, CHOICES[key][1][0]) not in (None, "", {})


def chosen_side(leads: list[Lead], key: str, wanted: Mapping[str, str]) -> Lead:
    """Whose values stay: the one that was named, else the first that has any."""
    named = next((each for each in leads if str(each.pk) == wanted.get(key)), None)
    return named or next((each for each in leads if has(each, key)), leads[0])


def choices(leads: list[Lead], wanted: Mapping[str, str]) -> list[Choice]:
    """What the people differ in, with all sides that say something; the first of ``leads`` stays."""
    found = []
    for key, (words, names) in CHOICES.items():
        said = {tuple(str(getattr(each, name)) for name in names) for each in leads if has(each, key)}
        if len(said) > 1:
            chosen = chosen_side(leads, key, wanted)
            sides = [Side(each, said_by(each, key), each == chosen) for each in leads if has(each, key)]
            found.append(Choice(key, words, sides))
    return found


def said_by(lead: Lead, key: str) -> str:
    """What the lead says there, in words."""
    match key:
        case "owner":
            return lead.owner.name if lead.owner else ""
        case "stage":
            return lead.stage.name if lead.stage else ""
        case "place":
            return ", ".join(filter(None, (lead.city, lead.state, lead.country)))
        case "source":
            return lead.get_source_display()
        case "status":
            return lead.get_status_by_hand_display()
        case "sentiment":
            return lead.get_sentiment_display()
        case "value":
            return f"{lead.value} {lead.currency}"
        case "score":
            return f"{lead.score} {lead.tier}".strip()
        case "attribution" | "research":
            told = lead.attribution if key == "attribution" else lead.deep_research_data
            return ", ".join(f"{name}: {value}" for name, value in told.items())[:200]
    return str(getattr(lead, CHOICES[key][1][0]))
