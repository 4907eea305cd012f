from typing import ClassVar, Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from accounts.tenancy import ClientOwned, TenantForeignKey, TenantManager, TenantQuerySet
from crm.models.leads import Lead


class FormQuerySet(TenantQuerySet):
    def with_trouble(self) -> Self:
        """Adds how many submissions wait for a person to look at them."""
        rows = SubmissionQuerySet(FormSubmission)
        waiting = rows.filter(form=models.OuterRef("pk"), status__in=("held", "failed"))
        count = waiting.order_by().values("form").annotate(n=models.Count("pk")).values("n")
        return self.annotate(troubled=models.Subquery(count, output_field=models.IntegerField()))


class InboundForm(ClientOwned):
    """A form on a client's website; whoever knows its token may submit it."""

    token = models.CharField(max_length=64, unique=True)  # the unguessable part of the address
    name = models.CharField(max_length=120)
    fields = models.JSONField(default=list)  # [{"name", "label", "kind", "required"}]
    recipients = ArrayField(models.EmailField(), default=list, blank=True)
    thanks = models.TextField(blank=True)
    active = models.BooleanField(default=True)

    objects: ClassVar[TenantManager] = TenantManager.over(FormQuerySet)

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
        HELD = "held", "For you to look at"  # the sender had sent very many
        TELLING = "telling", "Mail on its way"  # it is in, and somebody is still to be told
        PROCESSED = "processed", "Processed"
        FAILED = "failed", "Needs attention"

    form = TenantForeignKey(InboundForm, related_name="submissions")
    payload = models.JSONField()
    status = models.CharField(max_length=10, choices=Status, default=Status.QUEUED)
    category = models.CharField(max_length=20, blank=True)  # of the eleven; spam is one
    lead = TenantForeignKey(Lead, null=True, blank=True, related_name="submissions")
    call = TenantForeignKey("crm.Call", null=True, blank=True, related_name="submissions")
    attempts = models.PositiveSmallIntegerField(default=0)
    owed = ArrayField(
        models.EmailField(), default=list, blank=True
    )  # who gets a mail about it and has not yet
    mail_attempts = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField()
    error = models.TextField(blank=True)  # in words for people; what the machine said is in the log
    received_at = models.DateTimeField()
    processed_at = models.DateTimeField(null=True, blank=True)
    sender_hash = models.CharField(max_length=64, blank=True)  # of the address it came from

    objects: ClassVar[TenantManager] = TenantManager.over(SubmissionQuerySet)

    class Meta(ClientOwned.Meta):
        indexes = (
            models.Index(fields=("agency", "client", "-received_at", "-id"), name="submission_newest"),
            models.Index(
                fields=("due_at",), name="submission_due", condition=Q(status__in=("queued", "telling"))
            ),
            models.Index(
                fields=("agency", "form"),
                name="submission_in_trouble",
                condition=Q(status__in=("held", "failed")),
            ),
        )

    def __str__(self) -> str:
        return f"{self.form_id} {self.received_at:%Y-%m-%d %H:%M}"

    @property
    def is_trapped(self) -> bool:
        """Kept out as spam when it came; spam by its words is judged on the call instead."""
        return self.category == "spam" and self.call_id is None

    @property
    def awaits_verdict(self) -> bool:
        return self.status == self.Status.HELD or (self.status == self.Status.PROCESSED and self.is_trapped)
