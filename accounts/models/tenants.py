from django.contrib.postgres.fields import ArrayField
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Length, Trim

from accounts.tenancy import AgencyOwned, ClientOwned, TenantForeignKey, Timestamped

SLUG = RegexValidator(r"^[a-z0-9-]+$", "Use small letters, digits and hyphens.")
models.CharField.register_lookup(Length)
models.CharField.register_lookup(Trim)


def not_blank(field: str, name: str) -> models.CheckConstraint:
    return models.CheckConstraint(condition=Q(**{f"{field}__trim__length__gt": 0}), name=name)


class Agency(Timestamped):
    """The root of a tenant. Reached through ``request.principal`` or by the platform, never listed."""

    class Status(models.TextChoices):
        ACTIVE = "active", "Active"
        INACTIVE = "inactive", "Inactive"

    name = models.CharField(max_length=200)
    slug = models.CharField(max_length=80, unique=True, validators=[SLUG])
    timezone = models.CharField(max_length=64, default="America/New_York")
    branding = models.JSONField(default=dict, blank=True)  # {"brand": "#4c5bd4", "glyph": "flower"}
    settings = models.JSONField(default=dict, blank=True)
    status = models.CharField(max_length=20, choices=Status, default=Status.ACTIVE)

    class Meta:
        verbose_name_plural = "agencies"
        constraints = (
            not_blank("name", "agency_name_not_blank"),
            models.CheckConstraint(condition=Q(slug__regex=r"^[a-z0-9-]+$"), name="agency_slug_format"),
        )

    def __str__(self) -> str:
        return self.name


class Client(AgencyOwned):
    """A business the agency works for. Its own customers are leads and customers, never clients."""

    class Status(models.TextChoices):
        ONBOARDING = "onboarding", "Onboarding"
        ACTIVE = "active", "Active"
        INACTIVE = "inactive", "Inactive"

    class Industry(models.TextChoices):
        MEDICAL = "medical", "Medical"
        HOME_SERVICE = "home_service", "Home service"
        FOOD_SERVICE = "food_service", "Food service"
        OTHER = "other", "Other"

    name = models.CharField(max_length=200)
    slug = models.CharField(max_length=80, validators=[SLUG])
    email = models.EmailField(blank=True)
    phone = models.CharField(max_length=40, blank=True)
    website = models.URLField(blank=True)
    timezone = models.CharField(max_length=64, default="America/New_York")
    status = models.CharField(max_length=20, choices=Status, default=Status.ONBOARDING)
    industry = models.CharField(max_length=20, choices=Industry, default=Industry.OTHER)
    subtype = models.CharField(max_length=40, blank=True)
    settings = models.JSONField(
        default=dict, blank=True
    )  # {"hue": "teal", "glyph": "smile", "country": "US"}
    archived_at = models.DateTimeField(null=True, blank=True)

    client_lookup = "pk"

    class Meta(AgencyOwned.Meta):
        ordering = ("name",)
        constraints = (
            not_blank("name", "client_name_not_blank"),
            models.UniqueConstraint(fields=("agency", "slug"), name="client_slug_once_per_agency"),
        )
        indexes = (models.Index(fields=("agency", "status"), name="client_agency_status"),)

    def __str__(self) -> str:
        return self.name

    @property
    def is_active(self) -> bool:
        return self.status == self.Status.ACTIVE

    @property
    def phone_country(self) -> str:
        """The country whose numbers its people write without a code."""
        return str(self.settings.get("country", "US"))

    @property
    def hue(self) -> str:
        return str(self.settings.get("hue", "gray"))

    @property
    def glyph(self) -> str:
        return str(self.settings.get("glyph", ""))


class ClientProfile(ClientOwned):
    client = TenantForeignKey(Client, on_delete=models.PROTECT, related_name="profiles")
    call_tracking_main_number = models.CharField(max_length=40, blank=True)
    front_desk_emails = ArrayField(models.EmailField(), default=list, blank=True)
    office_admin_name = models.CharField(max_length=200, blank=True)
    office_admin_email = models.EmailField(blank=True)
    office_admin_phone = models.CharField(max_length=40, blank=True)
    form_email_recipients = ArrayField(models.EmailField(), default=list, blank=True)
    communication_preferences = models.JSONField(default=dict, blank=True)
    looker_url = models.URLField(blank=True)
    monthly_revenue_goal = models.DecimalField(max_digits=10, decimal_places=2, null=True, blank=True)
    redaction_days = models.PositiveSmallIntegerField(default=90)
    shares_concerns = models.BooleanField(
        default=False
    )  # whether the agency may read what people told in confidence

    class Meta(ClientOwned.Meta):
        constraints = (models.UniqueConstraint(fields=("agency", "client"), name="client_profile_once"),)

    def __str__(self) -> str:
        return f"Profile of {self.client_id}"
