from django.db import models
from django.db.models import Q

from accounts.models import Client, User
from accounts.tenancy import AgencyOwned, TenantForeignKey


class Provider(models.TextChoices):
    CTM = "ctm", "CallTrackingMetrics"
    GHL = "ghl", "GoHighLevel"


class Credential(AgencyOwned):
    """A secret of an outside service, sealed. Owned by the agency, one client or one person: never two of them.

    The payload is an envelope of ``lib.encryption`` whose associated data is this row's place, so that a sealed
    text copied to another row does not open.
    """

    client = TenantForeignKey(
        Client, on_delete=models.PROTECT, related_name="credentials", null=True, blank=True
    )
    user = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    provider = models.CharField(max_length=30, choices=Provider)
    label = models.CharField(max_length=60, default="main")
    payload = models.TextField(editable=False)
    hint = models.CharField(max_length=12, blank=True)  # the last characters of the key, to recognise it by
    is_active = models.BooleanField(default=True)
    added_at = models.DateTimeField(auto_now_add=True)
    validated_at = models.DateTimeField(null=True, blank=True)
    last_error = models.TextField(blank=True)
    last_rotated_at = models.DateTimeField(null=True, blank=True)

    class Meta(AgencyOwned.Meta):
        constraints = (
            models.CheckConstraint(condition=Q(client=None) | Q(user=None), name="credential_one_owner"),
            models.UniqueConstraint(
                fields=("agency", "client", "user", "provider", "label"),
                name="credential_once_per_owner",
                nulls_distinct=False,
            ),
        )

    def __str__(self) -> str:
        return f"{self.get_provider_display()} …{self.hint}"


class InboundEvent(AgencyOwned):
    """What a provider sent us, kept as it came before anything is believed or done."""

    client = TenantForeignKey(Client, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    provider = models.CharField(max_length=30, choices=Provider)
    kind = models.CharField(max_length=60)  # the provider's event, from the address we registered
    external_id = models.CharField(max_length=200)  # names this delivery; the same one again is stored once
    body = models.JSONField()
    headers = models.JSONField(default=dict)
    verified = models.BooleanField(null=True)  # signature: right, wrong, or not to be judged
    received_at = models.DateTimeField()
    processed_at = models.DateTimeField(null=True, blank=True)
    error = models.TextField(blank=True)

    class Meta(AgencyOwned.Meta):
        constraints = (
            models.UniqueConstraint(
                fields=("agency", "client", "provider", "external_id"),
                name="inbound_event_stored_once",
                nulls_distinct=False,
            ),
        )

    def __str__(self) -> str:
        return f"{self.provider} {self.kind} {self.received_at:%Y-%m-%d %H:%M:%S}"


class OutboxEvent(AgencyOwned):
    """News that a deed wrote in its own transaction. Append-only; ids in the payload, never objects."""

    client = TenantForeignKey(Client, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    topic = models.CharField(max_length=80)
    payload = models.JSONField(default=dict)
    occurred_at = models.DateTimeField()

    class Meta(AgencyOwned.Meta):
        pass

    def __str__(self) -> str:
        return f"{self.topic} {self.occurred_at:%Y-%m-%d %H:%M:%S}"


class OutboxDelivery(AgencyOwned):
    """One subscriber's copy of one event: due, done, or waiting for another attempt."""

    event = TenantForeignKey(OutboxEvent, on_delete=models.CASCADE, related_name="deliveries")
    subscriber = models.CharField(max_length=80)
    due_at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    done_at = models.DateTimeField(null=True, blank=True)
    gave_up_at = models.DateTimeField(null=True, blank=True)
    error = models.TextField(blank=True)

    class Meta(AgencyOwned.Meta):
        verbose_name_plural = "outbox deliveries"
        constraints = (
            models.UniqueConstraint(fields=("agency", "event", "subscriber"), name="outbox_delivery_once"),
        )
        indexes = (
            models.Index(fields=("due_at",), name="outbox_due", condition=Q(done_at=None, gave_up_at=None)),
        )

    def __str__(self) -> str:
        return f"{self.subscriber} of {self.event_id}"


class WriteLog(AgencyOwned):
    """A value we owe or gave a provider: the queue of writes, and the memory that knows an echo when it returns."""

    class Status(models.TextChoices):
        PENDING = "pending", "Waiting to be sent"
        SENT = "sent", "Sent"
        FAILED = "failed", "Failed for good"
        SUPERSEDED = "superseded", "Replaced by a later value"

    client = TenantForeignKey(Client, on_delete=models.PROTECT, related_name="+")
    provider = models.CharField(max_length=30, choices=Provider)
    external_id = models.CharField(max_length=100)
    field = models.CharField(max_length=40)
    value = models.JSONField()
    status = models.CharField(max_length=12, choices=Status, default=Status.PENDING)
    due_at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    sent_at = models.DateTimeField(null=True, blank=True)
    error = models.TextField(blank=True)

    class Meta(AgencyOwned.Meta):
        indexes = (
            models.Index(fields=("due_at",), name="write_log_due", condition=Q(status="pending")),
            models.Index(fields=("agency", "client", "external_id", "-created_at"), name="write_log_of"),
        )

    def __str__(self) -> str:
        return f"{self.provider} {self.external_id} {self.field}"
