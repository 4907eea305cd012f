from typing import ClassVar, Self

from django.db import models
from django.db.models import F, Q

from accounts.models import User
from accounts.tenancy import ClientOwned, TenantForeignKey, TenantManager, TenantQuerySet
from crm.models.leads import Lead


class ScoringModel(ClientOwned):
    """The weights that scores of one client are added up with. A change is a new version; old ones stay."""

    version = models.PositiveIntegerField()
    weights = models.JSONField()
    learned_from = models.JSONField(default=dict, blank=True)
    made_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta(ClientOwned.Meta):
        constraints = (
            models.UniqueConstraint(fields=("agency", "client", "version"), name="scoring_version_once"),
        )

    def __str__(self) -> str:
        return f"Weights {self.version}"


class LeadScoreQuerySet(TenantQuerySet):
    def in_force(self) -> Self:
        """The row that each lead's score stands on. The lead names it by its time; of one time the later counts.

        Rows that came along from somebody merged into a lead are its history, and not in force.
        """
        rows = self.filter(scored_at=F("lead__scored_at"))
        return rows.order_by("lead_id", "-pk").distinct("lead_id")


class LeadScore(ClientOwned):
    """One score as arithmetic: the points of ``components`` add up to ``total``. History; rows are never changed."""

    lead = TenantForeignKey(Lead, on_delete=models.CASCADE, related_name="scores")
    total = models.PositiveSmallIntegerField()  # 0 to 100, what the weights say
    tier = models.CharField(max_length=10)
    components = models.JSONField()  # [{"factor", "points", "why"}]
    weights_version = models.PositiveIntegerField()  # 0: the product's own
    override = models.PositiveSmallIntegerField(null=True, blank=True)  # a person's number, beside the sum
    reason = models.CharField(max_length=300, blank=True)
    scored_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    scored_at = models.DateTimeField()

    objects: ClassVar[TenantManager] = TenantManager.over(LeadScoreQuerySet)

    class Meta(ClientOwned.Meta):
        constraints = (
            models.CheckConstraint(condition=Q(total__range=(0, 100)), name="score_range"),
            models.CheckConstraint(
                condition=Q(override=None) | Q(override__range=(0, 100)), name="score_override_range"
            ),
        )
        indexes = (models.Index(fields=("agency", "client", "lead", "-scored_at"), name="scores_of_lead"),)

    def __str__(self) -> str:
        return f"{self.total} {self.scored_at:%Y-%m-%d}"

    @property
    def number(self) -> int:
        """The one that counts: a person's where there is one, else the sum."""
        return self.total if self.override is None else self.override


class ScoreDue(ClientOwned):
    """A lead about whom something has changed that scores count. The database writes these itself (see the migration),
    so that no writer of a fact can forget to; whoever scores the lead takes them away.
    """

    lead_id = models.UUIDField()  # no reference: the lead may be gone by then
    due_at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)

    class Meta(ClientOwned.Meta):
        verbose_name_plural = "scores due"
        indexes = (
            models.Index(fields=("due_at", "id"), name="score_due"),
            models.Index(fields=("agency", "client", "lead_id"), name="score_due_of_lead"),
        )

    def __str__(self) -> str:
        return f"{self.lead_id} since {self.due_at:%Y-%m-%d %H:%M}"


class ScoringRound(ClientOwned):
    """How far the walk over all leads of a client has come: once a day, because time counts, and after new weights."""

    due_at = models.DateTimeField()
    after = models.UUIDField(null=True, blank=True)  # the last lead of the round that is under way
    began_at = models.DateTimeField(null=True, blank=True)
    done_at = models.DateTimeField(null=True, blank=True)  # when a round last came to its end

    class Meta(ClientOwned.Meta):
        constraints = (models.UniqueConstraint(fields=("agency", "client"), name="scoring_round_once"),)
        indexes = (models.Index(fields=("due_at",), name="scoring_round_due"),)

    def __str__(self) -> str:
        return f"Round of {self.client_id}"
