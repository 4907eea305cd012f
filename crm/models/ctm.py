from django.db import models
from django.db.models import Q

from accounts.models import Client
from accounts.tenancy import ClientOwned, TenantForeignKey
from crm.models.connections import Connection, SyncRun
from integrations.models import Credential


class CTMAccount(Connection):
    """A client's connection to CallTrackingMetrics."""

    vendor = "CallTrackingMetrics"

    client = TenantForeignKey(Client, related_name="ctm_accounts")
    signing_credential = TenantForeignKey(
        Credential, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    account_number = models.CharField(max_length=40)
    webhook_token = models.CharField(max_length=64, unique=True)  # the unguessable part of the address
    signature_seen_at = models.DateTimeField(
        null=True, blank=True
    )  # from then on a wrong signature is refused
    last_webhook_at = models.DateTimeField(null=True, blank=True)

    class Meta(ClientOwned.Meta):
        verbose_name = "CTM account"
        constraints = (
            models.UniqueConstraint(fields=("agency", "client"), name="ctm_account_once_per_client"),
        )
        indexes = (
            models.Index(fields=("next_run_at",), name="ctm_account_due", condition=Q(paused_at=None)),
        )

    def __str__(self) -> str:
        return f"CTM {self.account_number}"


class CTMSyncRun(SyncRun):
    account = TenantForeignKey(CTMAccount, on_delete=models.CASCADE, related_name="runs")

    class Meta(ClientOwned.Meta):
        verbose_name = "CTM sync run"
        indexes = (models.Index(fields=("agency", "client", "-started_at"), name="ctm_run_newest"),)
