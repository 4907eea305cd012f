"""Doorbells. Each finds due rows and hands them to a service; a lost ring is made good by the next sweep."""

from typing import Any
from uuid import UUID

from celery import shared_task
from django.utils import timezone

SYNCS_A_SWEEP = 50
WRITES_A_SWEEP = 200
RECORDINGS_A_SWEEP = 20
IMPORTS_A_SWEEP = 20
IMPORT_FILES_A_SWEEP = 200
FORMS_A_SWEEP = 500
SCORES_A_SWEEP = 100  # batches


@shared_task
def sweep_syncs(**_later: Any) -> None:
    """Start a sync for every account that is due, at whichever provider of calls."""
    from crm.services.sync_schedule import due_accounts
    from crm.services.trackers import TRACKERS

    for source, tracker in TRACKERS.items():
        due = due_accounts(tracker.accounts, now=timezone.now(), limit=SYNCS_A_SWEEP)
        for account_id, agency_id in due:
            sync_account.delay(account_id=str(account_id), agency_id=str(agency_id), source=source)


@shared_task
def sync_account(
    *, account_id: str, agency_id: str, source: str = "ctm", trigger: str = "schedule", **_later: Any
) -> None:
    from crm.services.trackers import TRACKERS
    from crm.services.walks import sync

    sync(TRACKERS[source], account_id=UUID(account_id), agency_id=UUID(agency_id), trigger=trigger)


@shared_task
def sweep_writes(**_later: Any) -> None:
    """Send ratings that wait for CTM."""
    from crm.services.ctm_writes import send_next_write

    for _ in range(WRITES_A_SWEEP):
        if not send_next_write(now=timezone.now()):
            return


@shared_task
def sweep_recordings(**_later: Any) -> None:
    """Fetch recordings of fresh calls."""
    from crm.services.recordings import fetch_fresh_recordings

    fetch_fresh_recordings(now=timezone.now(), limit=RECORDINGS_A_SWEEP)


@shared_task
def sweep_imports(**_later: Any) -> None:
    """Go on with imports that nobody is at."""
    from crm.services.import_work import due_jobs

    for job_id, agency_id in due_jobs(limit=IMPORTS_A_SWEEP, now=timezone.now()):
        work_on_import.delay(job_id=str(job_id), agency_id=str(agency_id))


@shared_task
def sweep_import_files(**_later: Any) -> None:
    """Remove uploaded lists that nobody needs any more."""
    from crm.services.import_files import forget_files

    forget_files(now=timezone.now(), limit=IMPORT_FILES_A_SWEEP)


@shared_task
def work_on_import(*, job_id: str, agency_id: str, **_later: Any) -> None:
    from crm.services.import_work import work_on

    work_on(job_id=UUID(job_id), agency_id=UUID(agency_id))


@shared_task
def sweep_forms(**_later: Any) -> None:
    """Process what came in by web forms."""
    from crm.services.form_intake import process_next

    for _ in range(FORMS_A_SWEEP):
        if not process_next(now=timezone.now()):
            return


@shared_task
def redact_due(**_later: Any) -> None:
    """Destroy what people told in confidence where its time has come."""
    from crm.services.redaction import redact_due

    redact_due(now=timezone.now())


@shared_task
def sweep_scores(**_later: Any) -> None:
    """Score whom something new is known of."""
    from crm.services.score_sweeps import score_due

    for _ in range(SCORES_A_SWEEP):
        if not score_due(now=timezone.now()):
            return


@shared_task
def sweep_scoring_rounds(**_later: Any) -> None:
    """Go on with the walks over all leads: time has passed, or weights have changed."""
    from crm.services.score_sweeps import begin_rounds, walk_on

    begin_rounds(now=timezone.now())
    for _ in range(SCORES_A_SWEEP):
        if not walk_on(now=timezone.now()):
            return
