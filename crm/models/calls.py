from datetime import datetime, timedelta
from typing import ClassVar, Self
from uuid import UUID

from django.db import models
from django.db.models import F, Q
from django.db.models.fields.tuple_lookups import TupleGreaterThan, TupleLessThan

from accounts.models import Client, User
from accounts.tenancy import ClientOwned, TenantForeignKey, TenantManager, TenantQuerySet
from crm.classification.categories import LABELS
from crm.dispositions import MEETING_BOOKED
from crm.models.leads import Lead, Tag

SOUND_COMES_WITHIN = timedelta(hours=1)
CATEGORIES = list(LABELS.items())
RATINGS = [(n, f"{n} star{'s' if n > 1 else ''}") for n in range(1, 6)]


class Verdict(models.TextChoices):
    """Who said so."""

    AI = "ai", "AI"
    RULE = "rule", "Rules"
    HUMAN = "human", "A person"
    CTM = "ctm", "CallTrackingMetrics"


class CallQuerySet(TenantQuerySet):
    def newest_first(self) -> Self:
        return self.order_by("-started_at", "-pk")

    def older_than(self, started_at: datetime, pk: UUID) -> Self:
        """Calls after (``started_at``, ``pk``) in newest-first order."""
        return self.filter(TupleLessThan((F("started_at"), F("id")), (started_at, pk)))

    def newer_than(self, started_at: datetime, pk: UUID) -> Self:
        return self.filter(TupleGreaterThan((F("started_at"), F("id")), (started_at, pk)))

    def unread(self) -> Self:
        return self.filter(seen_at=None)

    def meetings_since(self, moment: datetime) -> Self:
        """Calls that ended with a meeting, said at ``moment`` or later; the latest first."""
        booked = self.filter(disposition=MEETING_BOOKED, disposed_at__gte=moment)
        return booked.order_by("-disposed_at", "-pk")


class Call(ClientOwned):
    """Something that happened between a caller and a client: a phone call, and the texts and forms beside it."""

    class Source(models.TextChoices):
        CTM = "ctm", "CallTrackingMetrics"
        GHL = "ghl", "GoHighLevel"
        TELNYX = "telnyx", "Voice agent"
        MANUAL = "manual", "Logged by hand"
        FORM = "form", "Web form"
        IMPORT = "import", "Imported"

    class Kind(models.TextChoices):
        CALL = "call", "Call"
        TEXT = "text", "Text message"
        FORM = "form", "Web form"
        CHAT = "chat", "Chat"
        OTHER = "other", "Other activity"

    class Direction(models.TextChoices):
        INBOUND = "inbound", "Inbound"
        OUTBOUND = "outbound", "Outbound"

    class CallerType(models.TextChoices):
        NEW = "new", "New caller"
        REPEAT = "repeat", "Repeat caller"
        RETURNING = "returning_customer", "Returning customer"

    lead = TenantForeignKey(Lead, null=True, blank=True, related_name="calls")
    campaign = TenantForeignKey("crm.Campaign", null=True, blank=True, related_name="calls")
    customer = TenantForeignKey("crm.Customer", null=True, blank=True, related_name="calls")
    source = models.CharField(max_length=20, choices=Source, default=Source.CTM)
    external_id = models.CharField(max_length=100)
    external_sid = models.CharField(max_length=100, blank=True)  # CTM addresses recordings by it
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.CALL)
    direction = models.CharField(max_length=10, choices=Direction)
    from_number = models.CharField(max_length=40, blank=True)  # as given; may be no number at all
    from_e164 = models.CharField(max_length=20, blank=True)
    to_number = models.CharField(max_length=40, blank=True)
    phone_number = models.CharField(max_length=40, blank=True)  # as dialed by one of us
    called_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    disposition = models.CharField(max_length=40, blank=True)  # the nine words; old data may hold others
    disposed_at = models.DateTimeField(null=True, blank=True)
    booked_elsewhere = models.CharField(max_length=200, blank=True)  # where the meeting stands, if not here
    tracking_label = models.CharField(max_length=200, blank=True)
    caller_name = models.CharField(max_length=200, blank=True)
    started_at = models.DateTimeField()
    duration_seconds = models.PositiveIntegerField(default=0)
    talk_seconds = models.PositiveIntegerField(default=0)  # conversation alone, without ringing
    status = models.CharField(max_length=30, blank=True)  # the vendor's word, in small letters with hyphens
    answered = models.BooleanField(null=True)
    rating = models.PositiveSmallIntegerField(null=True, blank=True, choices=RATINGS)
    rating_by = models.CharField(max_length=10, choices=Verdict, blank=True)
    rated_at = models.DateTimeField(null=True, blank=True)
    ctm_rating = models.PositiveSmallIntegerField(null=True, blank=True)  # the stars CTM last showed us
    caller_type = models.CharField(max_length=20, choices=CallerType, default=CallerType.NEW)
    call_sequence = models.PositiveIntegerField(default=1)  # nth call of this number to this client
    category = models.CharField(max_length=20, choices=CATEGORIES, default="unreviewed")
    category_by = models.CharField(max_length=10, choices=Verdict, default=Verdict.RULE)
    summary = models.TextField(blank=True)
    ai_summary = models.JSONField(default=dict, blank=True)
    vendor_source = models.CharField(max_length=200, blank=True)  # attribution, such as Google Ads
    recording_url = models.URLField(max_length=500, blank=True)  # the vendor's; never shown to a browser
    recording = models.FileField(upload_to="recordings/", max_length=200, blank=True)
    transcript = models.TextField(blank=True)
    transcript_turns = models.JSONField(default=list, blank=True)  # [{speaker, text, start_s}]
    transcript_url = models.URLField(max_length=500, blank=True)
    notes = models.TextField(blank=True)  # the vendor's notes field
    redacted = models.BooleanField(default=False)  # by the vendor: recording and transcript stay hidden
    seen_at = models.DateTimeField(null=True, blank=True)  # when somebody of the agency first opened it
    seen_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    raw = models.JSONField(default=dict)  # the vendor's payload; never loaded by lists
    content_hash = models.CharField(
        max_length=64, blank=True
    )  # of ``raw``: an unchanged call is not written again

    objects: ClassVar[TenantManager] = TenantManager.over(CallQuerySet)

    class Meta(ClientOwned.Meta):
        constraints = (
            models.UniqueConstraint(
                fields=("agency", "client", "source", "external_id"), name="call_once_per_client"
            ),
            models.CheckConstraint(
                condition=Q(rating=None) | Q(rating__range=(1, 5)), name="call_rating_range"
            ),
            models.CheckConstraint(
                condition=~Q(category="converted") | Q(category_by=Verdict.HUMAN),
                name="call_converted_by_human",
            ),
        )
        indexes = (
            models.Index(fields=("agency", "-started_at", "-id"), name="call_newest"),
            models.Index(fields=("agency", "client", "-started_at", "-id"), name="call_client"),
            models.Index(fields=("agency", "category", "-started_at", "-id"), name="call_category"),
            models.Index(
                fields=("agency", "client", "category", "-started_at", "-id"), name="call_client_category"
            ),
            models.Index(
                fields=("agency", "client", "-started_at", "-id"),
                name="call_unread",
                condition=Q(seen_at=None),
            ),
            models.Index(fields=("agency", "lead", "-started_at", "-id"), name="call_lead"),
            models.Index(fields=("agency", "client", "from_e164", "started_at"), name="call_number"),
            models.Index(
                fields=("agency", "client", "to_number"),
                name="call_dialled",
                condition=Q(direction="outbound"),
            ),
            models.Index(  # the two that a client's figures are counted from
                fields=("agency", "client", "direction", "-started_at"),
                name="call_message",
                condition=Q(kind__in=("text", "chat")),
            ),
            models.Index(
                fields=("agency", "client", "disposition", "-started_at"),
                name="call_outcome",
                condition=Q(kind="call") & ~Q(disposition=""),
            ),
            models.Index(
                fields=("agency", "campaign", "-started_at"),
                name="call_campaign",
                condition=Q(campaign__isnull=False),
            ),
            models.Index(
                fields=("agency", "client", "customer", "-started_at"),
                name="call_customer",
                condition=Q(customer__isnull=False),
            ),
            models.Index(
                fields=("agency", "-disposed_at"),
                name="call_meeting",
                condition=Q(disposition=MEETING_BOOKED),
            ),
        )

    @property
    def their_number(self) -> str:
        """The other side's, dialled or calling: E.164, or as it was typed; "" when there was none to be seen."""
        # In calls of a tracker ``to_number`` is ours.
        return self.from_e164 or (self.to_number if self.phone_number else "")

    def __str__(self) -> str:
        return f"{self.get_kind_display()} from {self.caller}"

    @property
    def caller(self) -> str:
        """The best name there is, without asking the database."""
        return self.caller_name or (self.from_number.lstrip("+ ") and self.from_number) or "No caller ID"

    @property
    def has_recording(self) -> bool:
        return bool(self.recording or self.recording_url) and not self.redacted

    def awaits_sound(self, now: datetime) -> bool:
        """Whether a recording may come yet, in the next minutes. It comes before the transcript."""
        spoken = self.kind == self.Kind.CALL and self.answered is not False
        vendors = (self.Source.CTM, self.Source.GHL)
        young = timedelta(0) <= now - self.started_at < SOUND_COMES_WITHIN
        here = self.has_recording or self.transcript or self.redacted
        return spoken and young and self.source in vendors and not here


class CallClassification(ClientOwned):
    """One verdict on one call. History: rows are added, never changed; the newest human one wins, else the newest."""

    call = TenantForeignKey(Call, on_delete=models.CASCADE, related_name="classifications")
    by = models.CharField(max_length=10, choices=Verdict)
    actor = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    category = models.CharField(max_length=20, choices=CATEGORIES)
    rating = models.PositiveSmallIntegerField(null=True, blank=True)
    summary = models.TextField(blank=True)
    confidence = models.FloatField(null=True, blank=True)  # 0 to 1; null for a person
    evidence = models.JSONField(default=list, blank=True)  # [{quote, start_s}], quotes are exact
    reason = models.CharField(max_length=300, blank=True)
    version = models.CharField(max_length=40, blank=True)  # of the rules or the prompt

    class Meta(ClientOwned.Meta):
        constraints = (
            models.CheckConstraint(
                condition=~Q(category="converted") | Q(by=Verdict.HUMAN), name="converted_is_said_by_humans"
            ),
        )
        indexes = (
            models.Index(fields=("agency", "client", "call", "-created_at"), name="classification_of"),
        )

    def __str__(self) -> str:
        return f"{self.category} by {self.by}"


class ClassificationPolicy(ClientOwned):
    """How one client's calls are judged."""

    client = TenantForeignKey(Client, related_name="classification_policies")
    ai_prompt = models.TextField(blank=True)
    auto_star_enabled = models.BooleanField(default=True)  # a machine's category brings its stars along

    class Meta(ClientOwned.Meta):
        verbose_name_plural = "classification policies"
        constraints = (
            models.UniqueConstraint(fields=("agency", "client"), name="classification_policy_once"),
        )

    def __str__(self) -> str:
        return f"Policy of {self.client_id}"


class CallTag(ClientOwned):
    call = TenantForeignKey(Call, on_delete=models.CASCADE, related_name="call_tags")
    tag = TenantForeignKey(Tag, on_delete=models.CASCADE, related_name="call_tags")

    class Meta(ClientOwned.Meta):
        constraints = (
            models.UniqueConstraint(fields=("agency", "client", "call", "tag"), name="call_tag_once"),
        )

    def __str__(self) -> str:
        return f"{self.tag_id} on {self.call_id}"
