"""An import from the chosen file to the finished list, and back: what people ask for.

Every step is a state of the job's row; a worker does it (``crm.services.import_work``).
"""

from collections.abc import Sequence
from datetime import datetime
from typing import IO
from uuid import UUID

from django.core.files.base import File
from django.db import transaction
from django.db.models import QuerySet

from accounts.models import Client
from accounts.permissions import Level
from accounts.services.audit import Origin, record_by
from accounts.tenancy import Actor
from crm.importing.fields import guess
from crm.importing.reading import shape_of
from crm.models import Campaign, ImportJob, Lead

Status = ImportJob.Status
COUNTED = ("total", "processed", "created", "updated", "skipped", "failed", "suppressed")


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


def open_campaigns(actor: Actor, client_id: UUID) -> QuerySet[Campaign]:
    """Those of the client into which ``actor`` may put people."""
    rows: QuerySet[Campaign] = Campaign.objects.for_actor(actor).filter(client_id=client_id)
    if not (actor.is_staff and actor.can("campaigns.edit", Level.WRITE)):
        return rows.none()
    return rows.exclude(status=Campaign.Status.COMPLETED).order_by("name", "pk")


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
    source: str = Lead.Source.IMPORT,
    campaign_id: UUID | None = None,
) -> ImportJob:
    """Have the file read through with these choices, without changing anybody. Raises `ImportRefused`.

    ``source`` is where people who are added come from; whoever is added or changed goes into the campaign.
    """
    job = _held(actor, job_id)
    if not job.may_be_checked:
        raise ImportRefused("This file was imported already, or somebody is at it right now.")
    if not any(mapping):
        raise ImportRefused("Choose at least one column to be imported.")
    job.mapping, job.policy, job.all_or_nothing = list(mapping), policy, all_or_nothing
    job.shape["day_first"], job.source = day_first, source
    job.campaign = (
        open_campaigns(actor, job.client_id).filter(pk=campaign_id).first() if campaign_id else None
    )
    if campaign_id and job.campaign is None:
        raise ImportRefused("That campaign is over, or not yours to put people into. Choose another one.")
    _begin(job, Status.CHECKING, actor, now)
    return job


@transaction.atomic
def start(*, actor: Actor, job_id: UUID, now: datetime, origin: Origin) -> ImportJob:
    """Import what was checked, or go on where an import stopped. Raises `ImportRefused`."""
    job = _held(actor, job_id)
    if not job.may_go_on and job.status != Status.CHECKED:
        raise ImportRefused("This file is not ready to be imported. Look at where it stands.")
    if job.status == Status.CHECKED and job.all_or_nothing and job.failed:
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
    if not job.may_be_undone:
        raise ImportRefused("Only a finished import can be undone, and only once.")
    step(job, Status.UNDOING)
    record_by(
        actor, "import_undone", now=now, origin=origin, client_id=job.client_id, target=job.filename,
        details={"job": str(job.pk)},
    )  # fmt: skip
    return job


def _begin(job: ImportJob, status: str, actor: Actor, now: datetime) -> None:
    goes_on = job.may_go_on
    job.started_by_id, job.started_at, job.finished_at = actor.user_id, now, None
    if status == Status.CHECKING:
        job.shape.pop("problems", None)
    elif not goes_on:
        job.shape["expected"] = {name: getattr(job, name) for name in COUNTED}
    if not goes_on:
        for name in COUNTED[1:] if status == Status.RUNNING else COUNTED:
            setattr(job, name, 0)
    step(job, status)


def step(job: ImportJob, status: str) -> None:
    """Let a worker do the next step of ``job``, which the transaction holds."""
    job.status, job.lease_until, job.attempts, job.stopped_at, job.error = status, None, 0, "", ""
    job.save()
    _ring()


def _ring() -> None:
    from crm.tasks import sweep_imports  # a leaf: tasks call services back

    transaction.on_commit(sweep_imports.delay, robust=True)
