"""An import at work: one step of a job, in batches.

Each batch is a transaction of its own, so that progress is seen and a killed worker's import goes on where it
stopped. An error that nobody foresaw is tried again a few times; then the job says so and rests.
"""

import logging
from collections import Counter
from contextlib import closing
from datetime import datetime, timedelta
from itertools import islice
from typing import IO, Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils import timezone

from accounts.models import Client
from accounts.scope import PlatformUse, agency_scope, platform_scope
from crm.importing.cells import Unreadable
from crm.importing.fields import told_apart
from crm.importing.people import Book, Person, Reading, read
from crm.importing.planning import FAILED, decide, foreseen
from crm.importing.reading import rows_of
from crm.models import ImportJob, PipelineStage
from crm.models.imports import ImportJobQuerySet
from crm.services import import_rows, import_undo
from crm.services.import_campaign import hold_campaign
from crm.services.import_known import known_to
from crm.services.importing import COUNTED, step
from crm.services.leads import region_of
from lib.uuid7 import uuid7

log = logging.getLogger(__name__)
Status = ImportJob.Status
BATCH = 2000
LEASE = timedelta(minutes=3)
MOST_TRIES = 3
PAUSE = timedelta(seconds=20)  # before the next try
UNFORESEEN = "Something went wrong that nobody foresaw, again and again."
LEFT: dict[str, str] = {
    Status.CHECKING: "Nobody was changed. Check the list again, or upload it once more.",
    Status.RUNNING: "The first {0.processed:,} rows are imported and stay. Go on from there, or take them back.",
    Status.UNDOING: "{0.reversed:,} people were taken back so far. Undo the import again for the rest.",
}
SHOWN = 50  # problems named by the check


def due_jobs(*, limit: int, now: datetime) -> list[tuple[UUID, UUID]]:
    """(job, agency) of jobs at which nobody is at work, oldest first."""
    with transaction.atomic(), platform_scope(PlatformUse.SWEEP):
        rows = ImportJobQuerySet(ImportJob).due(now)
        return list(rows.values_list("pk", "agency_id")[:limit])


def work_on(*, job_id: UUID, agency_id: UUID) -> None:
    """Do what the job's state asks for, unless somebody is at it. A step that fails leaves its reason on the row."""
    with agency_scope(agency_id):
        job = _lease(job_id, timezone.now())
        if job is None:
            return
        try:
            _work(job)
        except Unreadable as unreadable:
            _stop(job_id, str(unreadable))
        except FileNotFoundError:
            _stop(job_id, "The file is no longer stored here. Upload it again.")
        except Exception:
            log.exception("import %s went wrong", job_id)
            _fall_back(job_id, timezone.now())


def _work(job: ImportJob) -> None:
    if job.status == Status.UNDOING:
        while import_undo.take_back_some(job_id=job.pk, now=timezone.now(), lease=LEASE):
            pass
        return
    if not job.file:
        raise FileNotFoundError
    with job.file.open("rb") as file:
        _go_through(job, file)


@transaction.atomic
def _lease(job_id: UUID, now: datetime) -> ImportJob | None:
    job: ImportJob | None = (
        ImportJobQuerySet(ImportJob).due(now).select_for_update(of=("self",)).filter(pk=job_id).first()
    )
    if job is None:
        return None
    if job.attempts >= MOST_TRIES:  # the last one died without a word
        _give_up(job)
        return None
    job.lease_until, job.attempts = now + LEASE, job.attempts + 1
    if job.status == Status.CHECKING:  # begins anew: nothing of it was kept
        for name in COUNTED:
            setattr(job, name, 0)
    job.save()
    return job


@transaction.atomic
def _fall_back(job_id: UUID, now: datetime) -> None:
    """After an error that nobody foresaw: try again in a while, or give up."""
    job = ImportJob.unscoped.select_for_update(of=("self",)).get(pk=job_id)
    if job.attempts >= MOST_TRIES:
        _give_up(job)
    else:
        job.lease_until = now + PAUSE
        job.save(update_fields=["lease_until", "updated_at"])


def _give_up(job: ImportJob) -> None:
    untouched = job.status == Status.RUNNING and not job.processed
    left = LEFT[Status.CHECKING if untouched else job.status]
    _end(job, UNFORESEEN, left.format(job))


@transaction.atomic
def _stop(job_id: UUID, why: str) -> None:
    _end(ImportJob.unscoped.select_for_update(of=("self",)).get(pk=job_id), why)


def _end(job: ImportJob, why: str, left: str = "") -> None:
    """``left`` says how things stand now. An import of all rows or none that stops half way is taken back."""
    if job.all_or_nothing and job.status == Status.RUNNING and job.processed:
        step(job, Status.UNDOING)
        left = "You asked for all rows or none: it was taken back."
    else:
        job.stopped_at, job.status, job.lease_until = job.status, Status.FAILED, None
    job.error = f"{why} {left}".strip()
    job.save()


def _go_through(job: ImportJob, file: IO[bytes]) -> None:
    seen: set[int] = set()
    problems: list[list[Any]] = []
    reasons: Counter[str] = Counter()
    with closing(rows_of(file, **job.shape)) as rows:
        _, headings = next(rows)
        reading = _reading(job, headings)
        lines = islice(rows, job.processed, None)
        while batch := list(islice(lines, BATCH)):
            people = [read(number, cells, reading) for number, cells in batch]
            if job.status == Status.CHECKING:
                counts = _foresee(job.pk, people, seen, problems, reasons)
            else:
                counts = _carry_out(job.pk, people)
            if counts is None:
                return
    _finish(job.pk, problems, reasons, timezone.now())


@transaction.atomic
def _reading(job: ImportJob, headings: list[str]) -> Reading:
    client = Client.unscoped.get(pk=job.client_id)
    stages = list(PipelineStage.objects.for_client(client))
    return Reading(
        columns=job.mapping,
        headings=told_apart(headings),
        region=region_of(client),
        day_first=job.shape["day_first"],
        zone=ZoneInfo(client.timezone),
        stages={stage.name.casefold(): str(stage.pk) for stage in stages},
        lost=frozenset(str(stage.pk) for stage in stages if stage.is_lost_stage),
    )


@transaction.atomic
def _foresee(
    job_id: UUID, people: list[Person], seen: set[int], problems: list[list[Any]], reasons: Counter[str]
) -> Counter[str] | None:
    job = _still(job_id, Status.CHECKING)
    if job is None:
        return None
    book = Book(known_to(job, people, lock=False))
    barred = import_rows.suppressed_lines(job, people, book, timezone.now())
    counts: Counter[str] = Counter()
    for person in people:
        deed = barred.get(person.line) or foreseen(person, book, job.policy, seen)
        counts[deed.status] += 1
        if deed.status == FAILED:
            reasons[deed.reason if len(reasons) < SHOWN else "Other reasons"] += 1
            if len(problems) < SHOWN:
                problems.append([person.line, person.name or person.given.get("email", ""), deed.reason])
    return _count(job, counts, len(people))


@transaction.atomic
def _carry_out(job_id: UUID, people: list[Person]) -> Counter[str] | None:
    job = _still(job_id, Status.RUNNING)
    if job is None:
        return None
    now = timezone.now()
    import_rows.prepare()
    campaign = hold_campaign(job)
    import_rows.hold_stages(job)
    book = Book(known_to(job, people, lock=job.policy == ImportJob.Policy.UPDATE))
    barred = import_rows.suppressed_lines(job, people, book, now)
    deeds = [barred.get(each.line) or decide(each, book, job.policy, uuid7) for each in people]
    import_rows.write(job, deeds, book.by_id, campaign, now)
    return _count(job, Counter(deed.status for deed in deeds), len(people))


def _still(job_id: UUID, status: str) -> ImportJob | None:
    """The job, locked; None when somebody has stopped it meanwhile."""
    return ImportJob.unscoped.select_for_update(of=("self",)).filter(pk=job_id, status=status).first()


def _count(job: ImportJob, counts: Counter[str], lines: int) -> Counter[str]:
    for status, number in counts.items():
        setattr(job, status, getattr(job, status) + number)
    job.processed += lines
    job.total = max(job.total, job.processed)
    job.lease_until = timezone.now() + LEASE
    if job.status == Status.RUNNING:  # a check begins anew each time, and so gets on only when it is through
        job.attempts = 0
    job.save(update_fields=[*COUNTED, "lease_until", "attempts", "updated_at"])
    return counts


@transaction.atomic
def _finish(job_id: UUID, problems: list[list[Any]], reasons: Counter[str], now: datetime) -> None:
    job = ImportJob.unscoped.select_for_update(of=("self",)).get(pk=job_id)
    if job.status == Status.CHECKING:
        job.status = Status.CHECKED
        job.shape |= {"problems": problems, "reasons": reasons.most_common()}
    elif job.all_or_nothing and job.failed:
        job.status, job.attempts = Status.UNDOING, 0
        job.error = f"{job.failed:,} rows could not be imported, and you asked for all rows or none: it was taken back."
    else:
        job.status = Status.DONE
    job.finished_at, job.lease_until = now, None
    job.save()
