from typing import ClassVar, Self

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Concat, Lower

from accounts.models import User
from accounts.tenancy import ClientOwned, TenantForeignKey, TenantManager, TenantQuerySet

HUES = ("gray", "blue", "teal", "green", "lime", "amber", "orange", "red", "pink", "violet")
HUE_CHOICES = [(hue, hue.capitalize()) for hue in HUES]


class PipelineStage(ClientOwned):
    """A step of a client's own pipeline, in order of ``position``."""

    name = models.CharField(max_length=80)
    hue = models.CharField(max_length=10, choices=HUE_CHOICES, default="gray")
    position = models.PositiveSmallIntegerField()
    is_won_stage = models.BooleanField(default=False)
    is_lost_stage = models.BooleanField(default=False)

    class Meta(ClientOwned.Meta):
        ordering = ("position", "name")
        constraints = (
            models.UniqueConstraint("agency", "client", Lower("name"), name="stage_name_once_per_client"),
            models.CheckConstraint(
                condition=~Q(is_won_stage=True, is_lost_stage=True), name="stage_not_won_and_lost"
            ),
        )

    def __str__(self) -> str:
        return self.name


class Tag(ClientOwned):
    name = models.CharField(max_length=60)
    hue = models.CharField(max_length=10, choices=HUE_CHOICES, default="gray")

    class Meta(ClientOwned.Meta):
        ordering = ("name",)
        constraints = (
            models.UniqueConstraint("agency", "client", Lower("name"), name="tag_name_once_per_client"),
        )

    def __str__(self) -> str:
        return self.name


class LeadQuerySet(TenantQuerySet):
    def with_number(self, e164: str) -> Self:
        """People who called from ``e164``, longest known first. Families and front desks share numbers."""
        return self.filter(phone_e164=e164, archived_at=None).order_by("created_at", "pk")

    def recently_active(self) -> Self:
        return self.filter(archived_at=None).order_by(F("last_call_at").desc(nulls_last=True), "-pk")


class Lead(ClientOwned):
    """A person known to one client."""

    class Source(models.TextChoices):
        CTM = "ctm", "Tracked call"
        MANUAL = "manual", "Added by hand"

    first_name = models.CharField(max_length=100, blank=True)
    last_name = models.CharField(max_length=100, blank=True)
    display_name = models.CharField(max_length=200, blank=True)
    email = models.EmailField(blank=True)
    phone = models.CharField(max_length=40, blank=True)  # as given
    phone_e164 = models.CharField(max_length=20, blank=True)
    city = models.CharField(max_length=100, blank=True)
    state = models.CharField(max_length=60, blank=True)
    source = models.CharField(max_length=20, choices=Source, default=Source.CTM)
    stage = TenantForeignKey(PipelineStage, null=True, blank=True, related_name="leads")
    owner = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    last_call_at = models.DateTimeField(null=True, blank=True)
    archived_at = models.DateTimeField(null=True, blank=True)
    search_text = models.GeneratedField(
        expression=Lower(Concat(Value(" "), F("display_name"), Value(" "), F("phone_e164"))),
        output_field=models.TextField(),
        db_persist=True,
    )

    objects: ClassVar[TenantManager] = TenantManager.over(LeadQuerySet)

    class Meta(ClientOwned.Meta):
        constraints = (
            models.UniqueConstraint(
                "agency",
                "client",
                Lower("email"),
                condition=~Q(email="") & Q(archived_at=None),
                name="lead_email_once_per_client",
            ),
        )
        indexes = (
            models.Index(fields=("agency", "client", "phone_e164"), name="lead_phone"),
            models.Index(
                F("agency"),
                F("client"),
                F("last_call_at").desc(nulls_last=True),
                F("id").desc(),
                name="lead_recent",
            ),
            GinIndex(
                OpClass("agency", "uuid_ops"), OpClass("search_text", "gin_trgm_ops"), name="lead_search"
            ),
        )

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        return self.display_name or self.phone or self.email or "Unknown caller"


class LeadTag(ClientOwned):
    lead = TenantForeignKey(Lead, on_delete=models.CASCADE, related_name="lead_tags")
    tag = TenantForeignKey(Tag, on_delete=models.CASCADE, related_name="lead_tags")

    class Meta(ClientOwned.Meta):
        constraints = (
            models.UniqueConstraint(fields=("agency", "client", "lead", "tag"), name="lead_tag_once"),
        )

    def __str__(self) -> str:
        return f"{self.tag_id} on {self.lead_id}"
