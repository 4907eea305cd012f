"""The sync of one CTM account: a walk over pages, newest first, that can be cut at any point and taken up again.

Each page is one transaction that also holds the address of the next page, so a page is either done or not begun.
The cursor moves only when a walk ends having seen all that CTM said there was.
"""

import logging
import secrets
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from accounts.models import Client
from accounts.scope import agency_scope
from crm.models import CTMAccount, CTMSyncRun
from crm.providers.ctm.client import CTMClient, Page
from crm.providers.ctm.records import CallRecord, NotACall, call_record
from crm.services.ctm_problems import in_words
from crm.services.ingest import Ingested, ingest_calls
from crm.services.reconciling import Reading
from integrations.services.vault import open_credential
from lib.claims import backoff_s
from lib.encryption import Undecryptable
from lib.http import ProviderError

log = logging.getLogger(__name__)

FIRST_WINDOW = timedelta(days=90)
RESUMABLE = timedelta(days=1)  # page addresses grow old
MAX_PAGES = 5000
KEPT_REJECTS = 20


class SyncTaken(Exception):
    """Another worker holds the account, took it over while a page was being read, or did its work a moment ago."""


@dataclass(frozen=True, slots=True)
class Walk:
    """One run's hold on its account."""

    account_id: UUID
    agency_id: UUID
    run_id: UUID
    url: str  # the page to begin with; "" for the first of the window
    window_start: date


def sync_account(*, account_id: UUID, agency_id: UUID, trigger: str = "schedule") -> UUID | None:
    """Walk over the account's window once; return the run's id, or None when it is not due or another worker has it.

    Ends in a finished run whatever happens: every failure becomes words on the sync panel, and the next try is set.
    Reads the clock itself, because a walk outlives any moment it could be given.
    """
    with agency_scope(agency_id):
        try:
            walk = _begin(account_id, trigger, timezone.now())
        except SyncTaken:
            return None
        try:
            _walk(walk)
        except SyncTaken:
            log.warning("ctm sync %s lost its account to another run", walk.run_id)
        except (ProviderError, Undecryptable) as error:
            _fail(walk, error, timezone.now())
        except Exception as error:  # a fault of ours must not leave the panel silent and the account leased
            log.exception("ctm sync %s stopped", walk.run_id)
            _fail(walk, ProviderError(type(error).__name__, kind="unexpected"), timezone.now())
        return walk.run_id


def _lease() -> timedelta:
    """How long a silent worker keeps its account; every page renews it."""
    return timedelta(seconds=settings.CTM_SYNC_LEASE_S)


def _begin(account_id: UUID, trigger: str, now: datetime) -> Walk:
    with transaction.atomic():
        account = CTMAccount.unscoped.select_for_update().get(pk=account_id)
        taken = account.lease_until and account.lease_until > now
        if taken or not account.next_run_at or account.next_run_at > now or account.paused_at:
            raise SyncTaken
        stale = CTMSyncRun.unscoped.filter(account=account, status=CTMSyncRun.Status.RUNNING)
        stale.update(
            status=CTMSyncRun.Status.INTERRUPTED, finished_at=now, error="The worker stopped before the end."
        )
        if not (account.page_token and account.walk_began_at and now - account.walk_began_at < RESUMABLE):
            account.page_token, account.walk_began_at = "", now
            account.window_start = _window_start(account, now)
        window_start = account.window_start or _window_start(account, now)
        run = CTMSyncRun.unscoped.create(
            agency_id=account.agency_id,
            client_id=account.client_id,
            account=account,
            trigger=trigger,
            started_at=now,
        )
        account.lease_until = now + _lease()
        account.save(
            update_fields=["window_start", "walk_began_at", "page_token", "lease_until", "updated_at"]
        )
        return Walk(account.pk, account.agency_id, run.pk, account.page_token, window_start)


def _window_start(account: CTMAccount, now: datetime) -> date:
    """The first local day to read: CTM reads ``start_date`` in the account's own zone.

    The overlap re-reads the days in which recordings, transcripts, stars and tags still arrive.
    """
    since = (account.sync_cursor or now - FIRST_WINDOW) - timedelta(days=account.overlap_days)
    try:
        return since.astimezone(ZoneInfo(account.timezone)).date()
    except (ZoneInfoNotFoundError, ValueError):
        return since.date() - timedelta(days=1)  # no zone is more than a day away


def _walk(walk: Walk) -> None:
    """Read page after page until the vendor names no next one."""
    with transaction.atomic():
        account = CTMAccount.unscoped.select_related("credential").get(pk=walk.account_id)
        client = Client.unscoped.get(pk=account.client_id)
        keys = open_credential(account.credential)
    visited: set[str] = set()
    ids: set[str] = set()
    announced, rejected = None, 0
    with CTMClient(keys["access_key"], keys["secret_key"], account.account_number) as ctm:
        url = walk.url or ctm.first_page_url(walk.window_start)
        while url:
            if url in visited or len(visited) >= MAX_PAGES:
                raise ProviderError("sent us in a circle", kind="repeated_page", retryable=True)
            visited.add(url)
            read_at = timezone.now()
            page = ctm.page(url)
            announced = page.total if announced is None else announced
            found, refused = _commit_page(walk, client, page, read_at)
            if page.next_url and found and found <= ids:
                raise ProviderError("sent the same page again", kind="repeated_page", retryable=True)
            ids |= found
            rejected += refused
            url = page.next_url
    if not _is_whole(walk, len(ids) + rejected, announced):
        raise ProviderError("sent fewer entries than announced", kind="cut_short", retryable=True)
    _finish(walk)


def _is_whole(walk: Walk, found: int, announced: int | None) -> bool:
    """Whether ``found`` entries, with those of the runs that this one took up, are as many as CTM first announced."""
    with transaction.atomic():
        account = CTMAccount.unscoped.get(pk=walk.account_id)
        runs = CTMSyncRun.unscoped.filter(account=account, started_at__gte=account.walk_began_at)
        earlier = runs.exclude(pk=walk.run_id).order_by("started_at").values_list("seen", "expected")
        before = list(earlier)
    first = next((expected for _, expected in (*before, (0, announced)) if expected is not None), None)
    return first is None or found + sum(seen for seen, _ in before) >= first


def _commit_page(walk: Walk, client: Client, page: Page, read_at: datetime) -> tuple[set[str], int]:
    """Write one page and the address of the next in one transaction; return its ids and how many entries had none."""
    records: list[CallRecord] = []
    rejects: list[dict[str, object]] = []
    for entry in page.entries:
        try:
            records.append(call_record(entry))
        except NotACall as reason:
            rejects.append({"reason": str(reason), "raw": entry})
    with transaction.atomic():
        account, run = _hold(walk)
        now = timezone.now()
        result = ingest_calls(client=client, records=records, reading=Reading(read_at), now=now)
        account.page_token, account.lease_until = page.next_url, now + _lease()
        account.save(update_fields=["page_token", "lease_until", "updated_at"])
        _count(run, page, result, rejects)
    return {record.external_id for record in records}, len(rejects)


def _count(run: CTMSyncRun, page: Page, result: Ingested, rejects: list[dict[str, object]]) -> None:
    run.pages += 1
    run.seen += len(page.entries)
    run.created += len(result.fresh)
    run.updated += len(result.changed)
    run.errors += len(rejects)
    run.rejects = (run.rejects + rejects)[:KEPT_REJECTS]
    if run.expected is None:
        run.expected = page.total
    run.save()


def _hold(walk: Walk) -> tuple[CTMAccount, CTMSyncRun]:
    """Lock the account and make sure that this run still has it. Raises `SyncTaken`."""
    account = CTMAccount.unscoped.select_for_update().get(pk=walk.account_id)
    run = CTMSyncRun.unscoped.select_for_update().get(pk=walk.run_id)
    if run.status != CTMSyncRun.Status.RUNNING:
        raise SyncTaken
    return account, run


def _finish(walk: Walk) -> None:
    now = timezone.now()
    with transaction.atomic():
        account, run = _hold(walk)
        run.status, run.finished_at = CTMSyncRun.Status.DONE, now
        run.save()
        account.sync_cursor, account.last_success_at = account.walk_began_at, now
        account.page_token, account.window_start, account.walk_began_at = "", None, None
        account.health, account.problem, account.problem_kind, account.failures = (
            CTMAccount.Health.OK,
            "",
            "",
            0,
        )
        account.lease_until, account.next_run_at = None, now + _interval()
        account.save()


def _interval() -> timedelta:
    """The pause between two syncs, with a tenth of jitter so that clients don't march in step."""
    every = settings.CTM_SYNC_EVERY_S
    return timedelta(seconds=every + secrets.randbelow(max(1, every // 10)))


def _fail(walk: Walk, error: ProviderError | Undecryptable, now: datetime) -> None:
    """Turn a failure into words on the panel and set the next try; what earlier pages brought is kept."""
    problem = in_words(error)
    with transaction.atomic():
        try:
            account, run = _hold(walk)
        except SyncTaken:
            return
        run.status, run.finished_at = CTMSyncRun.Status.FAILED, now
        run.error, run.error_kind = problem.words, problem.kind
        run.save()
        account.failures += 1
        account.problem, account.problem_kind = problem.words, problem.kind
        account.health = CTMAccount.Health.RETRYING if problem.passes else CTMAccount.Health.BROKEN
        account.lease_until = None
        if problem.start_over:
            account.page_token, account.window_start, account.walk_began_at = "", None, None
        wait = problem.retry_after_s or backoff_s(account.failures, base=15, cap=3600)
        account.next_run_at = now + timedelta(seconds=wait)
        account.save()
