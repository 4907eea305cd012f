"""Which leads a list shows and in which order, as its address says it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Self
from uuid import UUID
from zoneinfo import ZoneInfo

from accounts.tenancy import Actor
from crm import reach
from crm.classification.categories import LABELS
from crm.in_address import InAddress, one_line, view_of
from crm.models import Lead
from crm.paging import PAGE, Order
from crm.score_weights import TIERS
from crm.searching import FOUND, found_values

SORTS: dict[str, tuple[str, Order]] = {
    "": ("Last contact", Order("l.last_call_at", "l.id", nullable=True)),
    "created": ("Newest", Order("l.created_at", "l.id")),
    "name": ("Name", Order("l.sort_name", "l.id", "text", falling=False, nullable=True)),
    "score": ("Score", Order("l.score", "l.id", "number", nullable=True)),
    "value": ("Value", Order("l.sort_value", "l.id", "number", nullable=True)),
}
KEYS = {
    "": "last_call_at",
    "created": "created_at",
    "name": "sort_name",
    "score": "score",
    "value": "sort_value",
}
DAYS = ("1", "7", "30", "90")  # of "within the last … days", today included
NOBODY, MINE, NONE = "nobody", "me", "none"
WORDS: dict[str, Mapping[str, str]] = {  # the filters that compare a column with one of a few words
    "status": dict(Lead.Status.choices),
    "source": dict(Lead.Source.choices),
    "tier": {tier: tier.capitalize() for tier in TIERS},
    "sentiment": dict(Lead.Sentiment.choices),
    "category": LABELS,
}
YES_OR_NO = {"email": "l.email", "phone": "l.phone_e164"}
RANGES = {"created": "l.created_at", "contact": "l.last_call_at"}
STAGES = "SELECT s.id FROM crm_pipelinestage s WHERE {scope} AND lower(s.name) = lower(%s)"
TAGGED = (
    "SELECT lt.lead_id FROM crm_leadtag lt WHERE lt.tag_id = ANY(ARRAY("
    "SELECT t.id FROM crm_tag t WHERE {scope} AND lower(t.name) = lower(%s)))"
)


@dataclass(frozen=True, slots=True)
class Reading:
    """Who reads: the clients they may name, and where their days begin."""

    clients: Mapping[str, UUID]  # by slug
    zone: str = "UTC"
    today: date = date(1970, 1, 1)

    def midnight(self, day: date) -> datetime:
        return datetime.combine(day, time(), ZoneInfo(self.zone))


@dataclass(frozen=True, slots=True)
class Range:
    """A stretch of days, both ends included: the last ``days``, else from and until. Empty ends are open."""

    days: str = ""
    first: str = ""
    last: str = ""

    @classmethod
    def parse(cls, params: Mapping[str, str], name: str) -> Self:
        days = params.get(name, "")
        if days in DAYS:
            return cls(days)
        return cls("", _day(params.get(f"{name}_from", "")), _day(params.get(f"{name}_to", "")))

    def params(self, name: str) -> dict[str, str]:
        return {name: self.days, f"{name}_from": self.first, f"{name}_to": self.last}

    def conditions(self, column: str, reading: Reading) -> tuple[list[str], list[Any]]:
        first, last = self.first, self.last
        if self.days:
            first = (reading.today - timedelta(days=int(self.days) - 1)).isoformat()
        held, values = [], []
        if first:
            held.append(f"{column} >= %s")
            values.append(reading.midnight(date.fromisoformat(first)))
        if last:
            held.append(f"{column} < %s")
            values.append(reading.midnight(date.fromisoformat(last) + timedelta(days=1)))
        return held, values


def _day(text: str) -> str:
    """The day as ISO 8601 writes it, or nothing. Days that no calendar of people holds are nothing."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return ""
    return day.isoformat() if 1900 <= day.year <= 2200 else ""


@dataclass(frozen=True, slots=True)
class LeadFilter(InAddress):
    reading: Reading = Reading({})
    client: str = ""  # its slug
    status: str = ""
    stage: str = ""  # its name, whichever client's; "none"
    owner: str = ""  # an id, "me" or "nobody"
    source: str = ""
    tier: str = ""
    sentiment: str = ""
    tag: str = ""  # its name, whichever client's
    category: str = ""
    email: str = ""  # "1" or "0": whether there is one
    phone: str = ""
    created: Range = Range()
    contact: Range = Range()
    archived: bool = False
    q: str = ""
    sort: str = ""
    columns: tuple[str, ...] = ()  # as chosen; none is the list's own choice

    @classmethod
    def parse(cls, params: Mapping[str, str], reading: Reading) -> Self:
        """A value that means nothing is left out rather than answered with an empty page."""
        slug, sort = params.get("client", ""), params.get("sort", "")
        words = {name: params.get(name, "") for name in WORDS}
        marks = {name: params.get(name, "") for name in YES_OR_NO}
        return cls(
            view=view_of(params.get("view", "")),
            reading=reading,
            client=slug if slug in reading.clients else "",
            stage=one_line(params.get("stage", "")),
            owner=_owner(params.get("owner", "")),
            tag=one_line(params.get("tag", "")),
            created=Range.parse(params, "created"),
            contact=Range.parse(params, "contact"),
            archived=params.get("archived") == "1",
            q=one_line(params.get("q", "")),
            sort=sort if sort in SORTS else "",
            columns=_columns(params.get("columns", "")),
            **{name: word if word in WORDS[name] else "" for name, word in words.items()},
            **{name: mark if mark in ("0", "1") else "" for name, mark in marks.items()},
        )

    @property
    def filters(self) -> dict[str, str]:
        """What narrows the list; neither its order nor its columns."""
        every = {
            "q": self.q,
            "client": self.client,
            "stage": self.stage,
            "owner": self.owner,
            "tag": self.tag,
            **{name: getattr(self, name) for name in (*WORDS, *YES_OR_NO)},
            **self.created.params("created"),
            **self.contact.params("contact"),
            "archived": "1" if self.archived else "",
        }
        return {name: value for name, value in every.items() if value}

    @property
    def kept(self) -> dict[str, str]:
        looks = {"sort": self.sort, "columns": ",".join(self.columns)}
        return self.filters | {name: value for name, value in looks.items() if value}

    @property
    def order(self) -> Order:
        return SORTS[self.sort][1]

    @property
    def client_id(self) -> UUID | None:
        return self.reading.clients.get(self.client)

    def key_of(self, lead: Lead) -> Any:
        """What ``lead`` is ordered by."""
        return getattr(lead, KEYS[self.sort])

    @property
    def is_search_alone(self) -> bool:
        """Whether the search's own order and limit are the list's."""
        return not self.sort and not (self.filters.keys() - {"q", "client", "archived"})

    def conditions(self, actor: Actor, *, most: int | None = None) -> tuple[list[str], list[Any]]:
        """What holds for the leads of ``actor`` that pass, as SQL about ``l``, and its values. Nothing about place.

        A search is cut after ``most`` people, for who needs the first of them alone.
        """
        scope, values = reach.leads(actor, "l")
        held = [scope]
        if self.archived:  # those that were merged into somebody, or erased, are gone
            held.append("l.archived_at IS NOT NULL AND l.merged_into_id IS NULL AND l.erased_at IS NULL")
        else:
            held.append("l.archived_at IS NULL")
        equal = {"client_id": self.client_id, **{name: getattr(self, name) for name in WORDS}}
        for column, wanted in equal.items():
            if wanted:
                held.append(f"l.{column} = %s")
                values.append(wanted)
        thinned = scope != actor.scope.condition("l")[0]  # the search knows of nothing but the scope
        found = self._found(None if thinned else most)
        for more, its in (self._owned(actor), self._named(actor), self._dated(), found):
            held += more
            values += its
        return held, values

    def _owned(self, actor: Actor) -> tuple[list[str], list[Any]]:
        if not self.owner:
            return [], []
        if self.owner == NOBODY:
            return ["l.owner_id IS NULL"], []
        return ["l.owner_id = %s"], [actor.user_id if self.owner == MINE else UUID(self.owner)]

    def _named(self, actor: Actor) -> tuple[list[str], list[Any]]:
        held, values = [], []
        if self.stage == NONE:
            held.append("l.stage_id IS NULL")
        elif self.stage:
            scope, its = actor.scope.condition("s")
            held.append(f"l.stage_id = ANY(ARRAY({STAGES.format(scope=scope)}))")
            values += [*its, self.stage]
        if self.tag:
            scope, its = actor.scope.condition("t")
            held.append(f"l.id IN ({TAGGED.format(scope=scope)})")
            values += [*its, self.tag]
        for name, column in YES_OR_NO.items():
            if mark := getattr(self, name):
                held.append(f"{column} {'<>' if mark == '1' else '='} ''")
        return held, values

    def _dated(self) -> tuple[list[str], list[Any]]:
        held, values = [], []
        for name, column in RANGES.items():
            more, its = getattr(self, name).conditions(column, self.reading)
            held += more
            values += its
        return held, values

    def _found(self, most: int | None) -> tuple[list[str], list[Any]]:
        if not self.q:
            return [], []
        limit = most if self.is_search_alone else None
        its = found_values(self.q, client_id=self.client_id, archived=self.archived, most=limit)
        return [f"l.id = ANY(ARRAY({FOUND}))"], its


def _owner(text: str) -> str:
    if text in (NOBODY, MINE):
        return text
    try:
        return str(UUID(text))
    except ValueError:
        return ""


def _columns(text: str) -> tuple[str, ...]:
    from crm.lead_columns import COLUMNS

    return tuple(dict.fromkeys(name for name in text.split(",") if name in COLUMNS))


FIRST_PAGE = PAGE + 1
