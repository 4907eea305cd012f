from django.db import models
from django.db.models import F, Q

from accounts.models.people import User
from accounts.models.tenants import Client, not_blank
from accounts.tenancy import AgencyOwned, ClientOwned, TenantForeignKey


class PermissionMode(models.TextChoices):
    """How much of the work goes out without a person's approval."""

    AUTOPILOT = "autopilot", "Autopilot"
    CO_PILOT = "co_pilot", "Co-pilot"
    MANUAL = "manual", "Manual"


class ServicePackage(AgencyOwned):
    """What an agency sells its clients."""

    class Tier(models.TextChoices):
        IGNITION = "ignition", "Ignition"
        VELOCITY = "velocity", "Velocity"
        DOMINANCE = "dominance", "Dominance"

    name = models.CharField(max_length=200)
    tier = models.CharField(max_length=20, choices=Tier, default=Tier.IGNITION)
    monthly_credits = models.PositiveIntegerField(default=0)
    limits = models.JSONField(default=dict, blank=True)  # {"leads_per_month": 500, "users": 10}
    price = models.DecimalField(max_digits=10, decimal_places=2, default=0)
    currency = models.CharField(max_length=3, default="USD")
    is_active = models.BooleanField(default=True)  # may be sold; who has it keeps it

    client_lookup = ""

    class Meta(AgencyOwned.Meta):
        ordering = ("price", "name")
        constraints = (
            not_blank("name", "service_package_name_not_blank"),
            models.UniqueConstraint(fields=("agency", "name"), name="service_package_once"),
            models.CheckConstraint(condition=Q(price__gte=0), name="service_package_price"),
        )

    def __str__(self) -> str:
        return self.name


class Subscription(ClientOwned):
    """What a client has bought. ``credits_remaining`` is the sum of its ledger."""

    class Status(models.TextChoices):
        TRIALING = "trialing", "Trial"
        ACTIVE = "active", "Active"
        PAST_DUE = "past_due", "Past due"
        CANCELLED = "cancelled", "Cancelled"
        PAUSED = "paused", "Paused"

    client = TenantForeignKey(Client, on_delete=models.PROTECT, related_name="subscriptions")
    package = TenantForeignKey(
        ServicePackage, on_delete=models.PROTECT, related_name="subscriptions", null=True
    )
    status = models.CharField(max_length=20, choices=Status, default=Status.TRIALING)
    credits_remaining = models.IntegerField(default=0)
    credits_reset_at = models.DateTimeField(null=True, blank=True)  # start of the next month not yet given
    default_permission_mode = models.CharField(
        max_length=20, choices=PermissionMode, default=PermissionMode.CO_PILOT
    )
    external_customer_id = models.CharField(max_length=100, blank=True)
    external_subscription_id = models.CharField(max_length=100, blank=True)

    class Meta(ClientOwned.Meta):
        constraints = (
            models.UniqueConstraint(fields=("agency", "client"), name="subscription_once"),
            models.CheckConstraint(condition=Q(credits_remaining__gte=0), name="subscription_credits"),
        )
        indexes = (
            models.Index(
                fields=("credits_reset_at",),
                condition=Q(status__in=("trialing", "active")),
                name="subscription_month_due",
            ),
        )

    def __str__(self) -> str:
        return f"{self.client_id}: {self.get_status_display()}"

    @property
    def is_running(self) -> bool:
        """Whether credits may be used. Who is late with paying goes on for the time being."""
        return self.status in (self.Status.TRIALING, self.Status.ACTIVE, self.Status.PAST_DUE)


class CreditTransaction(ClientOwned):
    """One movement of a client's credits. Append-only; ``balance_after`` is what remained.

    The database takes a row only when it follows the one before: next ``seq``, and a balance that adds up.
    """

    class Reason(models.TextChoices):
        GRANT = "grant", "Granted by the agency"
        MONTHLY = "monthly", "Monthly credits"
        USE = "use", "Used"
        CORRECTION = "correction", "Correction"
        EXPIRY = "expiry", "Expired"

    client = TenantForeignKey(Client, on_delete=models.PROTECT, related_name="credit_transactions")
    delta = models.IntegerField()
    balance_after = models.IntegerField()
    reason = models.CharField(max_length=20, choices=Reason)
    note = models.CharField(max_length=300, blank=True)
    object_ref = models.CharField(max_length=100, blank=True)  # "call:<id>", what the credits paid for
    actor = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    seq = models.PositiveIntegerField()

    class Meta(ClientOwned.Meta):
        constraints = (
            models.UniqueConstraint(fields=("agency", "client", "seq"), name="credit_transaction_seq"),
            models.UniqueConstraint(
                fields=("agency", "client", "reason", "object_ref"),
                condition=~Q(object_ref=""),
                name="credit_transaction_paid_once",
            ),
            models.CheckConstraint(condition=~Q(delta=0), name="credit_transaction_moves"),
            models.CheckConstraint(condition=Q(balance_after__gte=0), name="credit_transaction_balance"),
            models.CheckConstraint(
                condition=Q(balance_after__gte=F("delta")), name="credit_transaction_adds_up"
            ),
        )

    def __str__(self) -> str:
        return f"{self.delta:+} for {self.client_id}"
