from datetime import datetime

from django.db import models

from accounts.models.people import User
from accounts.models.tenants import Client
from accounts.tenancy import ClientOwned, TenantForeignKey


class ImpersonationSession(ClientOwned):
    """A time in which one of the agency's people looked at, or worked in, a client's portal as that client.

    ``by_platform``: it was a superuser, who need not belong to the agency.
    """

    class Mode(models.TextChoices):
        READ = "read", "Look only"
        WRITE = "write", "Look and change"

    client = TenantForeignKey(Client, on_delete=models.PROTECT, related_name="impersonations")
    staff = models.ForeignKey(User, models.PROTECT, related_name="impersonations")
    subject = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")  # whose seat was taken
    by_platform = models.BooleanField(default=False)
    reason = models.CharField(max_length=300, blank=True)  # owed for ``write``, and by superusers
    mode = models.CharField(max_length=5, choices=Mode, default=Mode.READ)
    started_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta(ClientOwned.Meta):
        constraints = (
            models.CheckConstraint(
                condition=models.Q(mode="read") | ~models.Q(reason=""), name="impersonation_write_has_reason"
            ),
            models.CheckConstraint(
                condition=models.Q(by_platform=False) | ~models.Q(reason=""),
                name="impersonation_by_platform_has_reason",
            ),
            models.UniqueConstraint(
                fields=("agency", "staff"),
                condition=models.Q(ended_at=None),
                name="impersonation_one_at_a_time",
            ),
        )
        indexes = (models.Index(fields=("agency", "-started_at"), name="impersonation_newest"),)

    def __str__(self) -> str:
        return f"{self.staff_id} as {self.client_id}"

    def is_running(self, now: datetime) -> bool:
        return self.ended_at is None and now < self.ends_at

    def was_over_at(self, now: datetime) -> datetime | None:
        """When it was stopped, or ended by itself; None while it runs."""
        return None if self.is_running(now) else min(self.ended_at or self.ends_at, self.ends_at)

    @property
    def may_write(self) -> bool:
        return self.mode == self.Mode.WRITE
