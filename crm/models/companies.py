from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower

from accounts.models import User
from accounts.tenancy import ClientOwned, TenantForeignKey, TenantManager, TenantQuerySet


class CompanyQuerySet(TenantQuerySet):
    def by_name(self) -> "CompanyQuerySet":
        return self.order_by(Lower("name"), "pk")


class Company(ClientOwned):
    """Where leads of one client work."""

    name = models.CharField(max_length=200)
    domain = models.CharField(max_length=253, blank=True)  # without www, in small letters
    website = models.URLField(blank=True)
    industry = models.CharField(max_length=100, blank=True)
    size = models.CharField(max_length=40, blank=True)  # as given: "11-50", "about 200"
    city = models.CharField(max_length=100, blank=True)
    state = models.CharField(max_length=60, blank=True)
    country = models.CharField(max_length=60, blank=True)
    enrichment = models.JSONField(default=dict, blank=True)

    objects: ClassVar[TenantManager] = TenantManager.over(CompanyQuerySet)

    class Meta(ClientOwned.Meta):
        verbose_name_plural = "companies"
        constraints = (
            models.CheckConstraint(condition=~Q(name=""), name="company_has_a_name"),
            models.UniqueConstraint(
                "agency",
                "client",
                Lower("domain"),
                condition=~Q(domain=""),
                name="company_domain_once_per_client",
            ),
        )
        indexes = (models.Index("agency", "client", Lower("name"), name="company_name"),)

    def __str__(self) -> str:
        return self.name


class SignalQuerySet(TenantQuerySet):
    def newest_first(self) -> "SignalQuerySet":
        return self.order_by("-occurred_at", "-pk")

    def fresh(self) -> "SignalQuerySet":
        """Those that nobody has dismissed, the newest first."""
        return self.filter(seen_at=None).newest_first()


class Signal(ClientOwned):
    """News about a person or their company that makes a good reason to call."""

    class Kind(models.TextChoices):
        SOCIAL_POST = "social_post", "Social post"
        JOB_CHANGE = "job_change", "New job"
        HIRING = "hiring", "Hiring"
        FUNDING = "funding", "Funding"
        INTENT = "intent", "Interest shown"
        OTHER = "other", "Other news"

    lead = TenantForeignKey("crm.Lead", null=True, blank=True, related_name="signals")
    company = TenantForeignKey(Company, null=True, blank=True, related_name="signals")
    kind = models.CharField(max_length=20, choices=Kind, default=Kind.OTHER)
    summary = models.CharField(max_length=500)
    url = models.URLField(max_length=500, blank=True)
    payload = models.JSONField(default=dict, blank=True)
    occurred_at = models.DateTimeField()
    seen_at = models.DateTimeField(null=True, blank=True)
    seen_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")

    objects: ClassVar[TenantManager] = TenantManager.over(SignalQuerySet)

    class Meta(ClientOwned.Meta):
        constraints = (
            models.CheckConstraint(
                condition=Q(lead__isnull=False) | Q(company__isnull=False), name="signal_is_about_somebody"
            ),
        )
        indexes = (
            models.Index(fields=("agency", "client", "lead", "-occurred_at"), name="signal_of_lead"),
            models.Index(fields=("agency", "client", "company", "-occurred_at"), name="signal_of_company"),
        )

    def __str__(self) -> str:
        return self.summary[:60]
