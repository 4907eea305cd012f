"""What stands in the files of leads and calls. Headings stay as they are: people import these files again."""

from dataclasses import dataclass

from crm.lead_columns import PERSON
from lib.safe_csv import harmless_sql

MOMENT = "to_char({column} AT TIME ZONE %s, 'YYYY-MM-DD HH24:MI')"
CLIENT = "LEFT JOIN accounts_client a ON a.agency_id = {table}.agency_id AND a.id = {table}.client_id"
TAGS = (
    "LEFT JOIN LATERAL (SELECT string_agg(t.name, '; ' ORDER BY t.name) AS names FROM crm_leadtag lt "
    "JOIN crm_tag t ON t.id = lt.tag_id "
    "WHERE lt.agency_id = l.agency_id AND lt.client_id = l.client_id AND lt.lead_id = l.id) g ON true"
)


@dataclass(frozen=True, slots=True)
class Column:
    words: str
    sql: str
    is_text: bool = True  # typed by people or told by vendors: may begin like a formula
    is_moment: bool = False

    @property
    def written(self) -> str:
        if self.is_moment:
            return MOMENT.format(column=self.sql)
        return harmless_sql(self.sql) if self.is_text else self.sql


@dataclass(frozen=True, slots=True)
class Table:
    joined: str
    all: tuple[Column, ...]

    @property
    def columns(self) -> str:
        return ", ".join(each.written for each in self.all)

    @property
    def moments(self) -> int:
        return sum(each.is_moment for each in self.all)

    def header(self, zone: str) -> list[str]:
        return [f"{each.words} ({zone})" if each.is_moment else each.words for each in self.all]


def plain(words: str, sql: str) -> Column:
    """A value of the database's own making: a number, one of a few words, an id."""
    return Column(words, sql, is_text=False)


def moment(words: str, sql: str) -> Column:
    return Column(words, sql, is_text=False, is_moment=True)


LEADS = Table(
    "crm_lead l LEFT JOIN crm_pipelinestage p ON p.agency_id = l.agency_id AND p.id = l.stage_id "
    f"LEFT JOIN accounts_user u ON u.id = l.owner_id {CLIENT.format(table='l')} {TAGS}",
    (
        Column("Name", "l.display_name"),
        Column("First name", "l.first_name"),
        Column("Last name", "l.last_name"),
        Column("E-mail", "l.email"),
        Column("Phone", "coalesce(nullif(l.phone_e164, ''), l.phone)"),
        Column("Company", "l.company_name"),
        Column("Title", "l.title"),
        Column("City", "l.city"),
        Column("State", "l.state"),
        Column("Country", "l.country"),
        Column("LinkedIn", "l.linkedin_url"),
        Column("Client", "a.name"),
        plain("Status", "l.status"),
        Column("Stage", "p.name"),
        Column("Tags", "g.names"),
        Column("Category", "l.category"),
        plain("Sentiment", "l.sentiment"),
        Column("Owner", f"(CASE WHEN l.owner_id IS NOT NULL THEN {PERSON} END)"),
        plain("Source", "l.source"),
        plain("Score", "l.score"),
        Column("Tier", "l.tier"),
        plain("Value", "l.value"),
        plain("Currency", "l.currency"),
        Column("Reference", "l.external_ref"),
        moment("Added", "l.created_at"),
        moment("Last contact", "l.last_call_at"),
        plain("Lead ID", "l.id"),
    ),
)
CALLS = Table(
    "crm_call c LEFT JOIN crm_lead l ON l.agency_id = c.agency_id AND l.client_id = c.client_id AND l.id = c.lead_id "
    + CLIENT.format(table="c"),
    (
        moment("When", "c.started_at"),
        Column("Client", "a.name"),
        Column("Name", "coalesce(nullif(l.display_name, ''), c.caller_name)"),
        Column("From", "c.from_number"),
        Column("To", "c.to_number"),
        plain("Kind", "c.kind"),
        plain("Direction", "c.direction"),
        plain("Answered", "CASE WHEN c.answered THEN 'yes' WHEN NOT c.answered THEN 'no' END"),
        plain("Seconds", "c.duration_seconds"),
        plain("Category", "c.category"),
        plain("Rating", "c.rating"),
        Column("Summary", "c.summary"),
        Column("Disposition", "c.disposition"),
        Column("Source", "c.vendor_source"),
        Column("Tracking number", "c.tracking_label"),
        Column("Lead e-mail", "l.email"),
        plain("Lead id", "c.lead_id"),
        plain("Id", "c.id"),
    ),
)
