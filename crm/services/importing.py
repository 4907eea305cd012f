"""An import from the chosen file to the finished list, and back. Every step is a state of the job's row.

Lines go through in batches, each in a transaction of its own, so that progress is seen and a killed worker's import
goes on where it stopped.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import islice
from typing import IO, Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.core.files.base import File
from django.db import transaction
from django.utils import timezone

from accounts.models import Client
from accounts.scope import PlatformUse, agency_scope, platform_scope
from accounts.services.audit import Origin, record_by
from accounts.tenancy import Actor
from crm.importing.fields import guess
from crm.importing.people import Book, Person, Reading, read
from crm.importing.planning import FAILED, decide, foreseen
from crm.importing.reading import Unreadable, rows_of, shape_of
from crm.models import ImportJob, PipelineStage
from crm.models.imports import ImportJobQuerySet
from crm.services import import_rows, import_undo
from crm.services.leads import region_of
from lib.uuid7 import uuid7

BATCH = 2000
LEASE = timedelta(minutes=3)
SHOWN = 50  # problems named by the check
Status = ImportJob.Status


class ImportRefused(Exception):
    """The step can't be taken now; the message says why and what to do."""


@transaction.atomic
def take_file(*, actor: Actor, client: Client, file: IO[bytes], filename: str, size: int) -> ImportJob:
    """Keep the file and guess what its columns are. Raises `crm.importing.reading.Unreadable`."""
    shape = shape_of(file, size=size)
    job = ImportJob(
        agency_id=client.agency_id,
        client=client,
        filename=filename[-200:],
        shape={**shape.noted, "day_first": False},
        mapping=guess(shape.headings),
        started_by_id=actor.user_id,
    )
    file.seek(0)
    job.file.save(f"{job.pk}.{shape.kind}", File(file), save=False)
    job.save()
    return job


def _held(actor: Actor, job_id: UUID) -> ImportJob:
    job: ImportJob = ImportJob.objects.for_actor(actor).select_for_update(of=("self",)).get(pk=job_id)
    return job


@transaction.atomic
def check(
    *,
    actor: Actor,
    job_id: UUID,
    mapping: Sequence[str],
    policy: str,
    day_first: bool,
    all_or_nothing: bool,
    now: datetime,
) -> ImportJob:
    """Have the file read through with these choices, without changing anybody. Raises `ImportRefused`."""
    job = _held(actor, job_id)
    if job.status not in (Status.UPLOADED, Status.CHECKED, Status.FAILED):
        raise ImportRefused("This file was imported already, or somebody is at it right now.")
    if not any(mapping):
        raise ImportRefused("Choose at least one column to be imported.")
    job.mapping, job.policy, job.all_or_nothing = list(mapping), policy, all_or_nothing
    job.shape["day_first"] = day_first
    _begin(job, Status.CHECKING, actor, now)
    return job


@transaction.atomic
def start(*, actor: Actor, job_id: UUID, now: datetime, origin: Origin) -> ImportJob:
    """Import what was checked. Raises `ImportRefused`."""
    job = _held(actor, job_id)
    if job.status != Status.CHECKED:
        raise ImportRefused("This file is not ready to be imported. Look at where it stands.")
    if job.all_or_nothing and job.failed:
        raise ImportRefused(
            f"{job.failed:,} rows can't be imported, and you asked for all rows or none. Mend them, or allow the rest."
        )
    _begin(job, Status.RUNNING, actor, now)
    record_by(
        actor, "import_started", now=now, origin=origin, client_id=job.client_id, target=job.filename,
        details={"job": str(job.pk), "policy": job.policy},
    )  # fmt: skip
    return job


@transaction.atomic
def undo(*, actor: Actor, job_id: UUID, now: datetime, origin: Origin) -> ImportJob:
    """Take an import back, as far as nobody has touched its people since. Raises `ImportRefused`."""
    job = _held(actor, job_id)
    if job.status != Status.DONE:
        raise ImportRefused("Only a finished import can be undone, and only once.")
    job.status, job.lease_until, job.reversed, job.kept = Status.UNDOING, None, 0, 0
    job.save(update_fields=["status", "lease_until", "reversed", "kept", "updated_at"])
    _ring()
    record_by(
        actor, "import_undone", now=now, origin=origin, client_id=job.client_id, target=job.filename,
        details={"job": str(job.pk)},
    )  # fmt: skip
    return job


COUNTED = ("total", "processed", "created", "updated", "skipped", "failed", "suppressed")


def _begin(job: ImportJob, status: str, actor: Actor, now: datetime) -> None:
    job.status, job.lease_until, job.error, job.started_by_id = status, None, "", actor.user_id
    job.started_at, job.finished_at = now, None
    if status == Status.CHECKING:
        job.shape.pop("problems", None)
    else:
        job.shape["expected"] = {name: getattr(job, name) for name in COUNTED}
    for name in COUNTED[1:] if status == Status.RUNNING else COUNTED:
        setattr(job, name, 0)
    job.save()
    _ring()


def _ring() -> None:
    from crm.tasks import sweep_imports  # a leaf: tasks call services back

    transaction.on_commit(sweep_imports.delay, robust=True)


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
        if job.status == Status.UNDOING:
            while import_undo.take_back_some(job_id=job_id, now=timezone.now(), lease=LEASE):
                pass
            return
        try:
            with job.file.open("rb") as file:
                _go_through(job, file)
        except Unreadable as unreadable:
            _stop(job_id, str(unreadable))
        except FileNotFoundError:
            _stop(job_id, "The file is no longer stored here. Upload it again.")


@transaction.atomic
def _lease(job_id: UUID, now: datetime) -> ImportJob | None:
    job: ImportJob | None = (
        ImportJobQuerySet(ImportJob).due(now).select_for_update(of=("self",)).filter(pk=job_id).first()
    )
    if job is not None:
        job.lease_until = now + LEASE
        if job.status == Status.CHECKING:  # begins anew: nothing of it was kept
            for name in COUNTED:
                setattr(job, name, 0)
        job.save()
    return job


@transaction.atomic
def _stop(job_id: UUID, why: str) -> None:
    ImportJob.unscoped.filter(pk=job_id).update(status=Status.FAILED, error=why, lease_until=None)


def _go_through(job: ImportJob, file: IO[bytes]) -> None:
    lines = rows_of(file, **job.shape)
    _, headings = next(lines)
    with transaction.atomic():
        reading = _reading(job, headings)
    lines = islice(lines, job.processed, None)
    seen: set[int] = set()
    problems: list[list[Any]] = []
    reasons: Counter[str] = Counter()
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
    stages = PipelineStage.objects.for_client(client)
    return Reading(
        columns=job.mapping,
        headings=headings,
        region=region_of(client),
        day_first=job.shape["day_first"],
        zone=ZoneInfo(client.timezone),
        stages={stage.name.casefold(): str(stage.pk) for stage in stages},
    )


@transaction.atomic
def _foresee(
    job_id: UUID, people: list[Person], seen: set[int], problems: list[list[Any]], reasons: Counter[str]
) -> Counter[str] | None:
    job = _still(job_id, Status.CHECKING)
    if job is None:
        return None
    barred = import_rows.suppressed_lines(job, people, timezone.now())
    book = Book(import_rows.known_to(job, people, lock=False))
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
    barred = import_rows.suppressed_lines(job, people, now)
    book = Book(import_rows.known_to(job, people, lock=job.policy == ImportJob.Policy.UPDATE))
    deeds = [barred.get(each.line) or decide(each, book, job.policy, uuid7) for each in people]
    import_rows.write(job, deeds, book.by_id, now)
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
    job.save(update_fields=[*COUNTED, "lease_until", "updated_at"])
    return counts


@transaction.atomic
def _finish(job_id: UUID, problems: list[list[Any]], reasons: Counter[str], now: datetime) -> None:
    job = ImportJob.unscoped.select_for_update(of=("self",)).get(pk=job_id)
    if job.status == Status.CHECKING:
        job.status = Status.CHECKED
        job.shape |= {"problems": problems, "reasons": reasons.most_common()}
    elif job.all_or_nothing and job.failed:
        job.status = Status.UNDOING
        job.error = f"{job.failed:,} rows could not be imported, and you asked for all rows or none: it was taken back."
    else:
        job.status = Status.DONE
    job.finished_at, job.lease_until = now, None
    job.save()
