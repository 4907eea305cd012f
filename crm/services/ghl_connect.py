"""Connecting a client to GoHighLevel: a token is tried before it is kept."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from accounts.models import Client
from accounts.services.audit import NOWHERE, Origin, record_by
from accounts.tenancy import Actor
from crm.models import GHLAccount, GHLSyncRun
from crm.providers.ghl.client import GHLClient, LocationRecord
from crm.services.connections import KeysRefused, take_up
from crm.services.ghl_problems import in_words
from integrations.models import Provider
from integrations.services.vault import store_credential
from lib.http import ProviderError


@dataclass(frozen=True, slots=True)
class GHLKeys:
    location_id: str
    token: str

    def __repr__(self) -> str:
        return f"GHLKeys({self.location_id})"


def check_keys(keys: GHLKeys) -> LocationRecord:
    """Ask GoHighLevel for the location, and for messages of it. Network; call outside transactions.

    Raises `KeysRefused` for the person, `lib.http.ProviderError` when GoHighLevel can't be asked now.
    """
    with GHLClient(keys.token, keys.location_id) as ghl:
        try:
            found = ghl.location()
            ghl.probe_messages()
        except ProviderError as error:
            problem = in_words(error)
            if problem.passes and error.kind != "rejected":
                raise
            field = "location_id" if error.kind in ("not_found", "rejected") else "token"
            raise KeysRefused(problem.words, field) from error
    return found


def connect(
    *, client: Client, keys: GHLKeys, now: datetime, actor: Actor | None = None, origin: Origin = NOWHERE
) -> GHLAccount:
    """Try ``keys`` at GoHighLevel and keep them. Network first, then the transaction. Raises as `check_keys`."""
    found = check_keys(keys)
    return save_connection(client=client, keys=keys, location=found, now=now, actor=actor, origin=origin)


@transaction.atomic
def save_connection(
    *,
    client: Client,
    keys: GHLKeys,
    location: LocationRecord,
    now: datetime,
    actor: Actor | None = None,
    origin: Origin = NOWHERE,
) -> GHLAccount:
    """Keep a token that was checked; the first sync follows at once. A known location goes on from where it was."""
    credential = store_credential(
        agency_id=client.agency_id,
        client_id=client.pk,
        provider=Provider.GHL,
        label="main",
        secrets={"token": keys.token},
        hint=keys.token[-4:],
        now=now,
    )
    rows = GHLAccount.unscoped.select_for_update()
    held = rows.filter(agency_id=client.agency_id, client_id=client.pk).first()
    connection = held or GHLAccount(agency_id=client.agency_id, client_id=client.pk)
    is_another = connection.location_id != keys.location_id
    connection.location_id = keys.location_id
    take_up(
        connection,
        GHLSyncRun,
        credential=credential,
        name=location.name,
        timezone=location.timezone or client.timezone,
        is_another=is_another,
        now=now,
    )
    if actor:
        record_by(
            actor, "credential_set", now=now, client_id=client.pk, target=f"GoHighLevel {keys.location_id}",
            origin=origin,
        )  # fmt: skip
    return connection
