from typing import Any, ClassVar, Self
from uuid import UUID

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import F, Func, Q, Value
from django.db.models.fields.tuple_lookups import TupleGreaterThan
from django.db.models.functions import Cast, Concat, Lower, NullIf

from accounts.models import User
from accounts.tenancy import ClientOwned, TenantForeignKey, TenantManager, TenantQuerySet
from crm.models.companies import Company

# A name is sorted as if it had no accents: what the database knows of letters ends with their case.
ACCENTED = "àáâãäåāăąçćčďđèéêëēęěğìíîïīıłľĺñńňòóôõöøōőŕřśšşťţùúûüūůűýÿźżžßæœ"
PLAIN = "aaaaaaaaacccddeeeeeeegiiiiiilllnnnoooooooorrsssttuuuuuuuyyzzzsao"
HUES = ("gray", "blue", "teal", "green", "lime", "amber", "orange", "red", "pink", "violet")
HUE_CHOICES = [(hue, hue.capitalize()) for hue in HUES]


ORDERS: dict[str, tuple[Any, ...]] = {
    "created": (F("created_at").desc(), F("id").desc()),
    "by_name": (F("sort_name"), F("id")),
    "by_score": (F("score").desc(nulls_last=True), F("id").desc()),
    "by_value": (F("sort_value").desc(nulls_last=True), F("id").desc()),
}


class PipelineStage(ClientOwned):
    """A step of a client's own pipeline, in order of ``position``."""

    name = models.CharField(max_length=80)
    hue = models.CharField(max_length=10, choices=HUE_CHOICES, default="gray")
    position = models.PositiveSmallIntegerField()
    is_won_stage = models.BooleanField(default=False)
    is_lost_stage = models.BooleanField(default=False)
    chance = models.PositiveSmallIntegerField(null=True, blank=True)  # per cent of the leads here that buy
    rests_after_days = models.PositiveSmallIntegerField(
        null=True, blank=True
    )  # then a lead counts as forgotten

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

    def after_on_board(self, rank: str, pk: UUID) -> Self:
        """People below (``rank``, ``pk``) in the order of their stage."""
        return self.order_by("board_rank", "pk").filter(
            TupleGreaterThan((F("board_rank"), F("id")), (rank, pk))
        )

    def recently_active(self) -> Self:
        return self.filter(archived_at=None).order_by(F("last_call_at").desc(nulls_last=True), "-pk")


class Lead(ClientOwned):
    """A person known to one client."""

    class Source(models.TextChoices):
        CTM = "ctm", "Tracked call"
        MANUAL = "manual", "Added by hand"
        IMPORT = "import", "Imported"
        FORM = "form", "Web form"
        BOOKING = "booking", "Booking"
        VOICE_AGENT = "voice_agent", "Voice agent"
        GHL = "ghl", "GoHighLevel"
        API = "api", "API"
        POOL = "pool", "Lead pool"
        ZOOMINFO = "zoominfo", "ZoomInfo"
        APOLLO = "apollo", "Apollo"
        CLEARBIT = "clearbit", "Clearbit"
        WEBSITE_VISITOR = "website_visitor", "Website visitor"

    class Status(models.TextChoices):
        NEW = "new", "New"
        ENRICHED = "enriched", "Enriched"
        SCORED = "scored", "Scored"
        IN_SEQUENCE = "in_sequence", "In a sequence"
        CONTACTED = "contacted", "Contacted"
        REPLIED = "replied", "Replied"
        CONVERTED = "converted", "Converted"
        DISQUALIFIED = "disqualified", "Disqualified"

    class Sentiment(models.TextChoices):
        POSITIVE = "positive", "Positive"
        NEUTRAL = "neutral", "Neutral"
        NEGATIVE = "negative", "Negative"

    class EmailStatus(models.TextChoices):
        VERIFIED = "verified", "Verified"
        GUESSED = "guessed", "Guessed"
        INVALID = "invalid", "Does not exist"
        CATCH_ALL = "catch_all", "Accepts everything"
        UNKNOWN = "unknown", "Not checked"

    first_name = models.CharField(max_length=100, blank=True)
    last_name = models.CharField(max_length=100, blank=True)
    display_name = models.CharField(max_length=200, blank=True)
    email = models.EmailField(blank=True)
    email_status = models.CharField(max_length=10, choices=EmailStatus, default=EmailStatus.UNKNOWN)
    phone = models.CharField(max_length=40, blank=True)  # as given
    phone_e164 = models.CharField(max_length=20, blank=True)
    phone_is_wrong = models.BooleanField(default=False)  # somebody else answers there
    company = TenantForeignKey(Company, null=True, blank=True, related_name="leads")
    company_name = models.CharField(max_length=200, blank=True)  # as given; the search reads it
    title = models.CharField(max_length=160, blank=True)
    seniority = models.CharField(max_length=60, blank=True)
    linkedin_url = models.CharField(max_length=300, blank=True)
    industry = models.CharField(max_length=100, blank=True)
    location = models.CharField(max_length=200, blank=True)
    city = models.CharField(max_length=100, blank=True)
    state = models.CharField(max_length=60, blank=True)
    country = models.CharField(max_length=60, blank=True)
    timezone = models.CharField(max_length=64, blank=True)  # "": worked out from number or client
    source = models.CharField(max_length=20, choices=Source, default=Source.CTM)
    external_ref = models.CharField(max_length=120, blank=True)  # their id in the system they came from
    attribution = models.JSONField(
        default=dict, blank=True
    )  # source, medium, campaign, keyword, landing_page, gclid
    status = models.CharField(
        max_length=12, choices=Status, default=Status.NEW
    )  # as ``lead_status`` works it out
    status_by_hand = models.CharField(
        max_length=12, choices=Status, blank=True
    )  # converted or disqualified alone
    sentiment = models.CharField(max_length=10, choices=Sentiment, blank=True)
    category = models.CharField(max_length=20, blank=True)  # of the newest call
    stage = TenantForeignKey(PipelineStage, null=True, blank=True, related_name="leads")
    stage_entered_at = models.DateTimeField(null=True, blank=True)
    board_rank = models.CharField(max_length=60, blank=True, db_collation="C")  # order within the stage
    lost_reason = models.CharField(max_length=200, blank=True)
    value = models.DecimalField(
        max_digits=10, decimal_places=2, null=True, blank=True
    )  # expected, in ``currency``
    currency = models.CharField(max_length=3, default="USD")
    owner = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    score = models.PositiveSmallIntegerField(
        null=True, blank=True
    )  # 0 to 100; the override where there is one
    tier = models.CharField(max_length=10, blank=True)
    scored_at = models.DateTimeField(null=True, blank=True)
    deep_research_data = models.JSONField(default=dict, blank=True)
    deep_research_run_at = models.DateTimeField(null=True, blank=True)
    enrichment_data = models.JSONField(default=dict, blank=True)
    notes = models.TextField(blank=True)
    first_inbound_at = models.DateTimeField(null=True, blank=True)  # the speed-to-lead clock starts
    first_response_at = models.DateTimeField(null=True, blank=True)  # and stops
    last_call_at = models.DateTimeField(null=True, blank=True)
    merged_into = TenantForeignKey("self", null=True, blank=True, related_name="+")
    archived_at = models.DateTimeField(null=True, blank=True)
    erased_at = models.DateTimeField(null=True, blank=True)
    search_text = models.GeneratedField(
        expression=Lower(
            Concat(
                Value(" "), F("display_name"), Value(" "), F("phone_e164"), Value(" "), F("email"),
                Value(" "), F("company_name"), output_field=models.TextField(),
            )
        ),
        output_field=models.TextField(),
        db_persist=True,
    )  # fmt: skip

    # What lists are ordered by. Behind row-level security neither a function nor a decimal is looked up in an index.
    sort_name = models.GeneratedField(
        expression=NullIf(
            Func(Lower("display_name"), Value(ACCENTED), Value(PLAIN), function="TRANSLATE"), Value("")
        ),
        output_field=models.TextField(null=True),
        db_persist=True,
    )
    sort_value = models.GeneratedField(
        expression=Cast(F("value") * 100, models.BigIntegerField()),
        output_field=models.BigIntegerField(null=True),  # in cents
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
            models.CheckConstraint(
                condition=Q(status_by_hand__in=("", "converted", "disqualified")),
                name="lead_status_by_hand",
            ),
            models.CheckConstraint(
                condition=Q(score=None) | Q(score__range=(0, 100)), name="lead_score_range"
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
            models.Index(
                F("agency"),
                F("last_call_at").desc(nulls_last=True),
                F("id").desc(),
                name="lead_recent_in_agency",
                condition=Q(archived_at=None),
            ),
            *(
                models.Index(*scope, *order, name=f"lead_{name}{suffix}", condition=Q(archived_at=None))
                for name, order in ORDERS.items()
                for suffix, scope in (("", ("agency", "client")), ("_in_agency", ("agency",)))
            ),
            models.Index(
                fields=("agency", "client", "stage", "board_rank", "id"),
                name="lead_board",
                condition=Q(archived_at=None),
            ),
            models.Index(
                F("agency"),
                F("client"),
                F("status"),
                F("last_call_at").desc(nulls_last=True),
                F("id").desc(),
                name="lead_status",
                condition=Q(archived_at=None),
            ),
            models.Index(
                fields=("agency", "client", "-created_at"),
                name="lead_positive",
                condition=Q(archived_at=None, sentiment="positive"),
            ),
            models.Index(
                fields=("agency", "client", "linkedin_url"),
                name="lead_linkedin",
                condition=~Q(linkedin_url=""),
            ),
            models.Index(
                fields=("agency", "client", "external_ref"),
                name="lead_external",
                condition=~Q(external_ref=""),
            ),
            models.Index(
                F("agency"),
                F("client"),
                Lower("email"),
                name="lead_email_in_archive",
                condition=~Q(email="") & Q(archived_at__isnull=False),
            ),
            models.Index(
                fields=("agency", "client", "company"),
                name="lead_company",
                condition=Q(company__isnull=False),
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
