from typing import ClassVar, Self

from django.db import models

from accounts.models import User
from accounts.tenancy import ClientOwned, TenantForeignKey, TenantManager, TenantQuerySet
from crm.models.calls import Call
from crm.models.channels import Channel
from crm.models.leads import Lead


class ActivityQuerySet(TenantQuerySet):
    def newest_first(self) -> Self:
        return self.order_by("-occurred_at", "-pk")


class Activity(ClientOwned):
    """What happened with a lead. Append-only; the runtime role may not change or delete a row."""

    lead = TenantForeignKey(Lead, null=True, blank=True, related_name="activities")
    call = TenantForeignKey(Call, null=True, blank=True, related_name="activities")
    campaign = TenantForeignKey("crm.Campaign", null=True, blank=True, related_name="activities")
    journey = TenantForeignKey("crm.Journey", null=True, blank=True, related_name="activities")
    customer = TenantForeignKey("crm.Customer", null=True, blank=True, related_name="activities")
    actor = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    channel = models.CharField(max_length=10, choices=Channel, default=Channel.VOICE)
    action = models.CharField(max_length=40)  # call_received, rating_changed, category_changed, note_added, …
    provider_message_id = models.CharField(max_length=200, blank=True)
    led_to_booking = models.BooleanField(default=False)
    content_snapshot = models.TextField(blank=True)  # the words that were sent, as they were
    metadata = models.JSONField(default=dict, blank=True)
    occurred_at = models.DateTimeField()

    objects: ClassVar[TenantManager] = TenantManager.over(ActivityQuerySet)

    class Meta(ClientOwned.Meta):
        verbose_name_plural = "activities"
        indexes = (
            models.Index(fields=("agency", "client", "lead", "-occurred_at"), name="activity_of_lead"),
        )

    def __str__(self) -> str:
        return f"{self.action} {self.occurred_at:%Y-%m-%d %H:%M}"


class Note(ClientOwned):
    class NoteType(models.TextChoices):
        NOTE = "note", "Note"
        CALL = "call", "Call"
        EMAIL = "email", "E-mail"
        SMS = "sms", "Text message"
        MEETING = "meeting", "Meeting"

    lead = TenantForeignKey(Lead, null=True, blank=True, related_name="lead_notes")
    call = TenantForeignKey(Call, null=True, blank=True, related_name="call_notes")
    journey = TenantForeignKey("crm.Journey", null=True, blank=True, related_name="journey_notes")
    customer = TenantForeignKey("crm.Customer", null=True, blank=True, related_name="customer_notes")
    author = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    note_type = models.CharField(max_length=10, choices=NoteType, default=NoteType.NOTE)
    body = models.TextField()
    metadata = models.JSONField(default=dict, blank=True)
    pinned = models.BooleanField(default=False)

    class Meta(ClientOwned.Meta):
        constraints = (
            models.CheckConstraint(
                condition=models.Q(lead__isnull=False)
                | models.Q(call__isnull=False)
                | models.Q(journey__isnull=False)
                | models.Q(customer__isnull=False),
                name="note_is_about_something",
            ),
        )
        indexes = (
            models.Index(fields=("agency", "client", "call", "-created_at"), name="note_of_call"),
            models.Index(fields=("agency", "client", "lead", "-created_at"), name="note_of_lead"),
        )

    def __str__(self) -> str:
        return self.body[:60]
