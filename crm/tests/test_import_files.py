"""Uploaded lists, which leave the store when nobody needs them any more."""

from datetime import timedelta

import pytest
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils import timezone

from accounts.scope import agency_scope
from accounts.services.audit import NOWHERE
from conftest import make_cast
from crm.models import ImportJob
from crm.services.erasing import erase_lead
from crm.services.import_files import KEPT_FOR, TOO_LATE, forget_files
from crm.tests.test_import_jobs import ANN, BOB, Desk, text_of

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def desk() -> Desk:
    with transaction.atomic():
        return Desk(make_cast())


def forget(desk: Desk, *jobs: ImportJob, days: int = 0) -> list[tuple[bool, str, str]]:
    """(whether the file is still in the store, status, error) of each job, after a sweep ``days`` from now."""
    names = [str(job.file.name) for job in jobs]
    forget_files(now=timezone.now() + timedelta(days=days), limit=10)
    rows = [desk.reread(job) for job in jobs]
    assert [bool(row.file) for row in rows] == [default_storage.exists(name) for name in names]
    return [(bool(row.file), row.status, row.error) for row in rows]


def test_file_goes_once_its_people_are_here_and_undo_needs_it_not(desk: Desk) -> None:
    before = desk.leads()
    done, waiting = desk.run(text_of(ANN)), desk.take(text_of(BOB))

    assert forget(desk, done, waiting) == [(False, "done", ""), (True, "checked", "")]
    assert desk.undo(done).status == "undone"
    assert desk.leads() == before


def test_file_that_nobody_imports_goes_after_its_time_and_says_so(desk: Desk) -> None:
    waiting, running = desk.take(text_of(ANN)), desk.take(text_of(BOB))
    with agency_scope(desk.agency_id), transaction.atomic():
        ImportJob.unscoped.filter(pk=running.pk).update(status="running")

    assert forget(desk, waiting, running, days=KEPT_FOR.days - 1) == [
        (True, "checked", ""), (True, "running", ""),
    ]  # fmt: skip
    assert forget(desk, waiting, running, days=KEPT_FOR.days + 1) == [
        (False, "failed", TOO_LATE), (True, "running", ""),
    ]  # fmt: skip


def test_file_goes_with_a_person_who_is_erased(desk: Desk) -> None:
    theirs, others = desk.run(text_of(ANN)), desk.run(text_of(BOB))
    with agency_scope(desk.agency_id), transaction.atomic():
        ann = desk.find(email="ann@example.test")
        erasure = erase_lead(actor=desk.actor, lead_id=ann.pk, now=timezone.now(), origin=NOWHERE)

    files = [desk.reread(theirs).file.name, desk.reread(others).file.name]
    assert (erasure.report["files"], files, default_storage.exists(str(theirs.file.name))) == (
        1, ["", others.file.name], False,
    )  # fmt: skip
