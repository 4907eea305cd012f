"""From the chosen file to the finished list, and back."""

import csv
import io
import threading
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from django.db import connection, transaction

from accounts.scope import agency_scope
from accounts.services.audit import NOWHERE
from conftest import NOON, Cast, House, make_cast
from crm.import_report import failed_lines
from crm.models import Activity, Company, ImportJob, ImportRow, Lead, LeadTag
from crm.services import import_rows, import_undo, import_work, importing
from crm.services.archiving import archive_lead
from crm.services.import_work import LEFT, UNFORESEEN
from crm.services.importing import ImportRefused
from crm.services.merging import merge_leads
from crm.services.score_override import override_score
from crm.services.scoring import rescore
from crm.services.suppression import Entry, suppress, suppress_lead

HEAD = ["First name", "Last name", "E-mail", "Phone", "City", "Tags", "Favourite colour"]


def text_of(*rows: Sequence[str], head: Sequence[str] = HEAD) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerows([head, *rows])
    return out.getvalue().encode()


class Desk:
    """Nora at work on imports for Brightside."""

    def __init__(self, cast: Cast) -> None:
        self.house: House = cast.brightside
        self.actor = cast.actor("nora")
        self.agency_id = cast.larkspur.pk

    def take(
        self, data: bytes, *, policy: str = "skip", all_or_nothing: bool = False, **more: Any
    ) -> ImportJob:
        with agency_scope(self.agency_id):
            job = importing.take_file(
                actor=self.actor,
                client=self.house.client,
                file=io.BytesIO(data),
                filename="people.csv",
                size=len(data),
            )
            importing.check(
                actor=self.actor, job_id=job.pk, mapping=job.mapping, policy=policy, day_first=False,
                all_or_nothing=all_or_nothing, now=NOON, **more,
            )  # fmt: skip
        return self.work(job)

    def start(self, job: ImportJob) -> ImportJob:
        with agency_scope(self.agency_id):
            importing.start(actor=self.actor, job_id=job.pk, now=NOON, origin=NOWHERE)
        return self.work(job)

    def undo(self, job: ImportJob) -> ImportJob:
        with agency_scope(self.agency_id):
            importing.undo(actor=self.actor, job_id=job.pk, now=NOON, origin=NOWHERE)
        return self.work(job)

    def work(self, job: ImportJob) -> ImportJob:
        import_work.work_on(job_id=job.pk, agency_id=self.agency_id)
        return self.reread(job)

    def reread(self, job: ImportJob) -> ImportJob:
        with agency_scope(self.agency_id), transaction.atomic():
            return ImportJob.unscoped.get(pk=job.pk)

    def run(self, data: bytes, **choices: Any) -> ImportJob:
        return self.start(self.take(data, **choices))

    def leads(self) -> list[Any]:
        """Every lead of the client, whole."""
        with agency_scope(self.agency_id), transaction.atomic():
            return list(Lead.unscoped.filter(client=self.house.client).order_by("pk").values())

    def rows(self, job: ImportJob) -> list[tuple[int, str, str, str]]:
        with agency_scope(self.agency_id), transaction.atomic():
            rows = ImportRow.unscoped.filter(job=job).order_by("line")
            return list(rows.values_list("line", "status", "reason", "undo"))

    def told(self) -> Counter[str]:
        """The lines of the client's timelines, by action."""
        with agency_scope(self.agency_id), transaction.atomic():
            return Counter(
                Activity.unscoped.filter(client=self.house.client).values_list("action", flat=True)
            )

    def find(self, **facts: Any) -> Lead:
        with agency_scope(self.agency_id), transaction.atomic():
            return Lead.unscoped.get(client=self.house.client, **facts)


@pytest.fixture
def desk(cast: Cast) -> Desk:
    return Desk(cast)


ANN = ["Ann", "Lee", "ann@example.test", "(512) 555-0148", "Austin", "Roof; vip", "green"]
BOB = ["Bob", "Ray", "bob@example.test", "", "Dallas", "", ""]


def test_check_changes_nobody_and_foresees_what_the_import_does(desk: Desk) -> None:
    before = desk.leads()
    checked = desk.take(text_of(ANN, BOB, ["", "", "nonsense", "", "", "", ""], ANN))

    assert desk.leads() == before
    assert (checked.status, checked.total, checked.created, checked.skipped, checked.failed) == (
        "checked",
        4,
        2,
        1,
        1,
    )
    assert checked.shape["problems"] == [[4, "", "“nonsense” is not an e-mail address."]]

    done = desk.start(checked)

    assert (done.status, done.processed, done.created, done.skipped, done.failed) == ("done", 4, 2, 1, 1)


def test_import_makes_people_with_all_their_fields(desk: Desk) -> None:
    job = desk.run(text_of(ANN))
    ann = desk.find(email="ann@example.test")

    assert (ann.name, ann.phone, ann.phone_e164, ann.city, ann.enrichment_data, ann.source, ann.status) == (
        "Ann Lee", "(512) 555-0148", "+15125550148", "Austin", {"Favourite colour": "green"}, "import", "enriched",
    )  # fmt: skip
    with agency_scope(desk.agency_id), transaction.atomic():
        tags = set(LeadTag.unscoped.filter(lead=ann).values_list("tag__name", flat=True))
        (told,) = Activity.unscoped.filter(lead=ann)
    assert tags == {"Roof", "vip"}
    assert (told.action, told.metadata, told.actor_id) == (
        "imported", {"job": str(job.pk), "file": "people.csv", "line": 2}, desk.actor.user_id,
    )  # fmt: skip
    assert desk.rows(job) == [(2, "created", "", "")]


def test_update_fills_in_and_leaves_blank_cells_alone(desk: Desk) -> None:
    desk.run(text_of(ANN))
    job = desk.run(text_of(["", "", "ANN@EXAMPLE.TEST", "", "Houston", "vip,New", "red"]), policy="update")
    ann = desk.find(email="ann@example.test")

    assert (ann.name, ann.city, ann.enrichment_data) == ("Ann Lee", "Houston", {"Favourite colour": "red"})
    assert desk.rows(job) == [(2, "updated", "Known already, by e-mail address.", "")]


def test_people_are_tied_to_their_company_which_is_made_once(desk: Desk) -> None:
    head = ["E-mail", "Company"]
    with agency_scope(desk.agency_id), transaction.atomic():
        own = {"agency_id": desk.agency_id, "client": desk.house.client}
        known = Company.unscoped.create(**own, name="Lee & Sons")
        count = Company.unscoped.filter(**own).count()
    rows = (["a@example.test", "LEE & SONS"], ["b@example.test", "Straße 9"], ["c@example.test", "STRASSE 9"])
    job = desk.run(text_of(*rows, head=head))
    ann, bob, cy = (desk.find(email=each[0]) for each in rows)

    assert (ann.company_id, ann.company_name) == (known.pk, "LEE & SONS")
    assert bob.company_id == cy.company_id != known.pk
    moved = desk.run(text_of(["a@example.test", "Ray Ltd"], head=head), policy="update")
    assert desk.find(email="a@example.test").company_id not in (known.pk, bob.company_id)

    for each in (moved, job):
        desk.undo(each)
    with agency_scope(desk.agency_id), transaction.atomic():
        left = Company.unscoped.filter(**own)
        assert (left.count(), left.filter(pk=known.pk).exists()) == (count, True)


def test_undo_leaves_a_company_that_somebody_works_at_since(desk: Desk) -> None:
    job = desk.run(text_of(["b@example.test", "Ray Ltd"], head=["E-mail", "Company"]))
    with agency_scope(desk.agency_id), transaction.atomic():
        company = Company.unscoped.get(name="Ray Ltd")
        Lead.unscoped.filter(pk=desk.house.lead.pk).update(company=company)
    desk.undo(job)

    with agency_scope(desk.agency_id), transaction.atomic():
        assert Company.unscoped.filter(pk=company.pk).exists()


def test_another_number_takes_the_mark_of_a_wrong_one_away(desk: Desk) -> None:
    desk.run(text_of(ANN))
    with agency_scope(desk.agency_id), transaction.atomic():
        Lead.unscoped.filter(email="ann@example.test").update(phone_is_wrong=True)
    before = desk.leads()
    job = desk.run(text_of(["", "", "ann@example.test", "5125550199", "", "", ""]), policy="update")

    assert desk.find(email="ann@example.test").phone_is_wrong is False
    desk.undo(job)
    assert desk.leads() == before


def test_what_an_import_adds_counts_for_the_status_until_it_is_taken_back(desk: Desk) -> None:
    desk.run(text_of(BOB))
    job = desk.run(text_of(["", "", "bob@example.test", "", "", "", "red"]), policy="update")

    assert desk.find(email="bob@example.test").status == "enriched"
    desk.undo(job)
    assert desk.find(email="bob@example.test").status == "new"


def test_undo_of_new_people_leaves_no_trace(desk: Desk) -> None:
    before = desk.leads()
    job = desk.undo(desk.run(text_of(ANN, BOB)))

    assert desk.leads() == before
    assert (job.status, job.reversed, job.kept) == ("undone", 2, 0)
    with agency_scope(desk.agency_id), transaction.atomic():
        assert not Activity.unscoped.filter(metadata__job=str(job.pk)).exists()


def test_undo_puts_changed_people_back_to_the_letter(desk: Desk) -> None:
    desk.run(text_of(ANN, BOB))
    before = desk.leads()
    job = desk.undo(
        desk.run(
            text_of(
                ["Anna", "", "ann@example.test", "5125550199", "Houston", "late", "blue"],
                ["", "", "ann@example.test", "", "Waco", "", ""],
                ["", "", "bob@example.test", "", "Waco", "", ""],
            ),
            policy="update",
        )
    )

    assert desk.leads() == before
    assert (job.reversed, job.kept) == (3, 0)


def test_a_score_that_was_added_up_keeps_nobody_and_one_set_by_hand_does(desk: Desk) -> None:
    job = desk.run(text_of(ANN, BOB))
    imported = [desk.find(email=f"{name}@example.test").pk for name in ("ann", "bob")]
    with agency_scope(desk.agency_id):
        assert len(rescore(agency_id=desk.agency_id, lead_ids=imported, now=NOON).written) == 2
        override_score(actor=desk.actor, lead_id=imported[1], number=90, reason="Met them", now=NOON)
    undone = desk.undo(job)

    assert (undone.reversed, undone.kept) == (1, 1)
    assert {each["id"] for each in desk.leads()} & set(imported) == {imported[1]}


def test_widest_name_there_can_be_is_imported_and_changed(desk: Desk) -> None:
    rows = [[half * 100, other * 100, "long@example.test", "", "", "", ""] for half, other in ("AB", "CD")]
    made = desk.run(text_of(rows[0]))
    changed = desk.run(text_of(rows[1]), policy="update")

    assert (made.status, changed.status, changed.updated) == ("done", "done", 1)
    assert desk.find(email="long@example.test").name == f"{'C' * 100} {'D' * 99}"


def test_tag_of_somebody_found_by_lead_id_alone_stays_through_undo(desk: Desk) -> None:
    desk.run(text_of(["Ann", "", "", "", "", "vip", ""]))
    ann = desk.find(first_name="Ann")
    head = ["Lead ID", "City", "Tags"]
    job = desk.run(text_of([str(ann.pk), "Waco", "VIP; new"], head=head), policy="update")
    nothing = desk.run(text_of([str(ann.pk), "Waco", "VIP; new"], head=head), policy="update")
    desk.undo(job)

    assert (job.updated, nothing.skipped) == (1, 1)
    with agency_scope(desk.agency_id), transaction.atomic():
        assert set(LeadTag.unscoped.filter(lead=ann).values_list("tag__name", flat=True)) == {"vip"}


def test_undo_keeps_whom_somebody_touched_and_says_so(desk: Desk) -> None:
    job = desk.run(text_of(ANN, BOB, ["Cy", "", "cy@example.test", "", "", "", ""]))
    with agency_scope(desk.agency_id), transaction.atomic():
        Lead.unscoped.filter(email="ann@example.test").update(city="Paris")
        Activity.unscoped.create(
            agency_id=desk.agency_id, client=desk.house.client, lead=desk.find(email="bob@example.test"),
            action="note_added", occurred_at=NOON,
        )  # fmt: skip
    undone = desk.undo(job)

    assert (undone.reversed, undone.kept) == (1, 2)
    assert [(line, undo, reason) for line, _, reason, undo in desk.rows(job)] == [
        (2, "kept", "Somebody has worked with this person since."),
        (3, "kept", "Somebody has worked with this person since."),
        (4, "reversed", ""),
    ]


def test_second_undo_and_second_start_are_refused(desk: Desk) -> None:
    job = desk.undo(desk.run(text_of(ANN)))

    with agency_scope(desk.agency_id):
        for again in (importing.undo, importing.start):
            with pytest.raises(ImportRefused):
                again(actor=desk.actor, job_id=job.pk, now=NOON, origin=NOWHERE)


def test_all_or_nothing_does_not_begin_with_a_bad_row(desk: Desk) -> None:
    checked = desk.take(text_of(ANN, ["", "", "nonsense", "", "", "", ""]), all_or_nothing=True)

    with agency_scope(desk.agency_id), pytest.raises(ImportRefused, match="1 rows can't be imported"):
        importing.start(actor=desk.actor, job_id=checked.pk, now=NOON, origin=NOWHERE)


def test_all_or_nothing_takes_back_when_a_row_fails_on_the_way(desk: Desk) -> None:
    before = desk.leads()
    checked = desk.take(text_of(ANN, BOB), all_or_nothing=True)
    with (
        agency_scope(desk.agency_id),
        transaction.atomic(),
    ):  # between check and start somebody archives and adds
        Lead.unscoped.filter(pk=desk.house.lead.pk).update(email="bob@example.test")
        ImportJob.unscoped.filter(pk=checked.pk).update(policy="create")
    job = desk.start(checked)
    while job.status == "undoing":
        job = desk.work(job)

    assert (job.status, job.reversed) == ("undone", 1)
    assert "taken back" in job.error
    assert len(desk.leads()) == len(before)


def test_killed_import_goes_on_where_it_stopped(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [[f"P{n}", "", f"p{n}@example.test", "", "", "", ""] for n in range(25)]
    monkeypatch.setattr(import_work, "BATCH", 10)
    checked = desk.take(text_of(*rows))
    with agency_scope(desk.agency_id):
        importing.start(actor=desk.actor, job_id=checked.pk, now=NOON, origin=NOWHERE)
    went: list[None] = []
    write = import_rows.write

    def dies(*args: Any) -> None:
        if len(went) == 2:
            raise KeyboardInterrupt
        went.append(write(*args))

    monkeypatch.setattr(import_rows, "write", dies)
    with pytest.raises(KeyboardInterrupt):
        desk.work(checked)
    monkeypatch.setattr(import_rows, "write", write)
    assert (desk.work(checked).status, desk.reread(checked).processed) == (
        "running",
        20,
    )  # held by the dead worker

    with agency_scope(desk.agency_id), transaction.atomic():
        ImportJob.unscoped.filter(pk=checked.pk).update(lease_until=datetime(2026, 1, 1, tzinfo=UTC))
    job = desk.work(checked)

    assert (job.status, job.processed, job.created) == ("done", 25, 25)
    assert Counter(status for _, status, _, _ in desk.rows(job)) == {"created": 25}


class Broken(Exception):
    """What nobody foresaw."""


def breaks(*args: Any, **kwargs: Any) -> None:
    raise Broken


def worn_out(desk: Desk, job: ImportJob) -> ImportJob:
    """The job after as many tries as it gets, the pauses between them over."""
    for _ in range(5):
        with agency_scope(desk.agency_id), transaction.atomic():
            ImportJob.unscoped.filter(pk=job.pk).update(lease_until=None)
        desk.work(job)
    return desk.reread(job)


def test_check_that_breaks_ends_and_can_be_begun_again(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(import_work, "foreseen", breaks)
        waits = desk.take(text_of(ANN, BOB))
        failed = worn_out(desk, waits)

    assert (waits.status, waits.attempts) == ("checking", 1)
    assert waits.lease_until is not None
    assert (failed.status, failed.stopped_at, failed.attempts, failed.error) == (
        "failed", "checking", 3,
        f"{UNFORESEEN} {LEFT['checking']}",
    )  # fmt: skip
    with agency_scope(desk.agency_id):
        importing.check(
            actor=desk.actor, job_id=failed.pk, mapping=failed.mapping, policy="skip", day_first=False,
            all_or_nothing=False, now=NOON,
        )  # fmt: skip
    assert desk.start(desk.work(failed)).created == 2


def half_way(desk: Desk, monkeypatch: pytest.MonkeyPatch, **choices: Any) -> ImportJob:
    """An import of 25 people that broke after the first ten."""
    rows = [[f"P{n}", "", f"p{n}@example.test", "", "", "", ""] for n in range(25)]
    checked = desk.take(text_of(*rows), **choices)
    write = import_rows.write

    def first_only(job: ImportJob, *args: Any) -> None:
        write(job, *args) if job.processed == 0 else breaks()

    with monkeypatch.context() as broken:
        broken.setattr(import_work, "BATCH", 10)
        broken.setattr(import_rows, "write", first_only)
        return worn_out(desk, desk.start(checked))


def test_import_that_breaks_half_way_goes_on_when_asked(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    failed = half_way(desk, monkeypatch)

    assert (failed.status, failed.stopped_at, failed.created, failed.error) == (
        "failed", "running", 10,
        f"{UNFORESEEN} {LEFT['running'].format(failed)}",
    )  # fmt: skip
    with agency_scope(desk.agency_id), pytest.raises(ImportRefused):
        importing.check(
            actor=desk.actor, job_id=failed.pk, mapping=failed.mapping, policy="skip", day_first=False,
            all_or_nothing=False, now=NOON,
        )  # fmt: skip
    done = desk.start(failed)

    assert (done.status, done.processed, done.created, done.error) == ("done", 25, 25, "")
    assert len(desk.rows(done)) == 25


def test_import_that_breaks_half_way_can_be_taken_back(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    before = desk.leads()
    undone = desk.undo(half_way(desk, monkeypatch))

    assert (undone.status, undone.reversed) == ("undone", 10)
    assert desk.leads() == before


def test_all_or_nothing_that_breaks_half_way_is_taken_back(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = desk.leads()
    undone = half_way(desk, monkeypatch, all_or_nothing=True)

    assert (undone.status, undone.reversed, undone.error) == (
        "undone", 10,
        f"{UNFORESEEN} You asked for all rows or none: it was taken back.",
    )  # fmt: skip
    assert desk.leads() == before


def test_undo_that_breaks_can_be_asked_for_again(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    before = desk.leads()
    done = desk.run(text_of(ANN, BOB))
    with monkeypatch.context() as broken:
        broken.setattr(import_undo, "_close_empty_companies", breaks)
        failed = worn_out(desk, desk.undo(done))

    assert (failed.status, failed.stopped_at, failed.reversed) == ("failed", "undoing", 2)
    assert "2 people were taken back so far" in failed.error
    undone = desk.undo(failed)
    assert (undone.status, undone.reversed, desk.leads()) == ("undone", 2, before)


def test_worker_that_dies_each_time_is_not_sent_for_ever(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def dies(*args: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr(import_work, "foreseen", dies)
        with pytest.raises(KeyboardInterrupt):
            desk.take(text_of(ANN))
        with agency_scope(desk.agency_id), transaction.atomic():
            job = ImportJob.unscoped.get(status="checking", filename="people.csv")
        for _ in range(2):
            with agency_scope(desk.agency_id), transaction.atomic():
                ImportJob.unscoped.filter(pk=job.pk).update(lease_until=None)
            with pytest.raises(KeyboardInterrupt):
                desk.work(job)
    assert worn_out(desk, job).status == "failed"


def test_import_stays_in_its_client(cast: Cast, desk: Desk) -> None:
    with agency_scope(cast.larkspur.pk), transaction.atomic():
        Lead.unscoped.create(
            agency=cast.larkspur, client=cast.delgado.client, email="ann@example.test", city="Waco"
        )
    desk.run(text_of(ANN), policy="update")

    with agency_scope(cast.larkspur.pk), transaction.atomic():
        cities = dict(Lead.unscoped.filter(email="ann@example.test").values_list("client__name", "city"))
    assert cities == {cast.brightside.client.name: "Austin", cast.delgado.client.name: "Waco"}


def test_definer_forgets_nothing_but_lines_of_that_import(cast: Cast, desk: Desk) -> None:
    job = desk.run(text_of(ANN))
    ann = desk.find(email="ann@example.test")
    before = desk.told()
    with agency_scope(cast.ironwood.pk), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT crm_forget_import(%s, %s)", [[ann.pk], job.pk])
    with agency_scope(desk.agency_id), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT crm_forget_import(%s, %s)", [[desk.house.lead.pk], job.pk])
        cursor.execute("SELECT crm_forget_import(%s, %s)", [[ann.pk], UUID(int=1)])

    assert (desk.told(), before["imported"]) == (before, 1)


def test_suppressed_people_are_neither_added_nor_changed(desk: Desk) -> None:
    desk.run(text_of(ANN))
    with agency_scope(desk.agency_id):
        suppress(
            agency_id=desk.agency_id, client_id=desk.house.client.pk, now=NOON, source="test",
            entries=[Entry("email", "ann@example.test"), Entry("domain", "ray.test")],
        )  # fmt: skip
    rows = (
        ["Ann", "", "Ann@Example.Test", "", "Paris", "", ""],
        ["Bob", "", "bob@mail.ray.test", "", "", "", ""],
        ["Cy", "", "cy@example.test", "", "", "", ""],
    )
    job = desk.run(text_of(*rows), policy="update")

    assert (job.created, job.updated, job.suppressed) == (1, 0, 2)
    assert desk.find(email="ann@example.test").city == "Austin"
    assert [(status, reason) for _, status, reason, _ in desk.rows(job)][:2] == [
        ("suppressed", "“Ann@Example.Test” stands on the list of whom not to contact."),
        ("suppressed", "“bob@mail.ray.test” stands on the list of whom not to contact."),
    ]


@pytest.mark.parametrize(
    "facts",
    [{"phone": "512 555 0148", "phone_e164": "+15125550148"}, {"email": "cy@ray.test"},
     {"linkedin_url": "https://www.linkedin.com/in/cy"}],
)  # fmt: skip
@pytest.mark.parametrize("head", ["Lead ID", "ID elsewhere"])
def test_ban_follows_the_person_however_the_row_finds_them(
    desk: Desk, facts: dict[str, str], head: str
) -> None:
    with agency_scope(desk.agency_id), transaction.atomic():
        own = {"agency_id": desk.agency_id, "client": desk.house.client}
        cy = Lead.unscoped.create(**own, display_name="Cy", external_ref="77", **facts)
        suppress_lead(lead=cy, reason="do_not_contact", source="test", added_by=None, now=NOON)
        junk = Lead.unscoped.create(
            **own, display_name="Di", external_ref="78", linkedin_url="linkedin.com/x"
        )
    before = desk.leads()
    asked = {"Lead ID": [str(cy.pk), str(junk.pk)], "ID elsewhere": ["77", "78"]}[head]
    rows = (
        [asked[0], "5125550199", "new@example.test", "linkedin.com/in/new"],
        [asked[1], "5125550177", "", ""],
    )
    job = desk.run(text_of(*rows, head=[head, "Phone", "E-mail", "LinkedIn"]), policy="update")
    again = desk.run(text_of(rows[0], head=[head, "Phone", "E-mail", "LinkedIn"]), policy="create")

    assert [status for _, status, _, _ in desk.rows(job)] == ["suppressed", "updated"]
    assert again.suppressed == 1
    assert [each for each in desk.leads() if each["id"] != junk.pk] == [
        each for each in before if each["id"] != junk.pk
    ]


@pytest.mark.parametrize("policy", ["skip", "update", "create"])
def test_who_is_in_the_archive_stays_there(desk: Desk, policy: str) -> None:
    desk.run(text_of(ANN, BOB))
    ann, bob = desk.find(email="ann@example.test"), desk.find(email="bob@example.test")
    with agency_scope(desk.agency_id):
        for each in (ann, bob):
            archive_lead(actor=desk.actor, lead_id=each.pk, now=NOON, origin=NOWHERE)
    before = desk.leads()
    job = desk.run(text_of([*ANN[:4], "Paris", "", ""], BOB), policy=policy)

    assert [(status, reason) for _, status, reason, _ in desk.rows(job)] == [
        ("skipped", "In the archive here, found by e-mail address. They stay there as they are.")
    ] * 2
    assert desk.leads() == before


def test_who_is_here_is_found_before_who_is_in_the_archive(desk: Desk) -> None:
    desk.run(text_of(ANN))
    with agency_scope(desk.agency_id):
        archive_lead(
            actor=desk.actor, lead_id=desk.find(email="ann@example.test").pk, now=NOON, origin=NOWHERE
        )
        with transaction.atomic():
            here = Lead.unscoped.create(
                agency_id=desk.agency_id, client=desk.house.client, email="Ann@Example.test"
            )
    job = desk.run(text_of([*ANN[:4], "Paris", "", ""]), policy="update")

    assert (job.updated, desk.find(pk=here.pk).city) == (1, "Paris")


def test_who_was_merged_is_found_by_all_they_were_known_by(desk: Desk) -> None:
    """Three made one, link by link: by the addresses, numbers and IDs of all three, and by their lead IDs."""
    head = ["Full name", "E-mail", "Phone", "ID elsewhere"]
    people = [["Ann Lee", f"ann{n}@example.test", f"512555014{n}", f"ref-{n}"] for n in range(3)]
    desk.run(text_of(*people, head=head))
    ids = [desk.find(email=each[1]).pk for each in people]
    with agency_scope(desk.agency_id):
        for gone in (0, 2):  # and of the two, the one who goes gives the address
            rows = {pk: desk.find(pk=pk).updated_at.isoformat() for pk in (ids[1], ids[gone])}
            merge_leads(
                actor=desk.actor, kept_id=ids[1], merged_ids=[ids[gone]], choose={"email": str(ids[gone])},
                seen={str(pk): at for pk, at in rows.items()}, now=NOON, origin=NOWHERE,
            )  # fmt: skip
    kept = desk.find(pk=ids[1])
    before = desk.leads()
    lines = [["Ann Lee", each[1], "", ""] for each in people]
    lines += [["Ann Lee", "", each[2], ""] for each in people] + [
        ["Ann Lee", "", "", each[3]] for each in people
    ]
    job = desk.run(text_of(*lines, head=head), policy="update")
    by_id = desk.run(text_of(*([str(pk)] for pk in ids), head=["Lead ID"]), policy="update")
    moved = desk.run(text_of(["ann1@example.test", "Waco"], head=["E-mail", "City"]), policy="update")

    assert kept.email == "ann2@example.test"
    assert (job.skipped, by_id.skipped, job.total) == (9, 3, 9), desk.rows(job)
    with agency_scope(desk.agency_id), transaction.atomic():
        told = set(ImportRow.unscoped.filter(job__in=[job, by_id, moved]).values_list("lead_id", flat=True))
    assert told == {kept.pk}
    assert (moved.updated, desk.find(pk=kept.pk).city) == (1, "Waco")
    desk.undo(moved)
    assert desk.leads() == before


def test_rows_not_imported_come_back_with_their_reason_and_go_in_once_mended(desk: Desk) -> None:
    job = desk.run(text_of(ANN, ["Bob", "", "bob at example", "", "", "", ""]))
    with agency_scope(desk.agency_id), transaction.atomic():
        head, lines = failed_lines(desk.actor, job)
        given = list(lines)

    assert (head, given) == (
        [*HEAD, "Why it was not imported"],
        [["Bob", "", "bob at example", "", "", "", "", "“bob at example” is not an e-mail address."]],
    )
    mended = [
        ["bob@example.test" if "at" in cell and " " in cell else cell for cell in given[0][:-1]]
        + [given[0][-1]]
    ]
    again = desk.run(text_of(*mended, head=head))

    assert (again.created, again.mapping[-1]) == (1, "")


@pytest.fixture
def real_cast(transactional_db: None) -> Cast:
    with transaction.atomic():
        return make_cast()


def test_two_imports_of_one_list_at_once_make_each_person_once(real_cast: Cast) -> None:
    desk = Desk(real_cast)
    rows = [[f"P{n}", "", f"p{n}@example.test", "", "", "", ""] for n in range(300)]
    jobs = [desk.take(text_of(*rows)) for _ in range(3)]
    with agency_scope(desk.agency_id):
        for job in jobs:
            importing.start(actor=desk.actor, job_id=job.pk, now=NOON, origin=NOWHERE)
    gate = threading.Barrier(3)

    def go(job: ImportJob) -> None:
        gate.wait()
        try:
            import_work.work_on(job_id=job.pk, agency_id=desk.agency_id)
        finally:
            connection.close()

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(go, jobs))
    done = [desk.reread(job) for job in jobs]

    assert {job.status for job in done} == {"done"}
    assert sum(job.created for job in done) == 300
    assert sum(job.created + job.skipped + job.failed for job in done) == 900
    assert len([each for each in desk.leads() if each["source"] == "import"]) == 300
