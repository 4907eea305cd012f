from typing import ClassVar, Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from accounts.models import Agency, Client, User
from accounts.tenancy import TenantForeignKey, TenantManager, TenantQuerySet, Timestamped, UnscopedManager


class SuppressionQuerySet(TenantQuerySet):
    def newest_first(self) -> Self:
        return self.order_by("-created_at", "-pk")


class Suppression(Timestamped):
    """Somebody who must not be contacted: platform-wide (no agency), agency-wide (no client), or by one client.

    It is found by ``value_hash``, a keyed digest of the normalised value. An erased person leaves the digest alone
    behind, so that nobody contacts them again and nobody reads who they were.
    """

    class Kind(models.TextChoices):
        EMAIL = "email", "E-mail address"
        PHONE = "phone", "Phone number"
        DOMAIN = "domain", "Whole domain"
        LINKEDIN = "linkedin", "LinkedIn profile"

    class Reason(models.TextChoices):
        DO_NOT_CONTACT = "do_not_contact", "Asked not to be contacted"
        UNSUBSCRIBED = "unsubscribed", "Unsubscribed"
        OPTED_OUT = "opted_out", "Opted out"
        HARD_BOUNCE = "hard_bounce", "Address does not exist"
        COMPLAINT = "complaint", "Reported as spam"
        INVALID = "invalid", "Not a valid address"
        ERASED = "erased", "Erased on request"
        IMPORTED = "imported", "From an imported list"
        MANUAL = "manual", "Added by hand"

    agency = models.ForeignKey(
        Agency, models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    client = TenantForeignKey(Client, null=True, blank=True, related_name="+", db_index=False)
    kind = models.CharField(max_length=10, choices=Kind)
    value = models.CharField(max_length=320, blank=True)  # normalised; blank once the person is erased
    value_hash = models.CharField(max_length=64)
    channels = ArrayField(models.CharField(max_length=10), null=True, blank=True)  # null: every channel
    reason = models.CharField(max_length=20, choices=Reason, default=Reason.MANUAL)
    source = models.CharField(max_length=40, default="manual")  # disposition, import, bounce, form, api, …
    sticky = models.BooleanField(default=False)  # can't be taken away in the product
    note = models.CharField(max_length=300, blank=True)
    added_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    expires_at = models.DateTimeField(null=True, blank=True)

    client_lookup = "client_id"
    unscoped = UnscopedManager()
    objects: ClassVar[TenantManager] = TenantManager.over(SuppressionQuerySet)

    class Meta:
        base_manager_name = "unscoped"
        default_manager_name = "unscoped"
        constraints = (
            models.UniqueConstraint(
                fields=("agency", "client", "kind", "value_hash"),
                name="suppressed_once_per_scope",
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                condition=Q(agency__isnull=False) | Q(client=None), name="suppression_of_client_has_agency"
            ),
        )
        indexes = (
            models.Index(fields=("value_hash",), name="suppression_hash"),
            models.Index(fields=("agency", "client", "-created_at", "-id"), name="suppression_newest"),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.value or 'erased'}"


class DigestKey(models.Model):
    """The key under which values are digested, sealed by the key ring. There is one row.

    It never changes, as no digest could be made anew for a person whose address is gone: turning the ring over seals
    it again and leaves every digest as it is.
    """

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    sealed = models.TextField()

    class Meta:
        constraints = (models.CheckConstraint(condition=Q(id=1), name="digest_key_is_one"),)

    def __str__(self) -> str:
        return "Key of the digests"
