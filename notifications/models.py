from datetime import datetime
from typing import ClassVar, Self

from django.db import models
from django.db.models import Q

from accounts.models import Client, User
from accounts.tenancy import Actor, AgencyOwned, TenantForeignKey, TenantManager, TenantQuerySet


class NotificationQuerySet(TenantQuerySet):
    def for_actor(self, actor: Actor) -> Self:
        """A person's own notices; nobody reads another's."""
        return super().for_actor(actor).filter(user_id=actor.user_id)

    def unread(self) -> Self:
        return self.filter(read_at=None)

    def newest_first(self) -> Self:
        return self.order_by("-created_at", "-pk")


class Notification(AgencyOwned):
    """A notice to one person, shown in the product."""

    user = models.ForeignKey(User, models.CASCADE, related_name="notifications")
    client = TenantForeignKey(Client, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    event = models.CharField(max_length=60)
    title = models.CharField(max_length=200)
    body = models.TextField(blank=True)
    link_url = models.CharField(max_length=300, blank=True)
    read_at = models.DateTimeField(null=True, blank=True)
    meta = models.JSONField(default=dict, blank=True)
    dedupe_key = models.CharField(max_length=120)  # the same news twice is one notice

    objects: ClassVar[TenantManager] = TenantManager.over(NotificationQuerySet)

    class Meta(AgencyOwned.Meta):
        constraints = (
            models.UniqueConstraint(fields=("agency", "user", "dedupe_key"), name="notification_once"),
        )
        indexes = (
            models.Index(fields=("agency", "user", "-created_at"), name="notification_newest"),
            models.Index(fields=("agency", "user"), name="notification_unread", condition=Q(read_at=None)),
        )

    def __str__(self) -> str:
        return self.title

    @property
    def status(self) -> str:
        return "read" if self.read_at else "unread"

    def mark_read(self, now: datetime) -> None:
        self.read_at = self.read_at or now
        self.save(update_fields=["read_at", "updated_at"])
