from datetime import datetime
from typing import ClassVar, Self

from django.contrib.postgres.fields import ArrayField
from django.db import models

from accounts.models import User
from accounts.tenancy import ClientOwned, TenantForeignKey, TenantManager, TenantQuerySet


class ImportJobQuerySet(TenantQuerySet):
    def newest_first(self) -> Self:
        return self.order_by("-created_at", "-pk")

    def due(self, now: datetime) -> Self:
        """Jobs with something to do at which nobody is, oldest first."""
        free = models.Q(lease_until=None) | models.Q(lease_until__lt=now)
        return self.filter(free, status__in=("checking", "running", "undoing")).order_by("created_at")

    def with_spent_file(self, before: datetime) -> Self:
        """Jobs whose file nobody reads any more: it is imported, or was uploaded ``before``. Oldest first."""
        spent = models.Q(status__in=("done", "undoing", "undone")) | models.Q(created_at__lt=before)
        at_work = models.Q(status__in=("checking", "running"))
        return self.filter(spent & ~at_work).exclude(file="").order_by("created_at")


class ImportJob(ClientOwned):
    """One file of people on its way into the list of leads, and back out again if it was a mistake."""

    class Policy(models.TextChoices):
        SKIP = "skip", "Leave people we know as they are"
        UPDATE = "update", "Fill in and update people we know"
        CREATE = "create", "Add every row as a new person"

    class Status(models.TextChoices):
        UPLOADED = "uploaded", "Columns to be matched"
        CHECKING = "checking", "Being checked"
        CHECKED = "checked", "Checked, not imported yet"
        RUNNING = "running", "Being imported"
        DONE = "done", "Imported"
        FAILED = "failed", "Stopped"
        UNDOING = "undoing", "Being undone"
        UNDONE = "undone", "Undone"

    kind = models.CharField(max_length=20, default="leads")
    file = models.FileField(upload_to="imports/", max_length=200, blank=True)
    filename = models.CharField(max_length=200)
    shape = models.JSONField(
        default=dict, blank=True
    )  # what was read of it: encoding, delimiter, sheet, header
    mapping = models.JSONField(
        default=list, blank=True
    )  # for each column of the file a field of ours, "" or "custom"
    policy = models.CharField(max_length=10, choices=Policy, default=Policy.SKIP)
    all_or_nothing = models.BooleanField(default=False)
    source = models.CharField(max_length=20, default="import")  # of the leads made
    campaign = TenantForeignKey("crm.Campaign", null=True, blank=True, related_name="+")
    status = models.CharField(max_length=12, choices=Status, default=Status.UPLOADED)
    total = models.PositiveIntegerField(default=0)
    processed = models.PositiveIntegerField(default=0)
    created = models.PositiveIntegerField(default=0)
    updated = models.PositiveIntegerField(default=0)
    skipped = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)
    suppressed = models.PositiveIntegerField(default=0)
    reversed = models.PositiveIntegerField(default=0)
    kept = models.PositiveIntegerField(default=0)
    started_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    undone_at = models.DateTimeField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)  # at the step it is at, since it last got on
    stopped_at = models.CharField(max_length=12, choices=Status, blank=True)  # the step that failed
    error = models.TextField(blank=True)  # in plain words

    objects: ClassVar[TenantManager] = TenantManager.over(ImportJobQuerySet)

    class Meta(ClientOwned.Meta):
        indexes = (
            models.Index(fields=("agency", "client", "-created_at", "-id"), name="import_newest"),
            models.Index(
                fields=("created_at",),
                name="import_due",
                condition=models.Q(status__in=("checking", "running", "undoing")),
            ),
        )

    def __str__(self) -> str:
        return self.filename

    @property
    def may_be_checked(self) -> bool:
        """Before anything of it was written."""
        failed = self.status == self.Status.FAILED and not self.has_written
        return failed or self.status in (self.Status.UPLOADED, self.Status.CHECKED)

    @property
    def may_go_on(self) -> bool:
        failed = self.status == self.Status.FAILED and self.stopped_at == self.Status.RUNNING
        return failed and self.has_written

    @property
    def may_be_undone(self) -> bool:
        return self.status == self.Status.DONE or (self.status == self.Status.FAILED and self.has_written)

    @property
    def has_written(self) -> bool:
        """Whether a failed import may have left people behind."""
        return bool(self.stopped_at and self.stopped_at != self.Status.CHECKING and self.processed)


class ImportRow(ClientOwned):
    """One line of an imported file and what became of it."""

    class Status(models.TextChoices):
        CREATED = "created", "Added"
        UPDATED = "updated", "Updated"
        SKIPPED = "skipped", "Left as it was"
        FAILED = "failed", "Not imported"
        SUPPRESSED = "suppressed", "Must not be contacted"

    class Undo(models.TextChoices):
        REVERSED = "reversed", "Taken back"
        KEPT = "kept", "Kept, because it was changed since"
        FAILED = "failed", "Could not be taken back"

    job = TenantForeignKey(ImportJob, on_delete=models.CASCADE, related_name="rows")
    line = models.PositiveIntegerField()  # in the file, the header is 1
    raw = ArrayField(models.TextField())  # the cells as they stood
    status = models.CharField(max_length=12, choices=Status)
    reason = models.CharField(max_length=300, blank=True)
    lead_id = models.UUIDField(null=True, blank=True)  # no reference: undo takes the lead away
    before = models.JSONField(null=True, blank=True)  # the lead's fields that were changed, as they were
    after = models.JSONField(null=True, blank=True)  # the same fields as the import left them
    undo = models.CharField(max_length=10, choices=Undo, blank=True)

    class Meta(ClientOwned.Meta):
        constraints = (
            models.UniqueConstraint(fields=("agency", "client", "job", "line"), name="import_line_once"),
        )
        indexes = (models.Index(fields=("agency", "client", "job", "status", "line"), name="import_rows_of"),)

    def __str__(self) -> str:
        return f"Line {self.line}"
