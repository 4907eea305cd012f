"""What a file says and what becomes of its lines, without a database."""

import csv
import io
import re
import zipfile
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from crm.importing import values
from crm.importing.cells import Unreadable
from crm.importing.fields import guess, told_apart
from crm.importing.people import Book, Known, Person, Reading, read
from crm.importing.planning import CREATE, NO_REASON, SKIP, UPDATE, decide, foreseen
from crm.importing.reading import MOST_BYTES, rows_of, shape_of
from crm.importing.values import Unfit

HUBSPOT = ["Record ID", "First Name", "Last Name", "Email", "Phone Number", "Company Name", "Job Title",
           "Lead Status", "City", "State/Region", "Country/Region", "LinkedIn URL", "Last Activity Date"]  # fmt: skip
PIPEDRIVE = ["Person - ID", "Person - Name", "Person - First name", "Person - Last name", "Person - Organization",
             "Person - Email - Work", "Person - Email - Home", "Person - Phone - Work", "Person - Phone - Mobile",
             "Person - Label", "Person - Job title"]  # fmt: skip
NEW_YORK = ZoneInfo("America/New_York")


def shape(data: bytes):
    return shape_of(io.BytesIO(data), size=len(data))


def lines(data: bytes) -> list[tuple[int, list[str]]]:
    return list(rows_of(io.BytesIO(data), **shape(data).noted))


def workbook(*rows: Sequence[object]) -> bytes:
    book, out = Workbook(), io.BytesIO()
    for row in rows:
        book.active.append(row)
    book.save(out)
    return out.getvalue()


# Files


@pytest.mark.parametrize(
    "data",
    [
        "Name,Ort\nZoë,Köln\n".encode(),
        "\ufeffName,Ort\nZoë,Köln\n".encode(),
        "Name;Ort\r\nZoë;Köln\r\n".encode("cp1252"),
        "Name\tOrt\nZoë\tKöln\n".encode("utf-16"),
        "sep=|\nName|Ort\nZoë|Köln\n".encode(),
        '\n\n"Name","Ort"\n"Zoë","Köln"\n\n'.encode(),
        workbook(["Name", "Ort"], ["Zoë", "Köln"]),
    ],
    ids=["utf-8", "bom", "semicolons-windows", "utf-16-tabs", "excel-hint", "quotes-blank-lines", "xlsx"],
)
def test_file_reads_the_same_however_it_is_written(data: bytes) -> None:
    assert [cells for _, cells in lines(data)] == [["Name", "Ort"], ["Zoë", "Köln"]]
    assert shape(data).headings == ["Name", "Ort"]


def test_quotes_in_quotes_and_line_ends_in_cells_keep_their_line() -> None:
    data = b'Name,Notes\n"Lee ""Lucky"" Ray","one\ntwo"\nAnn,x\n'

    assert lines(data) == [(1, ["Name", "Notes"]), (2, ['Lee "Lucky" Ray', "one\ntwo"]), (4, ["Ann", "x"])]


def test_workbook_cells_are_what_a_person_sees() -> None:
    data = workbook(["Phone", "When", "Share"], [5125550148.0, datetime(2026, 11, 21, 9, 30), 0.5])  # noqa: DTZ001  a workbook knows no zones

    assert lines(data)[1] == (2, ["5125550148", "2026-11-21T09:30:00", "0.5"])


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (b"  \n\n", "empty"),
        (b"Name,Phone\n", "nothing below"),
        (b"%PDF-1.7 ...", "not a CSV or XLSX"),
        (b"Name\x00\x01\x02\nLee\n", "not a text file"),
        (b"PK\x03\x04 broken", "damaged"),
        (",".join(f"c{n}" for n in range(201)).encode() + b"\nx\n", "201 columns"),
        (b'Name,Notes\n"Lee,never closed\n' + b"x" * 5_000_000, "never closed"),
    ],
)
def test_what_is_no_list_is_refused_in_words(data: bytes, words: str) -> None:
    with pytest.raises(Unreadable, match=words):
        lines(data)


def test_apostrophe_that_an_export_put_before_a_tab_is_no_text() -> None:
    assert lines(b"Name,City,State\nLee,'\t,''\t\nAnn,','\tx\n")[1:] == [
        (2, ["Lee", "", "'"]),
        (3, ["Ann", "'", "'\tx"]),
    ]


def test_as_many_columns_as_may_be_are_read() -> None:
    data = ",".join(f"c{n}" for n in range(200)).encode() + b"\nx\n"

    assert len(shape(data).headings) == 200


def test_file_that_is_too_large_is_refused_before_it_is_read() -> None:
    with pytest.raises(Unreadable, match="has 2048 MB; up to 50 MB"):
        shape_of(io.BytesIO(b"Name\nLee\n"), size=2048 * 1024 * 1024)

    assert MOST_BYTES == 50 * 1024 * 1024


@pytest.mark.parametrize(
    ("data", "line"),
    [
        (b'Name,Phone,City\nAnn,1,x\n"Lee,2,y\nBob,3,z\n', 3),
        (b'Name,Phone,City\nAnn,1,x\n"Lee,2,y\n"Bob",3,z\nCy,4,w\n', 3),
        (b'Name,Phone,City\r\nAnn,1,"one\r\ntwo"\r\nLee,2,"y\r\n"Bob",3,z\r\n', 4),
        (b'Name,Phone,City\n"Ann\n(she)",1,"x\nBob,3,z', 3),
        (b'Name,Phone,City\nAnn,1,x\n"Lee,2,y\nBob,3,z\nCy,4,5"\nDi,5,v\n', 3),
        (b'Name,Phone,City\nAnn,1,x\nLee,2,"y', 3),
        (b'Name;Phone;City\nAnn;1;x\n"Lee;2;y\nBob;3;z\n', 3),
        (b'Name,Phone,City\n"Lee,2,y\n' + b"Bob,3,z\n" * 60_000, 2),
    ],
    ids=["to-the-end", "by-the-next", "behind-others", "after-another", "by-chance", "last", "semicolons", "enormous"],
)  # fmt: skip
def test_open_quotation_mark_swallows_nobody(data: bytes, line: int) -> None:
    with pytest.raises(Unreadable, match=f"opens a cell in line {line} is never closed"):
        lines(data)


def test_quotation_marks_that_swallow_nothing_are_let_be() -> None:
    data = b'Name,Notes,City\nLee "Lucky" Ray,5",x\n"Ann" Lee,1,z\n'
    data += b'Ann Lee,"a, b, c\n""d"", e, f",y\nBob,"two,\nlines"\n'

    assert [cells for _, cells in lines(data)][1:] == [
        ['Lee "Lucky" Ray', '5"', "x"],
        ["Ann Lee", "1", "z"],
        ["Ann Lee", 'a, b, c\n"d", e, f', "y"],
        ["Bob", "two,\nlines"],
    ]


def test_one_byte_gone_wrong_spoils_its_row_alone() -> None:
    names = [f"Zoë {n}" for n in range(2000)]
    data = ("Name,Ort\n" + "".join(f"{name},Köln\n" for name in names)).encode() + b"J\xfcrgen,Bonn\n"
    found = lines(data)
    people = [read(line, cells, reading("display_name", "city")) for line, cells in found[1:]]

    assert shape(data).encoding == "utf-8"
    assert [each.name for each in people[:-1]] == names
    assert people[-1].problem == (
        "“J\ufffdrgen” holds a letter that can't be read. Save the list as “CSV UTF-8” and upload it again."
    )
    assert people[-1].cells == ["J\ufffdrgen", "Bonn"]
    assert read(2, found[-1][1], reading("", "display_name")).problem == ""


@pytest.mark.parametrize("encoding", ["cp1252", "utf-8"])
def test_encoding_is_told_apart_where_letters_meet_the_end_of_a_block(encoding: str) -> None:
    data = b"Name\n" + ("Zoë\n" * 700_000).encode(encoding)

    assert shape(data).encoding == encoding


def damaged(part: str, spoil: Callable[[bytes], bytes]) -> bytes:
    """A workbook with one of its parts spoilt."""
    out = io.BytesIO()
    with (
        zipfile.ZipFile(
            io.BytesIO(workbook(["Name", "Ort"], *[[f"Zoë {n}", "Köln"] for n in range(500)]))
        ) as sound,
        zipfile.ZipFile(out, "w") as spoilt,
    ):
        for name in sound.namelist():
            spoilt.writestr(name, spoil(sound.read(name)) if name == part else sound.read(name))
    return out.getvalue()


PARTS = ("xl/worksheets/sheet1.xml", "xl/workbook.xml", "[Content_Types].xml", "xl/styles.xml",
         "xl/_rels/workbook.xml.rels")  # fmt: skip


@pytest.mark.parametrize("part", PARTS)
def test_damaged_workbook_is_refused_in_words(part: str) -> None:
    spoils: list[Callable[[bytes], bytes]] = [
        lambda told: told[: len(told) // 2], lambda told: b"", lambda told: told.replace(b"<", b"<<", 9)
    ]  # fmt: skip
    for spoil in spoils:
        with pytest.raises(Unreadable, match="damaged"):
            lines(damaged(part, spoil))


def test_workbook_with_a_byte_turned_over_is_read_or_refused() -> None:
    sound = workbook(["Name", "Ort"], *[[f"Zoë {n}", "Köln"] for n in range(50)])
    refused = 0
    for at in range(4, len(sound), 7):
        spoilt = bytearray(sound)
        spoilt[at] ^= 0xFF
        try:
            lines(bytes(spoilt))
        except Unreadable:
            refused += 1

    assert refused > 100


def test_formula_without_its_result_is_a_problem_of_its_row() -> None:
    data = workbook(["Name", "City"], ["Lee", "Austin"], ['="A"&"nn"', "Waco"], ["Bob", "#N/A"])
    people = [read(line, cells, reading("display_name", "city")) for line, cells in lines(data)[1:]]

    assert [(each.name, each.problem) for each in people] == [
        ("Lee", ""),
        ("", '“="A"&"nn"” is a formula without its result. Open the workbook in Excel, save it and upload it again.'),
        ("Bob", "“#N/A” is an error in the workbook. Mend the formula there, or empty the cell."),
    ]  # fmt: skip


def test_workbook_that_says_a_wrong_width_is_read_whole() -> None:
    narrow = damaged(
        "xl/worksheets/sheet1.xml",
        lambda told: re.sub(rb'<dimension ref="[^"]*"', b'<dimension ref="A1"', told),
    )

    assert lines(narrow)[1] == (2, ["Zoë 0", "Köln"])


# Columns


def test_headings_of_hubspot_are_known() -> None:
    assert guess(HUBSPOT) == [
        "external_ref", "first_name", "last_name", "email", "phone", "company_name", "title", "custom", "city",
        "state", "country", "linkedin_url", "last_call_at",
    ]  # fmt: skip


def test_headings_of_pipedrive_are_known() -> None:
    assert guess(PIPEDRIVE) == [
        "external_ref", "display_name", "first_name", "last_name", "company_name", "email", "email", "phone", "phone",
        "tags", "title",
    ]  # fmt: skip


# Cells


@pytest.mark.parametrize(
    ("text", "day_first", "expected"),
    [
        ("2026-11-21", False, (2026, 11, 21)),
        ("11/21/2026", False, (2026, 11, 21)),
        ("21/11/2026", False, (2026, 11, 21)),
        ("03/04/2026", False, (2026, 3, 4)),
        ("03/04/2026", True, (2026, 4, 3)),
        ("21.11.2026", False, (2026, 11, 21)),
        ("3.4.26", False, (2026, 4, 3)),
        ("21 Nov 2026", False, (2026, 11, 21)),
        ("Nov 21, 2026", False, (2026, 11, 21)),
        ("2026/11/21", False, (2026, 11, 21)),
        ("Nov 21st, 2026", False, (2026, 11, 21)),
        ("21st November 2026", False, (2026, 11, 21)),
        ("the 3rd of april 2026", False, (2026, 4, 3)),
        ("Saturday, November 21, 2026", False, (2026, 11, 21)),
        ("2026 Nov 21", False, (2026, 11, 21)),
        ("1-Dec-98", False, (1998, 12, 1)),
    ],
)
def test_days_in_many_styles(text: str, day_first: bool, expected: tuple[int, int, int]) -> None:
    noon = datetime(*expected, 12, tzinfo=NEW_YORK)

    assert values.day(text, day_first=day_first, zone=NEW_YORK) == noon


def test_time_with_a_zone_stays_what_it_is() -> None:
    read = values.day("2026-11-21T17:00:00Z", day_first=False, zone=NEW_YORK)

    assert read == datetime(2026, 11, 21, 17, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("11/21/2026 2:30 PM", (2026, 11, 21, 19, 30)),
        ("21.11.2026 14:30", (2026, 11, 21, 19, 30)),
        ("Nov 21, 2026 at 2:30 p.m.", (2026, 11, 21, 19, 30)),
        ("Sat Nov 21st 2026, 12 AM", (2026, 11, 21, 5, 0)),
        ("2026-11-21 2:30 PM", (2026, 11, 21, 19, 30)),
        ("11/21/2026 14:30 UTC", (2026, 11, 21, 14, 30)),
        ("11/21/2026 14:30 +0200", (2026, 11, 21, 12, 30)),
    ],
)
def test_time_of_day_is_kept(text: str, expected: tuple[int, ...]) -> None:
    assert values.day(text, day_first=False, zone=NEW_YORK) == datetime(*expected, tzinfo=UTC)  # type: ignore[misc,arg-type]


@pytest.mark.parametrize(
    "text",
    ["soon", "2026-13-41", "31/02/2026", "1/2", "Foo 3, 2026", "99999-01-01", "Nov 21st", "November 2026",
     "21st Foo 2026", "Nov Dec 2026", "11/21/2026 25:00", "11/21/2026 14:30 PM", "11/21/2026 2:30 PM mars",
     "1/2/3/4", "Saturday", "st", "9" * 5000],
)  # fmt: skip
def test_no_day_is_unfit(text: str) -> None:
    with pytest.raises(Unfit, match="not a date"):
        values.day(text, day_first=False, zone=NEW_YORK)


@pytest.mark.parametrize(
    ("text", "amount"),
    [("$1,800.50", "1800.50"), ("1.800,50 €", "1800.50"), ("1800", "1800.00"), ("1,800", "1800.00"),
     ("1.800", "1800.00"), ("0,5", "0.50"), ("USD 12", "12.00")],
)  # fmt: skip
def test_money_is_read_however_it_is_written(text: str, amount: str) -> None:
    assert values.money(text) == Decimal(amount)


@pytest.mark.parametrize("text", ["plenty", "-5", "999999999999", ""])
def test_no_money_is_unfit(text: str) -> None:
    with pytest.raises(Unfit, match="not an amount"):
        values.money(text)


def test_addresses_profiles_numbers_and_tags() -> None:
    assert values.email("mailto:Dana@Example.test; d2@example.test") == "Dana@Example.test"
    assert values.linkedin("linkedin.com/in/Dana-W/?trk=x") == "https://www.linkedin.com/in/dana-w"
    for other in (
        f"linkedin.com/in/{'d' * 300}",
        "evillinkedin.com/in/dana",
        "see linkedin.com/in/dana",
        "linkedin.com/company/acme",
        "dana",
    ):
        with pytest.raises(Unfit, match="LinkedIn"):
            values.linkedin(other)
    assert values.phone("+1 (512) 555-0148", "US") == ("+1 (512) 555-0148", "+15125550148")
    assert values.phone("+1 (555)…", "US") == ("+1 (555)…", "")
    assert values.tags("Roof, roof ;  Late  night,") == ["roof", "Late night"]
    with pytest.raises(Unfit, match="shortened"):
        values.phone("5.12555E+09", "US")


# People


def reading(*columns: str, stages: dict[str, str] | None = None) -> Reading:
    return Reading(columns, columns, "US", False, NEW_YORK, stages or {})


def person(**given: str) -> Person:
    return read(2, list(given.values()), reading(*given))


def known(**columns: str) -> Known:
    return Known(uuid4(), columns)


def test_line_with_more_cells_than_headings_is_a_problem() -> None:
    assert "3 cells and 1 headings" in read(2, ["a", "b", "c"], reading("display_name")).problem


def test_line_about_nobody_is_a_problem() -> None:
    assert person(city="Austin").problem.startswith("Nothing says who this is")
    assert person(phone="12", city="Austin").problem.startswith("“12” can't be read as a phone number")


def test_number_that_cannot_be_read_is_kept_beside_a_name() -> None:
    lee = person(display_name="Lee Ray", phone="ext. 12")

    assert (lee.problem, lee.given["phone"], lee.given["phone_e164"]) == ("", "ext. 12", "")
    assert "kept as it is written" in lee.remark


def test_second_column_of_one_meaning_is_kept_as_a_field_of_its_own() -> None:
    columns = reading("email", "email")
    lee = read(2, ["a@example.test", "b@example.test"], Reading(
        columns.columns, ["Work", "Home"], "US", False, NEW_YORK, {}))  # fmt: skip

    assert (lee.given["email"], lee.custom) == ("a@example.test", {"Home": "b@example.test"})


def test_columns_of_one_heading_are_all_kept() -> None:
    names = told_apart(["Name", "Pet", "Pet", "", "Pet (2)", "Pet"])
    columns = ["display_name", "custom", "custom", "custom", "custom", "custom"]
    lee = read(
        2, ["Lee", "dog", "cat", "x", "owl", "fox"], Reading(columns, names, "US", False, NEW_YORK, {})
    )

    assert lee.custom == {
        "Pet": "dog",
        "Pet (2)": "cat",
        "Column 4": "x",
        "Pet (2) (2)": "owl",
        "Pet (3)": "fox",
    }


def test_second_column_of_tags_adds_and_of_a_stage_is_kept_beside_it() -> None:
    stages = {"new": str(UUID(int=7)), "old": str(UUID(int=8))}
    columns = ["display_name", "tags", "tags", "stage", "stage"]
    names = ["Name", "Tags", "Labels", "Stage", "Earlier stage"]
    lee = read(
        2, ["Lee", "vip", "VIP; roof", "new", "old"], Reading(columns, names, "US", False, NEW_YORK, stages)
    )

    assert (lee.tags, lee.given["stage_id"], lee.custom) == (
        ["vip", "roof"],
        stages["new"],
        {"Earlier stage": "old"},
    )


def test_matching_goes_by_address_then_number_then_profile_then_reference() -> None:
    by_mail, by_phone = (
        known(email="Lee@Example.test"),
        known(phone_e164="+15125550148", display_name="Lee R"),
    )
    by_profile = known(linkedin_url="https://www.linkedin.com/in/lee")
    by_ref = known(external_ref="77")
    book = Book([by_ref, by_profile, by_phone, by_mail])
    everything = {
        "email": "lee@example.test", "phone": "(512) 555-0148", "linkedin_url": "linkedin.com/in/lee",
        "external_ref": "77", "first_name": "Lee",
    }  # fmt: skip

    found = []
    for name in ("email", "phone", "linkedin_url", "external_ref"):
        found.append(book.find(person(**everything)))
        del everything[name]

    assert found == [
        (by_mail, "e-mail address"), (by_phone, "phone number"), (by_profile, "LinkedIn profile"),
        (by_ref, "ID elsewhere"),
    ]  # fmt: skip
    assert book.find(person(first_name="Lee")) is None


def test_two_people_of_one_number_stay_two() -> None:
    book = Book([known(phone_e164="+15125550148", display_name="Ann Lee", email="ann@example.test")])

    assert book.find(person(phone="5125550148", display_name="Bob Lee")) is None
    assert book.find(person(phone="5125550148", first_name="Ann", email="ann2@example.test")) is None
    assert book.find(person(phone="5125550148", first_name="ann")) is not None


def test_policies_skip_update_and_create() -> None:
    ann = known(email="ann@example.test", city="Austin", first_name="Ann")
    row = {"email": "ANN@example.test", "city": "Dallas"}

    skipped = decide(person(**row), Book([ann]), SKIP, uuid4)
    created = decide(person(first_name="Ann", phone="5125550148"), Book([ann]), CREATE, uuid4)
    refused = decide(person(**row), Book([ann]), CREATE, uuid4)
    updated = decide(person(**row), Book([ann]), UPDATE, uuid4)
    again = decide(person(**row), Book([ann]), UPDATE, uuid4)

    assert [each.status for each in (skipped, created, refused, updated, again)] == [
        "skipped", "created", "failed", "updated", "skipped",
    ]  # fmt: skip
    assert (updated.before["city"], updated.after) == ("Austin", {"city": "Dallas"})


def test_whole_name_follows_its_halves_as_far_as_it_did_before() -> None:
    ann, boss = (
        known(email="ann@example.test", first_name="Ann", last_name="Lee", display_name="Ann Lee"),
        known(email="boss@example.test", first_name="Robert", last_name="Ray", display_name="The boss"),
    )
    rows = [
        person(email="ann@example.test", last_name="Ray"),
        person(email="boss@example.test", last_name="Lee"),
    ]

    deeds = [decide(each, Book([ann, boss]), UPDATE, uuid4) for each in rows]

    assert [(deed.before, deed.after) for deed in deeds] == [
        ({"last_name": "Lee", "display_name": "Ann Lee", "stamps": {}},
         {"last_name": "Ray", "display_name": "Ann Ray"}),
        ({"last_name": "Ray", "stamps": {}}, {"last_name": "Lee"}),
    ]  # fmt: skip


def test_whole_name_of_two_long_halves_is_cut_where_the_room_ends() -> None:
    made = decide(person(first_name="A" * 100, last_name="B" * 100), Book(), UPDATE, uuid4)

    assert made.after["display_name"] == f"{'A' * 100} {'B' * 99}"


LOST, OPEN = str(UUID(int=8)), str(UUID(int=9))


@pytest.mark.parametrize(
    ("held", "row", "expected"),
    [
        (None, {"stage": "lost"}, NO_REASON),
        (None, {"stage": "lost", "lost_reason": "price"}, {"stage_id": LOST, "lost_reason": "price"}),
        (None, {"stage": "open", "lost_reason": "price"}, {"stage_id": OPEN}),
        (None, {"lost_reason": "price"}, {}),
        ({"stage_id": OPEN, "board_rank": "V"}, {"stage": "lost"}, NO_REASON),
        ({"stage_id": OPEN, "board_rank": "V"}, {"stage": "lost", "lost_reason": "price"},
         {"stage_id": LOST, "lost_reason": "price", "board_rank": ""}),
        ({"stage_id": LOST, "lost_reason": "price"}, {"stage": "open", "lost_reason": "price"},
         {"stage_id": OPEN, "lost_reason": ""}),
        ({"stage_id": LOST, "lost_reason": "price", "board_rank": "V"}, {"stage": "lost"}, {}),
        ({"stage_id": LOST, "lost_reason": "price"}, {"lost_reason": "moved"}, {"lost_reason": "moved"}),
        ({"stage_id": OPEN}, {"lost_reason": "moved"}, {}),
    ],
)  # fmt: skip
def test_nobody_is_lost_for_no_reason(
    held: dict[str, str] | None, row: dict[str, str], expected: str | dict[str, str]
) -> None:
    cells = {"email": "ann@example.test", **row}
    columns = Reading(
        [*cells], [*cells], "US", False, NEW_YORK, {"lost": LOST, "open": OPEN}, frozenset([LOST])
    )
    book = Book([known(email="ann@example.test", **held)] if held is not None else [])
    deed = decide(read(2, [*cells.values()], columns), book, UPDATE, uuid4)
    if isinstance(expected, str):
        assert (deed.status, deed.reason) == ("failed", expected)
    else:
        assert {
            name: text for name, text in deed.after.items() if name not in ("email", "display_name")
        } == expected


def test_later_line_about_the_same_person_finds_the_earlier_one() -> None:
    book = Book()
    seen: set[int] = set()
    rows = [person(email="ann@example.test"), person(email="Ann@Example.test", city="Austin")]

    assert [decide(each, book, UPDATE, uuid4).status for each in rows] == ["created", "updated"]
    assert [foreseen(each, Book(), UPDATE, seen).status for each in rows] == ["created", "updated"]


def test_address_of_somebody_else_is_not_taken() -> None:
    ann, bob = known(email="ann@example.test"), known(email="bob@example.test")
    row = read(2, [str(bob.id), "ann@example.test"], reading("id", "email"))

    assert (
        decide(row, Book([ann, bob]), UPDATE, uuid4).reason == "This e-mail address is somebody else's here."
    )


def test_stage_goes_by_its_name() -> None:
    stage = str(UUID(int=7))
    columns = reading("display_name", "stage", stages={"new": stage})

    assert read(2, ["Lee", "NEW"], columns).given["stage_id"] == stage
    assert "no stage named “Old”" in read(2, ["Lee", "Old"], columns).problem


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=12), min_size=1, max_size=6))
)
def test_no_file_of_cells_breaks_the_reading(rows: list[list[str]]) -> None:
    out = io.StringIO()
    csv.writer(out).writerows([["Name", "E-mail", "Phone", "Value", "Last contact", "Tags"], *rows, ["Lee"]])
    data = out.getvalue().encode()
    columns = reading("display_name", "email", "phone", "value", "last_call_at", "tags")
    book = Book()

    try:
        found = lines(data)[1:]
    except Unreadable:
        return
    deeds = [decide(read(line, cells, columns), book, UPDATE, uuid4) for line, cells in found]

    assert {deed.status for deed in deeds} <= {"created", "updated", "skipped", "failed"}
    assert all(deed.reason for deed in deeds if deed.status == "failed")
