"""What every connection of a client to a provider of calls has, and what every run of its sync tells."""

from datetime import datetime
from typing import ClassVar, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.db import models
from django.db.models import Q

from accounts.tenancy import ClientOwned, TenantForeignKey, TenantManager, TenantQuerySet
from integrations.models import Credential


class ConnectionQuerySet(TenantQuerySet):
    def due(self, now: datetime) -> Self:
        """Accounts whose next sync has come and that nobody is syncing. Those of archived clients rest."""
        free = Q(lease_until=None) | Q(lease_until__lt=now)
        rows = self.filter(free, next_run_at__lte=now, paused_at=None, client__archived_at=None)
        return rows.order_by("next_run_at")


class Connection(ClientOwned):
    """A client's account at a provider of calls, and how far the sync has come.

    A subclass ties its ``client``, so that a client has one account at each provider.
    """

    class Health(models.TextChoices):
        WAITING = "waiting", "Waiting for the first sync"
        OK = "ok", "Up to date"
        RETRYING = "retrying", "Trying again"
        BROKEN = "broken", "Needs attention"

    vendor = ""  # its name, as people know it

    credential = TenantForeignKey(Credential, on_delete=models.PROTECT, related_name="+")
    account_name = models.CharField(max_length=200, blank=True)
    timezone = models.CharField(
        max_length=64, default="America/New_York"
    )  # of the account: its days are local
    health = models.CharField(max_length=10, choices=Health, default=Health.WAITING)
    problem = models.TextField(blank=True)  # in plain words, for the sync panel
    problem_kind = models.CharField(max_length=30, blank=True)
    sync_cursor = models.DateTimeField(null=True, blank=True)  # everything that began before is here
    page_token = models.TextField(blank=True)  # the page to read next, while a walk is unfinished
    window_start = models.DateField(null=True, blank=True)  # of the walk under way, in the account's zone
    window_end = models.DateField(null=True, blank=True)  # included; None reads up to now
    walk_began_at = models.DateTimeField(null=True, blank=True)  # calls after it are not part of the walk
    backfill_from = models.DateField(null=True, blank=True)  # days that somebody wants read once more
    backfill_until = models.DateField(null=True, blank=True)  # included
    overlap_days = models.PositiveSmallIntegerField(default=3)
    next_run_at = models.DateTimeField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    failures = models.PositiveSmallIntegerField(default=0)  # in a row
    last_success_at = models.DateTimeField(null=True, blank=True)
    paused_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[TenantManager] = TenantManager.over(ConnectionQuerySet)

    class Meta(ClientOwned.Meta):
        abstract = True

    @property
    def zone(self) -> ZoneInfo | None:
        """None where the provider named a zone that there is none of."""
        try:
            return ZoneInfo(self.timezone)
        except (ZoneInfoNotFoundError, ValueError):
            return None

    def end_walk(self) -> None:
        """Let the next run begin a walk of its own. Not saved."""
        self.page_token, self.walk_began_at = "", None
        self.window_start = self.window_end = None

    def end_backfill(self) -> None:
        """Ask for no earlier days any more. Not saved."""
        self.backfill_from = self.backfill_until = None


class SyncRunQuerySet(TenantQuerySet):
    def newest_first(self) -> Self:
        return self.order_by("-started_at", "-pk")


class SyncRun(ClientOwned):
    """One walk over an account's calls. A subclass ties its ``account``."""

    class Status(models.TextChoices):
        RUNNING = "running", "Running"
        DONE = "done", "Done"
        FAILED = "failed", "Failed"
        INTERRUPTED = "interrupted", "Interrupted"

    class Trigger(models.TextChoices):
        SCHEDULE = "schedule", "On schedule"
        PERSON = "person", "Asked for"
        CONNECT = "connect", "First connection"
        BACKFILL = "backfill", "Back-fill"

    trigger = models.CharField(max_length=10, choices=Trigger, default=Trigger.SCHEDULE)
    status = models.CharField(max_length=12, choices=Status, default=Status.RUNNING)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)
    pages = models.PositiveIntegerField(default=0)
    seen = models.PositiveIntegerField(default=0)
    created = models.PositiveIntegerField(default=0)
    updated = models.PositiveIntegerField(default=0)
    ignored = models.PositiveIntegerField(default=0)  # entries that are something else than calls
    errors = models.PositiveIntegerField(default=0)
    expected = models.PositiveIntegerField(null=True, blank=True)  # what the provider said the window holds
    error_kind = models.CharField(max_length=30, blank=True)
    error = models.TextField(blank=True)  # in plain words
    rejects = models.JSONField(
        default=list, blank=True
    )  # entries that can't be read: [{reason, raw}], the first few

    objects: ClassVar[TenantManager] = TenantManager.over(SyncRunQuerySet)

    class Meta(ClientOwned.Meta):
        abstract = True

    def __str__(self) -> str:
        return f"{self.get_status_display()} {self.started_at:%Y-%m-%d %H:%M}"
