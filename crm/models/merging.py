from django.contrib.postgres.fields import ArrayField
from django.db import models

from accounts.models import User
from accounts.tenancy import ClientOwned, TenantForeignKey
from crm.models.leads import Lead


class LeadMerge(ClientOwned):
    """One person made of two, and what is needed to make two of them again."""

    kept = TenantForeignKey(Lead, on_delete=models.CASCADE, related_name="merges")
    merged = TenantForeignKey(Lead, on_delete=models.CASCADE, related_name="+")
    before = models.JSONField()  # {"kept": fields as they were, "merged": …}
    moved = models.JSONField()  # {table: [ids that changed hands]}
    merged_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    merged_at = models.DateTimeField()
    undone_at = models.DateTimeField(null=True, blank=True)
    undone_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta(ClientOwned.Meta):
        constraints = (
            models.CheckConstraint(
                condition=~models.Q(kept=models.F("merged")), name="merge_is_of_two_people"
            ),
            models.UniqueConstraint(
                fields=("agency", "client", "merged"),
                condition=models.Q(undone_at=None),
                name="merged_away_once",
            ),
        )

    def __str__(self) -> str:
        return f"{self.merged_id} into {self.kept_id}"


class Erasure(ClientOwned):
    """That a person was erased: how much went, never what. The lead's row stays, emptied."""

    lead = TenantForeignKey(Lead, related_name="erasures")
    erased_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    erased_at = models.DateTimeField()
    report = models.JSONField()  # {table: number of rows emptied or deleted}

    class Meta(ClientOwned.Meta):
        pass

    def __str__(self) -> str:
        return f"{self.lead_id} {self.erased_at:%Y-%m-%d}"


class DifferentPeople(ClientOwned):
    """That people who look the same are not. Identifiers alone: what they share stands with them and goes with them."""

    people = ArrayField(models.UUIDField())  # leads
    said_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    said_at = models.DateTimeField()

    class Meta(ClientOwned.Meta):
        verbose_name_plural = "different people"
        constraints = (
            models.CheckConstraint(
                condition=models.Q(people__len__gte=2), name="different_people_are_several"
            ),
        )
        indexes = (
            models.Index(fields=("agency", "client", "-said_at", "-id"), name="different_people_newest"),
        )

    def __str__(self) -> str:
        return f"{len(self.people)} people"
