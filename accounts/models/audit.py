from django.db import models

from accounts.models.people import User
from accounts.models.tenants import Agency, Client
from accounts.tenancy import TenantForeignKey, TenantManager, UnscopedManager
from lib.uuid7 import uuid7


class AuditEvent(models.Model):
    """One security-relevant act. Append-only for every role of the database, and chained by hashes within its agency.

    ``seq``, ``prev_hash`` and ``hash`` are the database's own: a trigger sets them, whatever is sent.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    agency = models.ForeignKey(Agency, models.PROTECT, null=True, related_name="+", db_index=False)
    client = TenantForeignKey(Client, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    actor = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", db_index=False)
    on_behalf_of = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", db_index=False)
    session = models.UUIDField(null=True)  # of UserSession; no reference, the log outlives sessions
    device_id = models.UUIDField(null=True)
    country_code = models.CharField(max_length=2, null=True)
    event_type = models.CharField(max_length=40)
    category = models.CharField(max_length=20)
    target = models.CharField(max_length=200, blank=True)
    ip = models.GenericIPAddressField(null=True)
    user_agent = models.CharField(max_length=300, blank=True)
    details = models.JSONField(default=dict)
    success = models.BooleanField(default=True)
    failure_reason = models.CharField(max_length=200, blank=True)
    occurred_at = models.DateTimeField()
    seq = models.BigIntegerField(default=0)
    prev_hash = models.CharField(max_length=64, default="")
    hash = models.CharField(max_length=64, default="")

    client_lookup = "client_id"
    unscoped = UnscopedManager()
    objects = TenantManager()

    class Meta:
        base_manager_name = "unscoped"
        default_manager_name = "unscoped"
        constraints = (
            models.UniqueConstraint(fields=("agency", "seq"), name="audit_event_seq", nulls_distinct=False),
        )
        indexes = (
            models.Index(fields=("agency", "-occurred_at", "-id"), name="audit_event_newest"),
            models.Index(fields=("agency", "client", "-occurred_at", "-id"), name="audit_event_client"),
        )

    def __str__(self) -> str:
        return f"{self.event_type} {self.occurred_at:%Y-%m-%d %H:%M:%S}"
