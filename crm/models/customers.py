from typing import ClassVar, Self

from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower

from accounts.tenancy import ClientOwned, TenantForeignKey, TenantManager, TenantQuerySet
from crm.models.leads import Lead


class ServiceQuerySet(TenantQuerySet):
    def offered(self) -> Self:
        return self.filter(active=True).order_by(Lower("name"))


class Service(ClientOwned):
    """What a client sells."""

    name = models.CharField(max_length=160)
    description = models.TextField(blank=True)
    base_price = models.DecimalField(max_digits=10, decimal_places=2, null=True, blank=True)
    currency = models.CharField(max_length=3, default="USD")
    active = models.BooleanField(default=True)

    objects: ClassVar[TenantManager] = TenantManager.over(ServiceQuerySet)

    class Meta(ClientOwned.Meta):
        constraints = (
            models.UniqueConstraint("agency", "client", Lower("name"), name="service_name_once_per_client"),
            models.CheckConstraint(
                condition=Q(base_price=None) | Q(base_price__gte=0), name="service_price_not_below_nothing"
            ),
        )

    def __str__(self) -> str:
        return self.name


class CustomerQuerySet(TenantQuerySet):
    def newest_first(self) -> Self:
        return self.order_by("-created_at", "-pk")

    def with_agreements(self) -> Self:
        """Adds how many agreements there are and when the last was made. Asked for the rows shown alone."""
        own = ServiceAgreement.unscoped.filter(customer=models.OuterRef("pk")).order_by().values("customer")
        return self.annotate(
            agreed=models.Subquery(
                own.annotate(n=models.Count("pk")).values("n"), output_field=models.IntegerField()
            ),
            agreed_last=models.Subquery(
                own.annotate(at=models.Max("agreed_date")).values("at"), output_field=models.DateField()
            ),
        )


class Customer(ClientOwned):
    """Somebody who buys from a client."""

    class Status(models.TextChoices):
        ACTIVE = "active", "Active"
        INACTIVE = "inactive", "Inactive"
        ARCHIVED = "archived", "Archived"

    lead = TenantForeignKey(Lead, null=True, blank=True, related_name="customers")
    name = models.CharField(max_length=200)
    phone = models.CharField(max_length=40, blank=True)
    phone_e164 = models.CharField(max_length=20, blank=True)
    email = models.EmailField(blank=True)
    source = models.CharField(max_length=20, blank=True)  # where the lead came from
    funnel_data = models.JSONField(default=dict, blank=True)
    status = models.CharField(max_length=10, choices=Status, default=Status.ACTIVE)
    archived_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[TenantManager] = TenantManager.over(CustomerQuerySet)

    class Meta(ClientOwned.Meta):
        constraints = (
            models.UniqueConstraint(
                fields=("agency", "client", "lead"),
                condition=Q(lead__isnull=False),
                name="customer_once_per_lead",
            ),
            models.CheckConstraint(
                condition=Q(status="archived", archived_at__isnull=False)
                | (~Q(status="archived") & Q(archived_at=None)),
                name="customer_archived_has_a_time",
            ),
        )
        indexes = (
            models.Index(fields=("agency", "client", "status", "-created_at"), name="customer_status"),
            models.Index(fields=("agency", "client", "phone_e164"), name="customer_phone"),
        )

    def __str__(self) -> str:
        return self.name


class ServiceAgreement(ClientOwned):
    """A service that a customer agreed to. Once redacted it keeps price and day, and loses what it was."""

    customer = TenantForeignKey(Customer, on_delete=models.CASCADE, related_name="agreements")
    journey = TenantForeignKey("crm.Journey", null=True, blank=True, related_name="agreements")
    service = TenantForeignKey(Service, null=True, blank=True, related_name="agreements")
    service_name = models.CharField(max_length=160, blank=True)  # as it was called then
    agreed_price = models.DecimalField(max_digits=10, decimal_places=2)
    currency = models.CharField(max_length=3, default="USD")
    agreed_date = models.DateField()  # in the client's zone
    redacted_at = models.DateTimeField(null=True, blank=True)

    class Meta(ClientOwned.Meta):
        constraints = (
            models.CheckConstraint(
                condition=Q(redacted_at=None) | Q(service=None, service_name=""),
                name="agreement_redacted_is_empty",
            ),
            models.CheckConstraint(
                condition=Q(agreed_price__gte=0), name="agreement_price_not_below_nothing"
            ),
        )
        indexes = (
            models.Index(fields=("agency", "client", "customer", "-agreed_date"), name="agreements_of"),
            models.Index(
                fields=("agency", "client", "agreed_date"),
                name="agreement_to_redact",
                condition=Q(redacted_at=None),
            ),
        )

    def __str__(self) -> str:
        return f"{self.service_name or 'A service'} {self.agreed_date}"


class Outcome(ClientOwned):
    """Money that came of a person: a deal, revenue, or what they are worth over time."""

    class Kind(models.TextChoices):
        DEAL = "deal", "Deal"
        REVENUE = "revenue", "Revenue"
        LTV = "ltv", "Lifetime value"

    lead = TenantForeignKey(Lead, null=True, blank=True, related_name="outcomes")
    customer = TenantForeignKey(Customer, null=True, blank=True, related_name="outcomes")
    agreement = TenantForeignKey(ServiceAgreement, null=True, blank=True, related_name="outcomes")
    kind = models.CharField(max_length=10, choices=Kind)
    amount = models.DecimalField(max_digits=10, decimal_places=2)
    currency = models.CharField(max_length=3, default="USD")
    occurred_at = models.DateTimeField()
    source = models.CharField(max_length=20, default="manual")

    class Meta(ClientOwned.Meta):
        constraints = (
            models.CheckConstraint(
                condition=Q(lead__isnull=False) | Q(customer__isnull=False), name="outcome_is_somebodys"
            ),
        )
        indexes = (models.Index(fields=("agency", "client", "kind", "-occurred_at"), name="outcome_kind"),)

    def __str__(self) -> str:
        return f"{self.kind} {self.amount} {self.currency}"


class OutcomeMilestone(ClientOwned):
    """When a person first reached a stage of the way to revenue."""

    class Stage(models.TextChoices):
        REPLIED = "replied", "Replied"
        MEETING_BOOKED = "meeting_booked", "Meeting booked"
        MEETING_HELD = "meeting_held", "Meeting held"
        AGREED = "agreed", "Agreed to service"
        PAID = "paid", "Paid"

    lead = TenantForeignKey(Lead, on_delete=models.CASCADE, related_name="milestones")
    stage = models.CharField(max_length=40)  # of `Stage`; old data may hold others
    reached_at = models.DateTimeField()

    class Meta(ClientOwned.Meta):
        constraints = (
            models.UniqueConstraint(fields=("agency", "client", "lead", "stage"), name="milestone_once"),
        )

    def __str__(self) -> str:
        return f"{self.stage} of {self.lead_id}"

    @property
    def words(self) -> str:
        known = dict(self.Stage.choices)
        return known.get(self.stage) or self.stage.replace("_", " ").capitalize()

    @property
    def is_by_hand(self) -> bool:
        """The others follow agreements and revenue."""
        return self.stage not in (self.Stage.AGREED, self.Stage.PAID)
