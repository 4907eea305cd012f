from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone

from accounts.models.tenants import Client
from accounts.roles import AGENCY_ROLES, CLIENT_ROLES, Role
from accounts.tenancy import AgencyOwned, ClientOwned, TenantForeignKey
from lib.uuid7 import uuid7

LONGEST_EMAIL = 254


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save()
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        return self.create_user(email, password, is_superuser=True, **fields)

    def by_address(self, email: str) -> "User | None":
        """Who signs in with ``email``, in whatever case; None also for what can be nobody's address."""
        if "\0" in email or len(email) > LONGEST_EMAIL:
            return None
        return self.filter(email__iexact=email.strip()).first()

    def get_by_natural_key(self, email: str | None) -> "User":
        return self.get(email__iexact=email)


class User(AbstractBaseUser, PermissionsMixin):
    """A human. What they may do is in their memberships; one login serves any number of clients."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    email = models.EmailField(max_length=LONGEST_EMAIL, unique=True)
    first_name = models.CharField(max_length=100, blank=True)
    last_name = models.CharField(max_length=100, blank=True)
    display_name = models.CharField(max_length=200, blank=True)
    timezone = models.CharField(max_length=64, blank=True)  # blank: the client's, else the agency's
    preferences = models.JSONField(default=dict, blank=True)
    avatar = models.FileField(upload_to="avatars/", blank=True)  # served only through a view
    is_active = models.BooleanField(default=True)
    auth_provider = models.CharField(max_length=20, default="password")  # how they last signed in
    email_verified_at = models.DateTimeField(null=True, blank=True)
    password_changed_at = models.DateTimeField(null=True, blank=True)
    login_count = models.PositiveIntegerField(default=0)
    failed_login_count = models.PositiveIntegerField(default=0)  # since the last sign-in
    locked_until = models.DateTimeField(null=True, blank=True)
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
