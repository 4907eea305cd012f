"""Where recordings come from: each provider's own door, with the key of the client whose call it is."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import transaction

from crm.models import Call, CTMAccount, GHLAccount
from crm.providers.ctm.client import CTMClient
from crm.providers.ghl.client import GHLClient
from integrations.services.vault import open_credential


class NotConnected(Exception):
    """The client has no connection any more to where the recording is."""


@contextmanager
def recording_at_vendor(call: Call) -> Iterator[tuple[str, Iterator[bytes]]]:
    """Open the recording of ``call`` as (content type, chunks). Network; not in a transaction.

    Raises `NotConnected`, `lib.http.ProviderError`, `lib.encryption.Undecryptable`.
    """
    accounts = GHLAccount if call.source == Call.Source.GHL else CTMAccount
    with transaction.atomic():
        account = accounts.unscoped.select_related("credential").filter(client_id=call.client_id).first()
    if account is None:
        raise NotConnected
    keys = open_credential(account.credential)
    if isinstance(account, GHLAccount):
        with GHLClient(keys["token"], account.location_id) as ghl, ghl.recording(call.recording_url) as found:
            yield found
        return
    with (
        CTMClient(keys["access_key"], keys["secret_key"], account.account_number) as ctm,
        ctm.recording(call.recording_url) as found,
    ):
        yield found
