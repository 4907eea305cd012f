"""The demo's connection to GoHighLevel: one client's calls come by two providers."""

from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.models import Client
from crm.models import GHLAccount
from crm.services import ghl_connect
from lib.http import ProviderError

CLIENT = "Hartwell Law"


def connect_location(client: Client, account: dict[str, Any]) -> None:
    """Connect ``client`` to the sandbox's location of ``account``, unless it is connected already."""
    if client.name != CLIENT:
        return
    with transaction.atomic():
        if GHLAccount.unscoped.filter(client=client).exists():
            return
    keys = ghl_connect.GHLKeys(account["location_id"], account["location_token"])
    try:
        ghl_connect.connect(client=client, keys=keys, now=timezone.now())
    except ProviderError as error:
        raise RuntimeError(f"The sandbox refused the demo token of {client.name}: {error}") from error
