from datetime import datetime
from typing import Any, ClassVar, Self
from uuid import UUID

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
from crm.models.channels import Channel
from crm.models.customers import Customer, Service
from crm.models.leads import Lead


class TemplateQuerySet(SharedQuerySet):
    def by_name(self) -> Self:
        return self.order_by(Lower("name"), "pk")


class JourneyTemplate(AgencyOwned):
    """Steps to begin a journey with; of one client, or of the agency for all its clients."""

    client = TenantForeignKey(Client, null=True, blank=True, related_name="+", db_index=False)
    name = models.CharField(max_length=120)
    description = models.TextField(blank=True)
    archived_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[TenantManager] = TenantManager.over(TemplateQuerySet)

    class Meta(AgencyOwned.Meta):
        constraints = (
            models.UniqueConstraint(
                "agency", F("client"), Lower("name"), condition=Q(archived_at=None),
                name="journey_template_name_once", nulls_distinct=False,
            ),
        )  # fmt: skip

    def __str__(self) -> str:
        return self.name


class JourneyTemplateStep(AgencyOwned):
    client = TenantForeignKey(Client, null=True, blank=True, related_name="+", db_index=False)
    template = TenantForeignKey(JourneyTemplate, on_delete=models.CASCADE, related_name="steps")
    position = models.PositiveSmallIntegerField()
    label = models.CharField(max_length=160)
    channel = models.CharField(max_length=10, choices=Channel, default=Channel.VOICE)
    message = models.TextField(blank=True)
    offset_weeks = models.PositiveSmallIntegerField(default=0)  # after the journey's start

    objects: ClassVar[TenantManager] = TenantManager.over(SharedQuerySet)

    class Meta(AgencyOwned.Meta):
        ordering = ("position",)
        constraints = (
            models.UniqueConstraint(
                fields=("agency", "template", "position"), name="journey_template_step_once",
                deferrable=models.Deferrable.DEFERRED,
            ),
        )  # fmt: skip

    def __str__(self) -> str:
        return self.label


class JourneyQuerySet(TenantQuerySet):
    def newest_first(self) -> Self:
        return self.order_by("-created_at", "-pk")

    def in_state(self, state: str, user_id: UUID | None) -> Self:
        """``state`` is a status, or one of ``open``, ``mine`` and ``paused``, which are all under way."""
        if state in Journey.Status.values:
            return self.filter(status=state)
        rows = self.filter(status__in=("pending", "in_progress"))
        narrower: dict[str, dict[str, Any]] = {"mine": {"owner_id": user_id}, "paused": {"paused": True}}
        return rows.filter(**narrower.get(state, {}))

    def at_work(self) -> Self:
        """Under way and not paused, about nobody and of no client in the archive."""
        here = self.filter(client__archived_at=None).filter(Q(lead=None) | Q(lead__archived_at=None))
        return here.filter(status__in=("pending", "in_progress"), paused=False)

    def cared_for_by(self, user_id: UUID, *, late_before: datetime, or_nobody: bool = False) -> Self:
        """Whose journey it is. It falls to whose lead it is where it has no owner, or one who has left, or one who lets
        something be due since before ``late_before``. ``or_nobody``: those of leads without an owner as well.
        """
        of_lead = Q(lead__owner=user_id)
        if or_nobody:
            of_lead |= Q(lead=None) | Q(lead__owner=None)
        late = JourneyStep.unscoped.filter(
            journey=models.OuterRef("pk"), completed_at=None, due_at__lt=late_before
        )
        left = (
            Q(owner=None)
            | Q(owner__is_active=False)
            | Q(next_action_at__lt=late_before)
            | models.Exists(late)
        )
        own, rest = self.filter(owner=user_id), self.filter(of_lead, left)
        return self.filter(pk__in=own.values("pk").union(rest.values("pk")))

    def with_progress(self) -> Self:
        """Adds how many steps there are and are done, and when the next is due. Asked for the rows shown alone."""
        steps = JourneyStep.unscoped.filter(journey=models.OuterRef("pk")).order_by().values("journey")
        count = {"output_field": models.IntegerField()}
        return self.annotate(
            steps_total=models.Subquery(steps.annotate(n=models.Count("pk")).values("n"), **count),
            steps_done=models.Subquery(
                steps.filter(completed_at__isnull=False).annotate(n=models.Count("pk")).values("n"), **count
            ),
            next_due=models.Subquery(
                steps.filter(completed_at=None).annotate(at=models.Min("due_at")).values("at"),
                output_field=models.DateTimeField(),
            ),
        )


class Journey(ClientOwned):
    """The way from a lead's concern to a customer. One person may have several."""

    class Status(models.TextChoices):
        PENDING = "pending", "Pending"
        IN_PROGRESS = "in_progress", "In progress"
        ACTIVE_CLIENT = "active_client", "Became a customer"
        WON = "won", "Won"
        LOST = "lost", "Lost"
        ARCHIVED = "archived", "Archived"

    lead = TenantForeignKey(Lead, null=True, blank=True, related_name="journeys")
    call = TenantForeignKey("crm.Call", null=True, blank=True, related_name="journeys")
    customer = TenantForeignKey(Customer, null=True, blank=True, related_name="journeys")
    service = TenantForeignKey(Service, null=True, blank=True, related_name="journeys")
    parent = TenantForeignKey("self", null=True, blank=True, related_name="children")
    template = TenantForeignKey(JourneyTemplate, null=True, blank=True, related_name="journeys")
    owner = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    # The person as they were when it began.
    name = models.CharField(max_length=200, blank=True)
    phone = models.CharField(max_length=40, blank=True)
    email = models.EmailField(blank=True)
    symptoms = models.JSONField(default=list, blank=True)  # words of services and concerns; [] when redacted
    symptoms_redacted = models.BooleanField(default=False)
    status = models.CharField(max_length=16, choices=Status, default=Status.PENDING)
    status_before_archive = models.CharField(max_length=16, blank=True)
    paused = models.BooleanField(default=False)
    next_action_at = models.DateTimeField(null=True, blank=True)
    notes_summary = models.TextField(blank=True)
    started_on = models.DateField()  # in the client's zone; steps count their weeks from it
    closed_at = models.DateTimeField(null=True, blank=True)
    lost_reason = models.CharField(max_length=200, blank=True)
    archived_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[TenantManager] = TenantManager.over(JourneyQuerySet)

    class Meta(ClientOwned.Meta):
        constraints = (
            models.CheckConstraint(
                condition=~Q(status="active_client") | Q(customer__isnull=False),
                name="journey_of_customer_has_one",
            ),
            models.CheckConstraint(
                condition=Q(symptoms_redacted=False) | Q(symptoms=[]), name="journey_redacted_is_empty"
            ),
            models.CheckConstraint(
                condition=Q(status="archived", archived_at__isnull=False)
                | (~Q(status="archived") & Q(archived_at=None)),
                name="journey_archived_has_a_time",
            ),
        )
        indexes = (
            models.Index(fields=("agency", "client", "status", "-created_at"), name="journey_status"),
            models.Index(fields=("agency", "client", "lead"), name="journeys_of_lead"),
            models.Index(
                fields=("agency", "client", "next_action_at"),
                name="journey_next_action",
                condition=Q(next_action_at__isnull=False),
            ),
            models.Index(
                fields=("agency", "owner"),
                name="journeys_of_person",
                condition=Q(status__in=("pending", "in_progress")),
            ),
        )

    def __str__(self) -> str:
        return f"Journey of {self.name or self.lead_id}"


class StepQuerySet(TenantQuerySet):
    def next_of_each(self, until: datetime) -> Self:
        """Of each journey the step that is due first, where that is before ``until``; soonest first."""
        open_ = Q(completed_at=None, due_at__isnull=False)
        sooner = Q(due_at__lt=models.OuterRef("due_at")) | Q(
            due_at=models.OuterRef("due_at"), position__lt=models.OuterRef("position")
        )
        before = JourneyStep.unscoped.filter(open_, sooner, journey=models.OuterRef("journey"))
        return self.filter(open_, ~models.Exists(before), due_at__lt=until).order_by("due_at", "pk")


class JourneyStep(ClientOwned):
    journey = TenantForeignKey(Journey, on_delete=models.CASCADE, related_name="steps")
    position = models.PositiveSmallIntegerField()
    label = models.CharField(max_length=160)
    channel = models.CharField(max_length=10, choices=Channel, default=Channel.VOICE)
    message = models.TextField(blank=True)
    offset_weeks = models.PositiveSmallIntegerField(null=True, blank=True)  # null: the date was set by hand
    due_at = models.DateTimeField(null=True, blank=True)
    completed_at = models.DateTimeField(null=True, blank=True)
    completed_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    notes = models.TextField(blank=True)

    objects: ClassVar[TenantManager] = TenantManager.over(StepQuerySet)

    class Meta(ClientOwned.Meta):
        ordering = ("position",)
        constraints = (
            models.UniqueConstraint(
                fields=("agency", "client", "journey", "position"),
                name="journey_step_once",
                deferrable=models.Deferrable.DEFERRED,
            ),
        )
        indexes = (
            models.Index(
                fields=("agency", "client", "due_at"),
                name="journey_step_due",
                condition=Q(completed_at=None, due_at__isnull=False),
            ),
        )

    def __str__(self) -> str:
        return self.label


class Conversion(ClientOwned):
    """One "agreed to service": what it made and what stood there before, so that it can be taken back."""

    journey = TenantForeignKey(Journey, related_name="conversions")
    customer = TenantForeignKey(
        Customer, null=True, blank=True, related_name="conversions"
    )  # none once undone
    call = TenantForeignKey("crm.Call", null=True, blank=True, related_name="conversions")
    done_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    done_at = models.DateTimeField()
    before = models.JSONField(default=dict)  # what the journey, lead and call said before
    undone_at = models.DateTimeField(null=True, blank=True)

    class Meta(ClientOwned.Meta):
        constraints = (
            models.UniqueConstraint(
                fields=("agency", "client", "journey"),
                condition=models.Q(undone_at=None),
                name="conversion_once_per_journey",
            ),
            models.CheckConstraint(
                condition=models.Q(customer__isnull=False) | models.Q(undone_at__isnull=False),
                name="conversion_that_stands_has_a_customer",
            ),
        )
        indexes = (models.Index(fields=("agency", "client", "journey"), name="conversions_of_journey"),)

    def __str__(self) -> str:
        return f"{self.journey_id} at {self.done_at:%Y-%m-%d %H:%M}"


class RedactionReceipt(ClientOwned):
    """That words were destroyed, when and under which rule. The digest is keyed; the words are nowhere."""

    class Kind(models.TextChoices):
        JOURNEY = "journey", "Concerns of a journey"
        AGREEMENT = "agreement", "Service record"

    kind = models.CharField(max_length=12, choices=Kind)
    object_id = models.UUIDField()
    fields = models.JSONField()  # names of what was destroyed
    digest = models.CharField(max_length=64)  # HMAC-SHA-256 over the words
    length = models.PositiveIntegerField()  # in characters
    policy_days = models.PositiveSmallIntegerField()
    redacted_at = models.DateTimeField()
    redacted_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta(ClientOwned.Meta):
        constraints = (
            models.UniqueConstraint(
                fields=("agency", "client", "kind", "object_id"), name="redaction_receipt_once"
            ),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.object_id}"
