from datetime import datetime
from typing import ClassVar, Self
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower

from accounts.models import Client, User
from accounts.tenancy import (
    AgencyOwned,
    ClientOwned,
    SharedQuerySet,
    TenantForeignKey,
    TenantManager,
    TenantQuerySet,
)
from crm.models.leads import Lead


class Market(AgencyOwned):
    """A region or trade that campaigns aim at; of one client, or of the agency for all its clients."""

    client = TenantForeignKey(Client, null=True, blank=True, related_name="+", db_index=False)
    name = models.CharField(max_length=120)
    description = models.TextField(blank=True)
    region = models.CharField(max_length=120, blank=True)

    objects: ClassVar[TenantManager] = TenantManager.over(SharedQuerySet)

    class Meta(AgencyOwned.Meta):
        constraints = (
            models.UniqueConstraint(
                "agency", F("client"), Lower("name"), name="market_name_once", nulls_distinct=False
            ),
        )

    def __str__(self) -> str:
        return self.name


class CampaignQuerySet(TenantQuerySet):
    def running(self) -> Self:
        return self.filter(status=Campaign.Status.ACTIVE)


class Campaign(ClientOwned):
    """A reason to reach many people of one client: who, what is said, how freely machines may act."""

    class Status(models.TextChoices):
        DRAFT = "draft", "Draft"
        ACTIVE = "active", "Active"
        PAUSED = "paused", "Paused"
        COMPLETED = "completed", "Completed"

    class PermissionMode(models.TextChoices):
        AUTOPILOT = "autopilot", "Autopilot"
        CO_PILOT = "co_pilot", "Co-pilot"
        MANUAL = "manual", "Manual"

    market = TenantForeignKey(Market, null=True, blank=True, related_name="campaigns")
    name = models.CharField(max_length=160)
    description = models.TextField(blank=True)
    script = models.TextField(blank=True)  # what the caller says, shown in the queue
    status = models.CharField(max_length=12, choices=Status, default=Status.DRAFT)
    start_date = models.DateField(null=True, blank=True)  # in the client's zone
    end_date = models.DateField(null=True, blank=True)  # the last day, included
    permission_mode = models.CharField(max_length=12, choices=PermissionMode, blank=True)  # "": the client's
    targeting = models.JSONField(default=dict, blank=True)
    settings = models.JSONField(default=dict, blank=True)
    daily_lead_limit = models.PositiveIntegerField(null=True, blank=True)
    total_lead_limit = models.PositiveIntegerField(null=True, blank=True)

    objects: ClassVar[TenantManager] = TenantManager.over(CampaignQuerySet)

    class Meta(ClientOwned.Meta):
        constraints = (
            models.CheckConstraint(condition=~Q(name=""), name="campaign_has_a_name"),
            models.CheckConstraint(
                condition=Q(start_date=None) | Q(end_date=None) | Q(end_date__gte=F("start_date")),
                name="campaign_ends_after_its_start",
            ),
        )
        indexes = (models.Index(fields=("agency", "client", "status"), name="campaign_status"),)

    def __str__(self) -> str:
        return self.name


class CampaignAssignment(ClientOwned):
    """Somebody of the agency who works this campaign. Whoever may see only their own records sees its people."""

    campaign = TenantForeignKey(Campaign, on_delete=models.CASCADE, related_name="assignments")
    user = models.ForeignKey(User, models.CASCADE, related_name="+")

    class Meta(ClientOwned.Meta):
        constraints = (
            models.UniqueConstraint(
                fields=("agency", "client", "campaign", "user"), name="campaign_assigned_once"
            ),
        )
        indexes = (models.Index(fields=("agency", "user"), name="campaigns_of_person"),)

    def __str__(self) -> str:
        return f"{self.user_id} on {self.campaign_id}"


class CampaignMember(ClientOwned):
    """A lead in a campaign, and when it may be tried again."""

    class Status(models.TextChoices):
        ACTIVE = "active", "Active"
        PAUSED = "paused", "Paused"
        COMPLETED = "completed", "Completed"
        OPTED_OUT = "opted_out", "Opted out"

    campaign = TenantForeignKey(Campaign, on_delete=models.CASCADE, related_name="members")
    lead = TenantForeignKey(Lead, on_delete=models.CASCADE, related_name="memberships")
    status = models.CharField(max_length=12, choices=Status, default=Status.ACTIVE)
    added_at = models.DateTimeField()
    hold_until = models.DateTimeField(null=True, blank=True)
    hold_reason = models.CharField(max_length=200, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    last_attempt_at = models.DateTimeField(null=True, blank=True)
    last_disposition = models.CharField(max_length=40, blank=True)
    held_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    held_until = models.DateTimeField(null=True, blank=True)  # nobody else is given this person before

    class Meta(ClientOwned.Meta):
        constraints = (
            models.UniqueConstraint(
                fields=("agency", "client", "campaign", "lead"), name="campaign_member_once"
            ),
        )
        indexes = (
            models.Index(
                F("agency"), F("campaign"), F("last_attempt_at").asc(nulls_first=True), F("id"),
                name="campaign_queue", condition=Q(status="active"),
            ),
            models.Index(fields=("agency", "client", "lead"), name="campaigns_of_lead"),
        )  # fmt: skip

    def __str__(self) -> str:
        return f"{self.lead_id} in {self.campaign_id}"


class CallbackQuerySet(TenantQuerySet):
    def open(self) -> Self:
        return self.filter(done_at=None)

    def soonest_first(self) -> Self:
        return self.order_by("due_at", "pk")

    def of_reachable(self) -> Self:
        """Not about people, or of clients, who are in the archive."""
        return self.filter(lead__archived_at=None, lead__erased_at=None, client__archived_at=None)

    def left_to(self, user_id: UUID, before: datetime) -> Self:
        """What others promised to leads that ``user_id`` owns: due ``before`` and still open, or nobody's any more."""
        late = Q(due_at__lt=before) & ~Q(assigned_to=user_id)
        return self.filter(Q(assigned_to=None) | late, lead__owner=user_id)


class Callback(ClientOwned):
    """A promise to call somebody back at a time they named."""

    lead = TenantForeignKey(Lead, on_delete=models.CASCADE, related_name="callbacks")
    call = TenantForeignKey("crm.Call", null=True, blank=True, related_name="callbacks")
    campaign = TenantForeignKey(Campaign, null=True, blank=True, related_name="callbacks")
    assigned_to = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    due_at = models.DateTimeField()
    timezone = models.CharField(max_length=64)  # of the person called, in which the time was agreed
    note = models.CharField(max_length=500, blank=True)
    done_at = models.DateTimeField(null=True, blank=True)
    done_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")

    objects: ClassVar[TenantManager] = TenantManager.over(CallbackQuerySet)

    class Meta(ClientOwned.Meta):
        indexes = (
            models.Index(
                fields=("agency", "client", "due_at"), name="callback_due", condition=Q(done_at=None)
            ),
            models.Index(
                fields=("agency", "assigned_to", "due_at"),
                name="callbacks_of_person",
                condition=Q(done_at=None),
            ),
        )

    def __str__(self) -> str:
        return f"{self.lead_id} at {self.due_at:%Y-%m-%d %H:%M}"

    @property
    def due_there(self) -> datetime:
        """On the clock of who is called."""
        return self.due_at.astimezone(ZoneInfo(self.timezone))
