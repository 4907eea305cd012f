"""The columns that a list of leads can show: what each asks the database for, and how it is drawn."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.html import format_html_join

from accounts.directory import ClientFacts
from crm.classification.categories import HUES, LABELS
from crm.models import Lead
from crm.paging import EPOCH
from crm.presenting import UNKNOWN_CLIENT, shown_number, sign
from lib.ui.times import short_moment

PERSON = "coalesce(nullif(u.display_name, ''), nullif(trim(u.first_name || ' ' || u.last_name), ''), u.email)"
# The references are tied to the same client, so that neither sub-select names the tenant again.
STAGE = "(SELECT json_build_array(s.name, s.hue) FROM crm_pipelinestage s WHERE s.id = l.stage_id)"
OWNER = f"(SELECT {PERSON} FROM accounts_user u WHERE u.id = l.owner_id)"  # noqa: S608
TAGS = (
    "(SELECT json_agg(json_build_array(t.name, t.hue) ORDER BY t.name) FROM crm_leadtag lt "
    "JOIN crm_tag t ON t.id = lt.tag_id "
    "WHERE lt.agency_id = l.agency_id AND lt.client_id = l.client_id AND lt.lead_id = l.id)"
)
STATUS_HUES = {
    "new": "blue", "enriched": "blue", "scored": "blue", "in_sequence": "violet", "contacted": "teal",
    "replied": "amber", "converted": "green", "disqualified": "gray",
}  # fmt: skip
TIER_HUES = {"hot": "red", "warm": "amber", "cool": "teal", "cold": "blue"}
SENTIMENT_HUES = {"positive": "green", "neutral": "gray", "negative": "red"}
STATUSES, SOURCES, SENTIMENTS = (
    {str(value): str(words) for value, words in each.choices}
    for each in (Lead.Status, Lead.Source, Lead.Sentiment)
)


@dataclass(frozen=True, slots=True)
class Reader:
    """What drawing depends on besides the row."""

    zone: ZoneInfo
    today: date
    clients: Mapping[str, ClientFacts]  # by id, as text

    def moment(self, micros: int | None) -> str:
        if micros is None:
            return ""
        moment: datetime = EPOCH + timedelta(microseconds=micros)
        return short_moment(moment.astimezone(self.zone), self.today)


@dataclass(frozen=True, slots=True)
class Column:
    words: str
    sql: str  # one value, of ``crm_lead l``
    draw: Callable[[Any, Reader], str]
    sort: str | None = None  # the order that its heading asks for
    numeric: bool = False


def _text(value: Any, _reader: Reader) -> str:
    return str(value or "")


def _moment(value: Any, reader: Reader) -> str:
    return reader.moment(value)


def _client(value: Any, reader: Reader) -> str:
    client = reader.clients.get(value, UNKNOWN_CLIENT)
    return sign("client", client.name, client.hue, client.glyph)


def _badge(value: Any, _reader: Reader) -> str:
    return sign("badge", value[0], value[1]) if value else ""


def _badges(value: Any, _reader: Reader) -> str:
    return format_html_join(" ", "{}", ((sign("badge", *each),) for each in value or ()))


def _of_words(words: Mapping[str, str], hues: Mapping[str, str]) -> Callable[[Any, Reader], str]:
    def draw(value: Any, _reader: Reader) -> str:
        return sign("badge", words.get(value, value), hues.get(value, "gray")) if value else ""

    return draw


def _source(value: Any, _reader: Reader) -> str:
    return str(SOURCES.get(value, value))


def _score(value: Any, _reader: Reader) -> str:
    if value is None:
        return ""
    score, _, tier = value.partition(" ")
    return sign("badge", score, TIER_HUES.get(tier, "gray"))


def _value(value: Any, _reader: Reader) -> str:
    if value is None:
        return ""
    amount, _, currency = value.partition(" ")
    return f"{float(amount):,.2f}".removesuffix(".00") + f" {currency}"


def _phone(value: Any, _reader: Reader) -> str:
    return shown_number(value, value) if value.startswith("+") else str(value)


def micros(column: str) -> str:
    """A number is read faster than a date."""
    return f"(extract(epoch FROM {column}) * 1000000)::bigint"


COLUMNS: dict[str, Column] = {
    "phone": Column("Phone", "coalesce(nullif(l.phone_e164, ''), l.phone)", _phone),
    "email": Column("E-mail", "l.email", _text),
    "company": Column("Company", "l.company_name", _text),
    "title": Column("Title", "l.title", _text),
    "city": Column("City", "concat_ws(', ', nullif(l.city, ''), nullif(l.state, ''))", _text),
    "client": Column("Client", "l.client_id::text", _client),
    "status": Column("Status", "l.status", _of_words(STATUSES, STATUS_HUES)),
    "stage": Column("Stage", STAGE, _badge),
    "tags": Column("Tags", TAGS, _badges),
    "category": Column("Category", "l.category", _of_words(LABELS, HUES)),
    "sentiment": Column("Sentiment", "l.sentiment", _of_words(SENTIMENTS, SENTIMENT_HUES)),
    "owner": Column("Owner", OWNER, _text),
    "source": Column("Source", "l.source", _source),
    "score": Column("Score", "l.score::text || ' ' || l.tier", _score, "score", numeric=True),
    "value": Column("Value", "l.value::text || ' ' || l.currency", _value, "value", numeric=True),
    "created": Column("Added", micros("l.created_at"), _moment, "created", numeric=True),
    "contact": Column("Last contact", micros("l.last_call_at"), _moment, "", numeric=True),
}
USUAL = ("phone", "client", "status", "stage", "owner", "contact")


def shown_columns(chosen: tuple[str, ...], *, many_clients: bool) -> list[str]:
    """The columns of a list in their own order. Who has one client is not told its name in every row."""
    wanted = chosen or USUAL
    return [name for name in COLUMNS if name in wanted and (many_clients or name != "client")]
