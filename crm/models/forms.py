from typing import ClassVar, Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from accounts.tenancy import ClientOwned, TenantForeignKey, TenantManager, TenantQuerySet
from crm.models.leads import Lead


class InboundForm(ClientOwned):
    """A form on a client's website; whoever knows its token may submit it."""

    token = models.CharField(max_length=64, unique=True)  # the unguessable part of the address
    name = models.CharField(max_length=120)
    fields = models.JSONField(default=list)  # [{"name", "label", "kind", "required"}]
    recipients = ArrayField(models.EmailField(), default=list, blank=True)
    thanks = models.TextField(blank=True)
    active = models.BooleanField(default=True)

    class Meta(ClientOwned.Meta):
        indexes = (models.Index(fields=("agency", "client", "name"), name="form_name"),)

    def __str__(self) -> str:
        return self.name


class SubmissionQuerySet(TenantQuerySet):
    def newest_first(self) -> Self:
        return self.order_by("-received_at", "-pk")


class FormSubmission(ClientOwned):
    class Status(models.TextChoices):
        QUEUED = "queued", "Waiting"
        PROCESSED = "processed", "Processed"
        FAILED = "failed", "Needs attention"

    form = TenantForeignKey(InboundForm, related_name="submissions")
    payload = models.JSONField()
    status = models.CharField(max_length=10, choices=Status, default=Status.QUEUED)
    category = models.CharField(max_length=20, blank=True)  # of the eleven; spam is one
    lead = TenantForeignKey(Lead, null=True, blank=True, related_name="submissions")
    call = TenantForeignKey("crm.Call", null=True, blank=True, related_name="submissions")
    attempts = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField()
    error = models.TextField(blank=True)
    received_at = models.DateTimeField()
    processed_at = models.DateTimeField(null=True, blank=True)
    sender_hash = models.CharField(max_length=64, blank=True)  # of the address it came from

    objects: ClassVar[TenantManager] = TenantManager.over(SubmissionQuerySet)

    class Meta(ClientOwned.Meta):
        indexes = (
            models.Index(fields=("agency", "client", "-received_at", "-id"), name="submission_newest"),
            models.Index(fields=("due_at",), name="submission_due", condition=Q(status="queued")),
        )

    def __str__(self) -> str:
        return f"{self.form_id} {self.received_at:%Y-%m-%d %H:%M}"
