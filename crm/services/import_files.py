"""Uploaded lists leave the store when nobody needs them any more: what became of a line stands in its row."""

import logging
from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

from django.core.files.storage import default_storage
from django.db import transaction

from accounts.scope import PlatformUse, agency_scope, platform_scope
from crm.models import ImportJob, ImportRow
from crm.models.imports import ImportJobQuerySet

log = logging.getLogger(__name__)
KEPT_FOR = timedelta(days=30)  # what was never imported, or has stopped
TOO_LATE = "The file was kept for 30 days. Upload it again."
Status = ImportJob.Status
READING = (Status.CHECKING, Status.RUNNING)
WAITING = (Status.UPLOADED, Status.CHECKED)


def forget_files(*, now: datetime, limit: int) -> int:
    """Remove files whose import is done, or that lay `KEPT_FOR` and longer; how many. The store is told after each
    commit.
    """
    with transaction.atomic(), platform_scope(PlatformUse.SWEEP):
        rows = ImportJobQuerySet(ImportJob).with_spent_file(now - KEPT_FOR)
        due = list(rows.values_list("pk", "agency_id")[:limit])
    for job_id, agency_id in due:
        with agency_scope(agency_id), transaction.atomic():
            held = (
                ImportJobQuerySet(ImportJob).with_spent_file(now - KEPT_FOR).select_for_update(of=("self",))
            )
            if job := held.filter(pk=job_id).first():
                _let_go(job)
    return len(due)


def forget_files_with(*, agency_id: UUID, client_id: UUID, lead_ids: Collection[UUID]) -> int:
    """Remove the files that these people stand in, as far as no import is at work on them; how many.

    One that is at work loses its file when it is done.
    """
    own = {"agency_id": agency_id, "client_id": client_id}
    named = ImportRow.unscoped.filter(**own, lead_id__in=lead_ids).values("job_id")
    jobs = ImportJob.unscoped.filter(**own, pk__in=named).exclude(file="").order_by("pk")
    at_rest = list(jobs.exclude(status__in=READING).select_for_update(of=("self",)))
    for job in at_rest:
        _let_go(job)
    return len(at_rest)


def _let_go(job: ImportJob) -> None:
    name, job.file = str(job.file.name), ""
    if job.status in WAITING:
        job.status, job.error = Status.FAILED, TOO_LATE
    job.save(update_fields=["file", "status", "error", "updated_at"])
    transaction.on_commit(lambda: _remove(name))


def _remove(name: str) -> None:
    try:
        default_storage.delete(name)
    except OSError:
        log.exception("uploaded list %s could not be removed", name)
