"""Connecting a client to CallTrackingMetrics: keys are tried before they are kept."""

import logging
import secrets
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.urls import reverse

from accounts.models import Client
from crm.models import CTMAccount, CTMSyncRun
from crm.providers.ctm.client import AccountRecord, CTMClient
from crm.services.connections import KeysRefused, take_up
from crm.services.ctm_problems import WORDS, in_words
from integrations.models import Provider
from integrations.services.vault import store_credential
from lib.http import ProviderError

log = logging.getLogger(__name__)
POSITIONS = ("start", "end_immediate", "end", "status_change", "inbound_text")


@dataclass(frozen=True, slots=True)
class CTMKeys:
    access_key: str
    secret_key: str
    account_number: str

    def __repr__(self) -> str:
        return f"CTMKeys({self.account_number})"


def check_keys(keys: CTMKeys) -> AccountRecord:
    """Ask CTM what the keys see, and whether they may read the account's calls. Network; call outside transactions.

    Raises `KeysRefused` for the person, `lib.http.ProviderError` when CTM can't be asked now.
    """
    with CTMClient(keys.access_key, keys.secret_key, keys.account_number) as ctm:
        try:
            seen = ctm.accounts()
        except ProviderError as error:
            raise _refusal(error, "secret_key") from error
        if not seen:
            raise KeysRefused(WORDS["no_accounts"], "access_key")
        found = next((each for each in seen if each.number == keys.account_number), None)
        if found is None:
            names = ", ".join(f"{each.name} ({each.number})" for each in seen[:5])
            raise KeysRefused(WORDS["wrong_account"].replace("{accounts}", names), "account_number")
        try:
            ctm.probe_calls()
        except ProviderError as error:
            raise _refusal(error, "account_number") from error
        return found


def _refusal(error: ProviderError, field: str) -> Exception:
    problem = in_words(error)
    return error if problem.passes else KeysRefused(problem.words, field)


def connect(*, client: Client, keys: CTMKeys, signing_secret: str, now: datetime) -> CTMAccount:
    """Try ``keys`` at CTM, keep them, and ask CTM to call us. Network first, then the transaction.

    Raises `KeysRefused` for the person who typed them, `lib.http.ProviderError` when CTM can't be asked now.
    A webhook that can't be registered is no failure: the sync brings the same calls, later.
    """
    found = check_keys(keys)
    account = save_connection(client=client, keys=keys, account=found, signing_secret=signing_secret, now=now)
    try:
        register_webhooks(account, keys)
    except ProviderError as error:
        log.warning("webhooks of CTM account %s not registered: %s", account.account_number, error)
    return account


@transaction.atomic
def save_connection(
    *, client: Client, keys: CTMKeys, account: AccountRecord, signing_secret: str, now: datetime
) -> CTMAccount:
    """Keep keys that were checked; the first sync follows at once. A known account goes on from where it was."""
    credential = store_credential(
        agency_id=client.agency_id,
        client_id=client.pk,
        provider=Provider.CTM,
        label="main",
        secrets={"access_key": keys.access_key, "secret_key": keys.secret_key},
        hint=keys.access_key[-4:],
        now=now,
    )
    signing = None
    if signing_secret:
        signing = store_credential(
            agency_id=client.agency_id,
            client_id=client.pk,
            provider=Provider.CTM,
            label="webhook",
            secrets={"signing_secret": signing_secret},
            hint=signing_secret[-4:],
            now=now,
        )
    held = (
        CTMAccount.unscoped.select_for_update()
        .filter(agency_id=client.agency_id, client_id=client.pk)
        .first()
    )
    connection = held or CTMAccount(
        agency_id=client.agency_id, client_id=client.pk, webhook_token=secrets.token_urlsafe(32)
    )
    is_another = connection.account_number != account.number
    connection.account_number = account.number
    connection.signing_credential = signing or connection.signing_credential
    take_up(
        connection,
        CTMSyncRun,
        credential=credential,
        name=account.name,
        timezone=account.timezone or client.timezone,
        is_another=is_another,
        now=now,
    )
    return connection


def webhook_address(account: CTMAccount, position: str) -> str:
    return str(settings.PUBLIC_URL) + reverse("crm:ctm_webhook", args=[account.webhook_token, position])


def register_webhooks(account: CTMAccount, keys: CTMKeys) -> int:
    """Ask CTM to call us for each position it does not yet; return how many were added. Network."""
    added = 0
    with CTMClient(keys.access_key, keys.secret_key, account.account_number) as ctm:
        known = ctm.webhook_addresses()
        for position in POSITIONS:
            if (address := webhook_address(account, position)) not in known:
                ctm.register_webhook(address, position)
                added += 1
    return added
