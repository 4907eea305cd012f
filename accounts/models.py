from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.contrib.postgres.fields import ArrayField
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Length, Lower, Trim
from django.utils import timezone

from accounts.roles import AGENCY_ROLES, CLIENT_ROLES, Role
from accounts.tenancy import (
    AgencyOwned,
    ClientOwned,
    TenantForeignKey,
    TenantManager,
    Timestamped,
    UnscopedManager,
)
from lib.uuid7 import uuid7

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
    settings = models.JSONField(default=dict, blank=True)  # {"hue": "teal", "glyph": "smile"}
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

    class Meta(ClientOwned.Meta):
        constraints = (models.UniqueConstraint(fields=("agency", "client"), name="client_profile_once"),)

    def __str__(self) -> str:
        return f"Profile of {self.client_id}"


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save()
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        return self.create_user(email, password, is_superuser=True, **fields)

    def get_by_natural_key(self, email: str | None) -> "User":
        return self.get(email__iexact=email)


class User(AbstractBaseUser, PermissionsMixin):
    """A human. What they may do is in their memberships; one login serves any number of clients."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    email = models.EmailField(max_length=254, unique=True)
    first_name = models.CharField(max_length=100, blank=True)
    last_name = models.CharField(max_length=100, blank=True)
    display_name = models.CharField(max_length=200, blank=True)
    timezone = models.CharField(max_length=64, blank=True)  # blank: the client's, else the agency's
    preferences = models.JSONField(default=dict, blank=True)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []
    objects = UserManager()

    class Meta:
        constraints = (models.UniqueConstraint(Lower("email"), name="user_email_once"),)

    def __str__(self) -> str:
        return self.email

    @property
    def name(self) -> str:
        return self.display_name or f"{self.first_name} {self.last_name}".strip() or self.email

    @property
    def is_staff(self) -> bool:
        """What Django admin asks. Agency staff are not platform staff."""
        return self.is_superuser


class Membership(AgencyOwned):
    """One role of one person, in the agency or at one client. Rights hold from acceptance until revocation."""

    class ClientAccess(models.TextChoices):
        ALL = "all", "All clients"
        ASSIGNED = "assigned", "Assigned clients"

    class RecordAccess(models.TextChoices):
        ALL = "all", "All records"
        OWN = "own", "Own records"

    user = models.ForeignKey(User, models.PROTECT, related_name="memberships")
    client = TenantForeignKey(
        Client, on_delete=models.PROTECT, related_name="memberships", null=True, blank=True
    )
    role = models.CharField(max_length=20, choices=Role)
    client_access = models.CharField(max_length=10, choices=ClientAccess, default=ClientAccess.ALL)
    record_access = models.CharField(max_length=10, choices=RecordAccess, default=RecordAccess.ALL)
    invited_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    invited_at = models.DateTimeField(default=timezone.now)
    accepted_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta(AgencyOwned.Meta):
        constraints = (
            models.CheckConstraint(
                condition=Q(role__in=AGENCY_ROLES, client__isnull=True)
                | Q(role__in=CLIENT_ROLES, client__isnull=False),
                name="membership_role_matches_client",
            ),
            models.UniqueConstraint(
                fields=("agency", "user", "role"),
                condition=Q(client=None),
                name="membership_agency_role_once",
            ),
            models.UniqueConstraint(
                fields=("agency", "client", "user", "role"), name="membership_client_role_once"
            ),
        )

    def __str__(self) -> str:
        return f"{self.user_id}: {self.get_role_display()}"


class ClientAssignment(ClientOwned):
    """Which clients a person of the agency works for, when their access is ``assigned``."""

    class Kind(models.TextChoices):
        ACCOUNT_MANAGER = "account_manager", "Account manager"
        BDR = "bdr", "Business development rep"
        EDITOR = "editor", "Editor"
        MEMBER = "member", "Member"

    client = TenantForeignKey(Client, on_delete=models.PROTECT, related_name="assignments")
    user = models.ForeignKey(User, models.CASCADE, related_name="assignments")
    kind = models.CharField(max_length=20, choices=Kind, default=Kind.MEMBER)

    class Meta(ClientOwned.Meta):
        constraints = (
            models.UniqueConstraint(
                fields=("agency", "client", "user", "kind"), name="client_assignment_once"
            ),
        )

    def __str__(self) -> str:
        return f"{self.user_id} is {self.get_kind_display()} of {self.client_id}"


class AuditEvent(models.Model):
    """One security-relevant act. Append-only for every role of the database, and chained by hashes within its agency.

    ``seq``, ``prev_hash`` and ``hash`` are the database's own: a trigger sets them, whatever is sent.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    agency = models.ForeignKey(Agency, models.PROTECT, null=True, related_name="+", db_index=False)
    client = TenantForeignKey(Client, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    actor = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", db_index=False)
    on_behalf_of = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", db_index=False)
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
