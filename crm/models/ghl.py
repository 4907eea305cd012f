from django.db import models
from django.db.models import Q

from accounts.models import Client
from accounts.tenancy import ClientOwned, TenantForeignKey
from crm.models.connections import Connection, SyncRun


class GHLAccount(Connection):
    """A client's connection to a sub-account of GoHighLevel, which the vendor calls a location."""

    vendor = "GoHighLevel"

    client = TenantForeignKey(Client, related_name="ghl_accounts")
    location_id = models.CharField(max_length=60)
    looked_again_at = models.DateTimeField(
        null=True, blank=True
    )  # when recordings and transcripts of the last days were last asked for

    class Meta(ClientOwned.Meta):
        verbose_name = "GHL account"
        constraints = (
            models.UniqueConstraint(fields=("agency", "client"), name="ghl_account_once_per_client"),
        )
        indexes = (
            models.Index(fields=("next_run_at",), name="ghl_account_due", condition=Q(paused_at=None)),
        )

    def __str__(self) -> str:
        return f"GHL {self.location_id}"


class GHLSyncRun(SyncRun):
    account = TenantForeignKey(GHLAccount, on_delete=models.CASCADE, related_name="runs")

    class Meta(ClientOwned.Meta):
        verbose_name = "GHL sync run"
        indexes = (models.Index(fields=("agency", "client", "-started_at"), name="ghl_run_newest"),)
