from datetime import datetime
from typing import ClassVar, Self

from django.db import models
from django.db.models import Q

from accounts.models import Client
from accounts.tenancy import ClientOwned, TenantForeignKey, TenantManager, TenantQuerySet
from integrations.models import Credential


class CTMAccountQuerySet(TenantQuerySet):
    def due(self, now: datetime) -> Self:
        """Accounts whose next sync has come and that nobody is syncing. Those of archived clients rest."""
        free = Q(lease_until=None) | Q(lease_until__lt=now)
        rows = self.filter(free, next_run_at__lte=now, paused_at=None, client__archived_at=None)
        return rows.order_by("next_run_at")


class CTMAccount(ClientOwned):
    """A client's connection to CallTrackingMetrics, and how far the sync has come."""

    class Health(models.TextChoices):
        WAITING = "waiting", "Waiting for the first sync"
        OK = "ok", "Up to date"
        RETRYING = "retrying", "Trying again"
        BROKEN = "broken", "Needs attention"

    client = TenantForeignKey(Client, related_name="ctm_accounts")
    credential = TenantForeignKey(Credential, on_delete=models.PROTECT, related_name="+")
    signing_credential = TenantForeignKey(
        Credential, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    account_number = models.CharField(max_length=40)
    account_name = models.CharField(max_length=200, blank=True)
    timezone = models.CharField(
        max_length=64, default="America/New_York"
    )  # of the CTM account: start_date is local
    webhook_token = models.CharField(max_length=64, unique=True)  # the unguessable part of the address
    signature_seen_at = models.DateTimeField(
        null=True, blank=True
    )  # from then on a wrong signature is refused
    health = models.CharField(max_length=10, choices=Health, default=Health.WAITING)
    problem = models.TextField(blank=True)  # in plain words, for the sync panel
    problem_kind = models.CharField(max_length=30, blank=True)
    sync_cursor = models.DateTimeField(null=True, blank=True)  # everything that began before is here
    page_token = models.TextField(blank=True)  # the page to read next, while a walk is unfinished
    window_start = models.DateField(null=True, blank=True)  # of the walk under way, in the account's zone
    walk_began_at = models.DateTimeField(null=True, blank=True)  # calls after it are not part of the walk
    overlap_days = models.PositiveSmallIntegerField(default=3)
    next_run_at = models.DateTimeField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    failures = models.PositiveSmallIntegerField(default=0)  # in a row
    last_success_at = models.DateTimeField(null=True, blank=True)
    last_webhook_at = models.DateTimeField(null=True, blank=True)
    paused_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[TenantManager] = TenantManager.over(CTMAccountQuerySet)

    class Meta(ClientOwned.Meta):
        verbose_name = "CTM account"
        constraints = (
            models.UniqueConstraint(fields=("agency", "client"), name="ctm_account_once_per_client"),
        )
        indexes = (
            models.Index(fields=("next_run_at",), name="ctm_account_due", condition=Q(paused_at=None)),
        )

    def __str__(self) -> str:
        return f"CTM {self.account_number}"


class CTMSyncRunQuerySet(TenantQuerySet):
    def newest_first(self) -> Self:
        return self.order_by("-started_at", "-pk")


class CTMSyncRun(ClientOwned):
    class Status(models.TextChoices):
        RUNNING = "running", "Running"
        DONE = "done", "Done"
        FAILED = "failed", "Failed"
        INTERRUPTED = "interrupted", "Interrupted"

    class Trigger(models.TextChoices):
        SCHEDULE = "schedule", "On schedule"
        PERSON = "person", "Asked for"
        CONNECT = "connect", "First connection"

    account = TenantForeignKey(CTMAccount, on_delete=models.CASCADE, related_name="runs")
    trigger = models.CharField(max_length=10, choices=Trigger, default=Trigger.SCHEDULE)
    status = models.CharField(max_length=12, choices=Status, default=Status.RUNNING)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)
    pages = models.PositiveIntegerField(default=0)
    seen = models.PositiveIntegerField(default=0)
    created = models.PositiveIntegerField(default=0)
    updated = models.PositiveIntegerField(default=0)
    errors = models.PositiveIntegerField(default=0)
    expected = models.PositiveIntegerField(null=True, blank=True)  # what CTM said the window holds
    error_kind = models.CharField(max_length=30, blank=True)
    error = models.TextField(blank=True)  # in plain words
    rejects = models.JSONField(
        default=list, blank=True
    )  # entries that are no call: [{reason, raw}], the first few

    objects: ClassVar[TenantManager] = TenantManager.over(CTMSyncRunQuerySet)

    class Meta(ClientOwned.Meta):
        verbose_name = "CTM sync run"
        indexes = (models.Index(fields=("agency", "client", "-started_at"), name="ctm_run_newest"),)

    def __str__(self) -> str:
        return f"{self.get_status_display()} {self.started_at:%Y-%m-%d %H:%M}"
