"""Lists as files: the rows of the filter and no others, harmless to a spreadsheet, and on record."""

import csv
import tracemalloc
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client as Browser
from django.utils import timezone

from accounts.models import AuditEvent
from accounts.proof import Proof, keep
from accounts.scope import PlatformUse, agency_scope, platform_scope, scoped
from accounts.services.audit import NOWHERE
from conftest import NOON, Cast
from crm.lead_filter import LeadFilter
from crm.lead_list import TABLE
from crm.models import Call, Lead, LeadTag, Tag
from crm.paging import Source
from crm.services.exporting import LARGE, Listed, export_list
from crm.tests.test_lead_list import make_lead, make_leads
from lib.safe_csv import csv_lines, harmless_sql


def read(browser: Browser, address: str) -> list[dict[str, str]]:
    response = browser.get(address)
    assert response.status_code == 200, response.status_code
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    text = b"".join(response.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    return list(csv.DictReader(StringIO(text)))


def names(rows: list[dict[str, str]]) -> list[str]:
    return [row["Name"] for row in rows]


def test_file_holds_what_is_filtered_over_all_pages_in_the_lists_order(cast: Cast) -> None:
    made = make_leads(cast.brightside, 120, status="contacted")
    make_leads(cast.brightside, 3, display_name="Other", status="new")

    rows = read(cast.browser("hannah"), "/leads.csv?status=contacted&sort=name")

    assert names(rows) == [each.display_name for each in made]


def test_everybody_gets_their_own_rows_alone(cast: Cast) -> None:
    found = {
        who: (
            sorted(names(read(cast.browser(who), "/leads.csv"))),
            len(read(cast.browser(who), "/calls.csv")),
        )
        for who in ("nora", "theo", "hannah", "rafael", "otto", "petra")
    }

    dental, plumbing, kettle = ("Lee Brightside Dental", "Lee Delgado Plumbing", "Lee Copper Kettle")
    assert found == {
        "nora": ([dental, plumbing], 2),
        "theo": ([dental], 1),
        "hannah": ([dental], 1),
        "rafael": ([plumbing], 1),
        "otto": ([kettle], 1),
        "petra": ([kettle], 1),
    }


def test_row_level_security_holds_for_the_file_itself(cast: Cast) -> None:
    """Where the words of the statement forget whose rows these are, and the last to ask was the platform."""
    hannah = cast.actor("hannah")
    listed = Listed(LeadFilter(), LeadFilter().order, Source(TABLE, ["true"]))
    with platform_scope(PlatformUse.ADMIN):
        assert Lead.unscoped.count() > 3
    with scoped(hannah.scope), transaction.atomic():
        with platform_scope(PlatformUse.ADMIN):
            Lead.unscoped.exists()
        with export_list(
            actor=hannah, what="leads", listed=listed, zone="UTC", now=NOON, origin=NOWHERE
        ) as file:
            rows = list(csv.DictReader(StringIO(file.read().decode("utf-8-sig"))))

    assert {row["Client"] for row in rows} == {"Brightside Dental"}


def test_columns_tell_what_is_known_in_the_readers_zone(cast: Cast) -> None:
    with agency_scope(cast.larkspur.pk):
        own: dict[str, Any] = {"agency": cast.larkspur, "client": cast.brightside.client}
        lead = make_lead(
            cast.brightside, display_name='Anna "Ann" Holm, Dr.', first_name="Anna", last_name="Holm", city="Reno",
            email="anna@x.test", phone="410 555 0171", stage=cast.brightside.stage, owner=cast.people["nora"], score=81,
            value="1800.50", company_name="Line\nbreak", last_call_at=NOON,
        )  # fmt: skip
        for name in ("Vip", "Alpha"):
            LeadTag.unscoped.create(**own, lead=lead, tag=Tag.unscoped.create(**own, name=name))
        cast.people["nora"].timezone = "America/New_York"
        cast.people["nora"].save()

    [row] = read(cast.browser("nora"), "/leads.csv?q=anna")

    told = {
        name: row[name]
        for name in (
            "Name",
            "E-mail",
            "Phone",
            "Company",
            "Client",
            "Stage",
            "Tags",
            "Owner",
            "Score",
            "Value",
        )
    }
    assert told == {
        "Name": 'Anna "Ann" Holm, Dr.', "E-mail": "anna@x.test", "Phone": "410 555 0171", "Company": "Line\nbreak",
        "Client": "Brightside Dental", "Stage": "New", "Tags": "Alpha; Vip",
        "Owner": "Nora", "Score": "81", "Value": "1800.50",
    }  # fmt: skip
    assert row["Last contact (America/New_York)"] == "2026-11-20 07:00"


FORMULAS = [
    '=HYPERLINK("http://x")',
    "+1",
    "-1",
    "@SUM(1)",
    "\tTab",
    "\rReturn",
    "plain",
    "",
    " =spaced",
    "'quoted",
]


@pytest.mark.parametrize("text", FORMULAS)
def test_formula_is_made_harmless_by_the_database_as_by_python(db: None, text: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {harmless_sql('t')} FROM (SELECT %s::text AS t) one", [text])
        [(by_database,)] = cursor.fetchall()

    [line] = list(csv.reader(StringIO("".join(list(csv_lines([], [[text]]))[1:]), newline="")))
    assert by_database == (line[0] if line else "")


def test_every_text_of_a_lead_and_a_call_is_made_harmless(cast: Cast) -> None:
    texts = [
        field.attname
        for field in Lead._meta.concrete_fields
        if field.get_internal_type() in ("CharField", "TextField", "EmailField") and field.editable
        and not field.choices and field.max_length != 3
    ]  # fmt: skip
    evil = "=1+1"
    with agency_scope(cast.larkspur.pk):
        Lead.unscoped.filter(pk=cast.brightside.lead.pk).update(
            **{name: evil for name in texts if name not in ("sort_name", "search_text", "currency")}
        )
        Call.unscoped.filter(pk=cast.brightside.call.pk).update(
            **dict.fromkeys(
                ("from_number", "to_number", "summary", "caller_name", "vendor_source", "disposition"), evil
            )
        )
        cast.brightside.stage.name = cast.brightside.tag.name = evil
        cast.brightside.stage.save()
        cast.brightside.tag.save()

    for address in ("/leads.csv", "/calls.csv"):
        [row] = read(cast.browser("hannah"), address)
        assert [value for value in row.values() if value.startswith("=")] == []
        assert "'=1+1" in row.values()


def test_file_is_named_after_whose_list_it_is_and_the_day(cast: Cast) -> None:
    def name(who: str, address: str) -> str:
        response = cast.browser(who).get(address)
        list(response)
        return str(response["Content-Disposition"]).split("filename=")[1].strip('"')

    today = timezone.now().date()
    assert name("hannah", "/leads.csv") in [
        f"leads-brightside-dental-{today + timedelta(days=n)}.csv" for n in (-1, 0)
    ]
    assert name("nora", "/calls.csv?client=delgado-plumbing").startswith("calls-delgado-plumbing-")
    assert name("nora", "/leads.csv").startswith("leads-larkspur-")


def test_export_is_on_record_with_its_filter_and_rows(cast: Cast) -> None:
    read(cast.browser("nora"), "/leads.csv?client=brightside-dental&status=new")

    with agency_scope(cast.larkspur.pk):
        event = AuditEvent.unscoped.filter(event_type="leads_exported").get()
    assert (event.actor_id, event.details) == (
        cast.people["nora"].pk,
        {"rows": 1, "client": "brightside-dental", "status": "new"},
    )


@pytest.fixture
def many(cast: Cast) -> Cast:
    make_leads(cast.brightside, LARGE)
    return cast


def test_search_that_finds_thousands_of_people_finds_all_their_calls(cast: Cast) -> None:
    people = make_leads(cast.brightside, 2_001, display_name="Pat Crowd", last_call_at=NOON)
    house = cast.brightside
    with agency_scope(cast.larkspur.pk):
        Call.unscoped.bulk_create(
            Call(
                agency_id=cast.larkspur.pk, client=house.client, lead=lead, source=Call.Source.MANUAL,
                external_id=str(n), started_at=NOON - timedelta(minutes=n), category="warm",
            )
            for n, lead in enumerate(people)
        )  # fmt: skip

    assert len(read(cast.browser("hannah"), "/calls.csv?q=crowd&category=warm")) == 2_001


def stale(cast: Cast, who: str) -> Browser:
    """A browser that was let in an hour ago."""
    browser = cast.browser(who)
    session, user = browser.session, cast.people[who]
    keep(session, user, Proof(user.pk, "totp", timezone.now() - timedelta(hours=1)))
    session.save()
    return browser


def test_many_rows_leave_after_a_fresh_proof_only(many: Cast) -> None:
    old = stale(many, "hannah")
    asked, few = old.get("/leads.csv"), read(old, "/leads.csv?q=Made 001")

    assert (asked.status_code, "why=step_up" in asked["Location"]) == (302, True)
    assert names(few) == ["Made 001"]
    assert len(read(many.browser("hannah"), "/leads.csv")) == LARGE + 1


def test_a_long_file_takes_no_more_memory_than_a_short_one(many: Cast) -> None:
    make_leads(many.brightside, 4 * LARGE, notes="n" * 100, company_name="c" * 200, location="l" * 200)
    browser = many.browser("hannah")
    read(browser, "/leads.csv?q=Made 001")
    tracemalloc.start()
    try:
        response = browser.get("/leads.csv")
        size = 0
        for block in response:
            size += len(block)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert (size > 1_500_000, peak < 1_500_000) == (True, True), (size, peak)
