from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower

from accounts.models import Client, User
from accounts.tenancy import AgencyOwned, TenantForeignKey


class SavedView(AgencyOwned):
    """A named query of a list. Without a client it is the agency side's; private unless ``shared``."""

    class Resource(models.TextChoices):
        LEADS = "leads", "Leads"
        CALLS = "calls", "Calls"
        CUSTOMERS = "customers", "Customers"
        JOURNEYS = "journeys", "Journeys"
        CAMPAIGNS = "campaigns", "Campaigns"

    client = TenantForeignKey(Client, null=True, blank=True, related_name="+", db_index=False)
    owner = models.ForeignKey(User, models.CASCADE, related_name="+")
    resource = models.CharField(max_length=20, choices=Resource)
    name = models.CharField(max_length=80)
    filters = models.JSONField(default=dict, blank=True)  # the query of the address, key by key
    columns = models.JSONField(default=list, blank=True)  # [] is the list's own choice
    sort = models.CharField(max_length=40, blank=True)
    is_default = models.BooleanField(default=False)  # of its owner
    shared = models.BooleanField(default=False)

    class Meta(AgencyOwned.Meta):
        constraints = (
            models.UniqueConstraint(
                "agency", F("client"), "owner", "resource", Lower("name"),
                name="saved_view_name_once", nulls_distinct=False,
            ),
            models.UniqueConstraint(
                fields=("agency", "client", "owner", "resource"), condition=Q(is_default=True),
                name="saved_view_one_default", nulls_distinct=False,
            ),
        )  # fmt: skip

    def __str__(self) -> str:
        return self.name
