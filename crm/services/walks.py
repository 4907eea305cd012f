"""The sync of one account: a walk over a provider's pages that can be cut at any point and taken up again.

Each page is one transaction that also holds what asks for the next page, so a page is either done or not begun.
The cursor moves only when a walk ends having seen all that the provider said there was. What differs between
providers is in their `Tracker`.
"""

import logging
import secrets
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Protocol
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from accounts.models import Client
from accounts.scope import agency_scope
from crm.models import Call
from crm.models.connections import Connection, SyncRun
from crm.providers.records import CallRecord, Page
from crm.services.ingest import Ingested, ingest_calls
from crm.services.reconciling import Reading
from crm.services.sync_problems import InWords
from lib.claims import backoff_s
from lib.encryption import Undecryptable
from lib.http import ProviderError

log = logging.getLogger(__name__)

FIRST_WINDOW = timedelta(days=90)
RESUMABLE = timedelta(days=1)  # page addresses grow old
MAX_PAGES = 5000
KEPT_REJECTS = 20
BACKFILL_TRIES = 5  # in a row


class SyncTaken(Exception):
    """Another worker holds the account, took it over while a page was being read, or did its work a moment ago."""


@dataclass
class Sorted:
    """What the entries of one page turned out to be."""

    records: list[CallRecord] = field(default_factory=list)
    rejects: list[dict[str, object]] = field(default_factory=list)  # {reason, raw}
    ignored: int = 0
    ids: set[str] = field(default_factory=set)  # of all that have one


class Reader(Protocol):
    """One walk's way to the provider. Both methods use the network and raise `lib.http.ProviderError`."""

    def page(self, token: str) -> Page:
        """The page that ``token`` asks for; the window's first for ""."""

    def sort(self, entries: Sequence[Any]) -> Sorted: ...


@dataclass(frozen=True, slots=True)
class Walk:
    """One run's hold on its account."""

    account_id: UUID
    agency_id: UUID
    run_id: UUID
    token: str  # of the page to begin with; "" for the first of the window
    window_start: date  # days in the account's zone, both included
    window_end: date | None


@dataclass(frozen=True, slots=True)
class Tracker:
    """A provider of calls, as far as a walk over its pages goes.

    ``reader`` gets the account with its credential and client, and the walk; it may raise
    `lib.encryption.Undecryptable`.
    """

    source: Call.Source
    accounts: type[Connection]
    runs: Any  # a subclass of SyncRun: the type checker knows no field that each has of its own
    reader: Callable[[Any, Client, Walk], AbstractContextManager[Reader]]
    in_words: InWords
    every_s: Callable[[], int]
    lease_s: Callable[[], int]  # how long a silent worker keeps its account; every page renews it


def sync(
    tracker: Tracker, *, account_id: UUID, agency_id: UUID, trigger: str = SyncRun.Trigger.SCHEDULE
) -> UUID | None:
    """Walk over the account's window once; return the run's id, or None when it is not due or another worker has it.

    Ends in a finished run whatever happens: every failure becomes words on the sync panel, and the next try is set.
    Reads the clock itself, because a walk outlives any moment it could be given.
    """
    with agency_scope(agency_id):
        try:
            walk = begin(tracker, account_id, trigger, timezone.now())
        except SyncTaken:
            return None
        try:
            _walk(tracker, walk)
        except SyncTaken:
            log.warning("%s sync %s lost its account to another run", tracker.source, walk.run_id)
        except (ProviderError, Undecryptable) as error:
            _fail(tracker, walk, error, timezone.now())
        except Exception as error:  # a fault of ours must not leave the panel silent and the account leased
            log.exception("%s sync %s stopped", tracker.source, walk.run_id)
            _fail(tracker, walk, ProviderError(type(error).__name__, kind="unexpected"), timezone.now())
        return walk.run_id


def begin(tracker: Tracker, account_id: UUID, trigger: str, now: datetime) -> Walk:
    """Take the account and open a run. Raises `SyncTaken`."""
    with transaction.atomic():
        account = tracker.accounts.unscoped.select_for_update().get(pk=account_id)
        taken = account.lease_until and account.lease_until > now
        if taken or not account.next_run_at or account.next_run_at > now or account.paused_at:
            raise SyncTaken
        stale = tracker.runs.unscoped.filter(account=account, status=SyncRun.Status.RUNNING)
        stale.update(
            status=SyncRun.Status.INTERRUPTED, finished_at=now, error="The worker stopped before the end."
        )
        if not (account.page_token and account.walk_began_at and now - account.walk_began_at < RESUMABLE):
            account.page_token, account.walk_began_at = "", now
            account.window_start, account.window_end = _window(account, now)
        window_start = account.window_start or _window(account, now)[0]
        run = tracker.runs.unscoped.create(
            agency_id=account.agency_id,
            client_id=account.client_id,
            account=account,
            trigger=SyncRun.Trigger.BACKFILL if account.window_end else trigger,
            started_at=now,
        )
        account.lease_until = now + timedelta(seconds=tracker.lease_s())
        account.save(
            update_fields=[
                "window_start", "window_end", "walk_began_at", "page_token", "lease_until", "updated_at",
            ]
        )  # fmt: skip
        return Walk(
            account.pk, account.agency_id, run.pk, account.page_token, window_start, account.window_end
        )


def _window(account: Connection, now: datetime) -> tuple[date, date | None]:
    """The first and last local day to read; providers read days in the account's own zone.

    Days that somebody asked for go first. Otherwise the overlap re-reads the days in which recordings, transcripts,
    stars and tags still arrive.
    """
    if account.backfill_from and account.backfill_until:
        return account.backfill_from, account.backfill_until
    since = (account.sync_cursor or now - FIRST_WINDOW) - timedelta(days=account.overlap_days)
    if zone := account.zone:
        return since.astimezone(zone).date(), None
    return since.date() - timedelta(days=1), None  # no zone is more than a day away


def _walk(tracker: Tracker, walk: Walk) -> None:
    """Read page after page until the provider names no next one."""
    with transaction.atomic():
        account = tracker.accounts.unscoped.select_related("credential").get(pk=walk.account_id)
        client = Client.unscoped.get(pk=account.client_id)
    visited: set[str] = set()
    ids: set[str] = set()
    announced, nameless = None, 0
    with tracker.reader(account, client, walk) as reader:
        token, first = walk.token, True
        while token or first:
            if token in visited or len(visited) >= MAX_PAGES:
                raise ProviderError("sent us in a circle", kind="repeated_page", retryable=True)
            visited.add(token)
            first, read_at = False, timezone.now()
            page = reader.page(token)
            announced = page.total if announced is None else announced
            found = reader.sort(page.entries)
            _commit_page(tracker, walk, client, page, found, read_at)
            if page.next_token and found.ids and found.ids <= ids:
                raise ProviderError("sent the same page again", kind="repeated_page", retryable=True)
            ids |= found.ids
            nameless += len(found.rejects)
            token = page.next_token
        if not _is_whole(tracker, walk, len(ids) + nameless, announced):
            raise ProviderError("sent fewer entries than announced", kind="cut_short", retryable=True)
    _finish(tracker, walk)


def _is_whole(tracker: Tracker, walk: Walk, found: int, announced: int | None) -> bool:
    """Whether ``found`` entries, with those of the runs that this one took up, are as many as were first announced."""
    with transaction.atomic():
        account = tracker.accounts.unscoped.get(pk=walk.account_id)
        runs = tracker.runs.unscoped.filter(account=account, started_at__gte=account.walk_began_at)
        earlier = runs.exclude(pk=walk.run_id).order_by("started_at").values_list("seen", "expected")
        before = list(earlier)
    first = next((expected for _, expected in (*before, (0, announced)) if expected is not None), None)
    return first is None or found + sum(seen for seen, _ in before) >= first


def _commit_page(
    tracker: Tracker, walk: Walk, client: Client, page: Page, found: Sorted, read_at: datetime
) -> None:
    """Write one page and what asks for the next in one transaction."""
    with transaction.atomic():
        account, run = hold(tracker, walk)
        now = timezone.now()
        result = ingest_calls(
            client=client, records=found.records, reading=Reading(read_at), now=now, source=tracker.source
        )
        account.page_token = page.next_token
        account.lease_until = now + timedelta(seconds=tracker.lease_s())
        account.save(update_fields=["page_token", "lease_until", "updated_at"])
        _count(run, page, found, result)


def _count(run: SyncRun, page: Page, found: Sorted, result: Ingested) -> None:
    run.pages += 1
    run.seen += len(page.entries)
    run.created += len(result.fresh)
    run.updated += len(result.changed)
    run.ignored += found.ignored
    run.errors += len(found.rejects)
    run.rejects = (run.rejects + found.rejects)[:KEPT_REJECTS]
    if run.expected is None:
        run.expected = page.total
    run.save()


def hold(tracker: Tracker, walk: Walk) -> tuple[Any, Any]:
    """Lock the account and its run, and make sure that this run still has it. Raises `SyncTaken`."""
    account = tracker.accounts.unscoped.select_for_update().get(pk=walk.account_id)
    run = tracker.runs.unscoped.select_for_update().get(pk=walk.run_id)
    if run.status != SyncRun.Status.RUNNING:
        raise SyncTaken
    return account, run


def _finish(tracker: Tracker, walk: Walk) -> None:
    now = timezone.now()
    with transaction.atomic():
        account, run = hold(tracker, walk)
        run.status, run.finished_at = SyncRun.Status.DONE, now
        run.save()
        account.last_success_at, account.failures = now, 0
        account.health, account.problem, account.problem_kind = Connection.Health.OK, "", ""
        account.lease_until, account.next_run_at = None, now + _interval(tracker)
        if walk.window_end is None:
            account.sync_cursor = account.walk_began_at
        elif (account.backfill_from, account.backfill_until) == (walk.window_start, walk.window_end):
            account.end_backfill()
        if walk.window_end is not None:  # the days up to now waited meanwhile
            account.next_run_at = now
        account.end_walk()
        account.save()


def _interval(tracker: Tracker) -> timedelta:
    """The pause between two syncs, with a tenth of jitter so that clients don't march in step."""
    every = tracker.every_s()
    return timedelta(seconds=every + secrets.randbelow(max(1, every // 10)))


def _fail(tracker: Tracker, walk: Walk, error: ProviderError | Undecryptable, now: datetime) -> None:
    """Turn a failure into words on the panel and set the next try; what earlier pages brought is kept."""
    problem = tracker.in_words(error)
    with transaction.atomic():
        try:
            account, run = hold(tracker, walk)
        except SyncTaken:
            return
        run.status, run.finished_at = SyncRun.Status.FAILED, now
        run.error, run.error_kind = problem.words, problem.kind
        run.save()
        account.failures += 1
        account.problem, account.problem_kind = problem.words, problem.kind
        account.health = Connection.Health.RETRYING if problem.passes else Connection.Health.BROKEN
        account.lease_until = None
        gives_up = walk.window_end is not None and account.failures >= BACKFILL_TRIES
        if gives_up:  # or new calls would wait for ever
            account.end_backfill()
        if gives_up or problem.start_over:
            account.end_walk()
        wait = problem.retry_after_s or backoff_s(account.failures, base=15, cap=3600)
        account.next_run_at = now + timedelta(seconds=wait)
        account.save()
