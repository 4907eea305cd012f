"""CTM's webhooks: the body is the bare call, the event is in the address, the token in it is the first lock.

A signature is noted from the start and demanded once a right one has been seen: CTM signs the hooks of some
sub-accounts with another secret than the one it shows, and refusing those would lose calls.
Source: docs/providers/ctm.md, webhooks.
"""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.crypto import constant_time_compare

from accounts.models import Client
from accounts.scope import PlatformUse, agency_scope, platform_scope
from crm.models import CTMAccount
from crm.providers.ctm.records import call_record
from crm.providers.records import NotACall
from crm.services.ingest import ingest_calls
from crm.services.reconciling import WEBHOOK_LAG, Reading
from integrations.models import InboundEvent, OutboxEvent, Provider
from integrations.services.inbound import store_inbound
from integrations.services.vault import open_credential
from lib import signatures
from lib.encryption import Undecryptable
from lib.payloads import parse_json

KEPT_HEADERS = ("X-CTM-Time", "X-CTM-Signature", "Content-Type", "User-Agent")


class UnknownAddress(Exception):
    """No connection has this token."""


class AddressRests(Exception):
    """The connection's client is in the archive: nothing of it is taken in. Its next sync fetches what was missed."""


class SignatureWrong(Exception):
    """The delivery is not from CTM, or from long ago."""


def receive_webhook(
    *, token: str, position: str, body: bytes, headers: Mapping[str, str], now: datetime
) -> None:
    """Verify and store one delivery; processing follows after the commit. The same delivery again is no news.

    Raises `UnknownAddress`, `AddressRests`, `SignatureWrong`, or `lib.payloads.BadPayload` for a body that is not JSON.
    """
    account = _account(token)
    with agency_scope(account.agency_id), transaction.atomic():
        verified = _verified(account, body, headers, now)
        if verified is False and account.signature_seen_at:
            raise SignatureWrong
        account.last_webhook_at = now
        account.signature_seen_at = account.signature_seen_at or (now if verified else None)
        account.save(update_fields=["last_webhook_at", "signature_seen_at", "updated_at"])
        parsed = parse_json(body)
        call_id = str(parsed.get("id"))[:60] if isinstance(parsed, dict) else ""
        digest = hashlib.sha256(body).hexdigest()
        store_inbound(
            agency_id=account.agency_id,
            client_id=account.client_id,
            provider=Provider.CTM,
            kind=position[:60],
            external_id=f"{account.account_number}:{call_id}:{position[:30]}:{digest}",
            body=parsed,
            headers={name: headers[name][:200] for name in KEPT_HEADERS if name in headers},
            verified=verified,
            now=now,
        )


def _account(token: str) -> CTMAccount:
    if not token.isprintable():
        raise UnknownAddress  # PostgreSQL would choke on a NUL
    with transaction.atomic(), platform_scope(PlatformUse.WEBHOOK):
        accounts = CTMAccount.unscoped.select_related("signing_credential", "client")
        account = accounts.filter(webhook_token=token).first()
    if account is None or not constant_time_compare(account.webhook_token, token):
        raise UnknownAddress
    if account.client.archived_at:
        raise AddressRests
    return account


def _verified(account: CTMAccount, body: bytes, headers: Mapping[str, str], now: datetime) -> bool | None:
    """True or False when there is something to judge by; None without a secret of ours."""
    if account.signing_credential is None:
        return None
    time, signature = headers.get("X-CTM-Time", ""), headers.get("X-CTM-Signature", "")
    try:
        secret = open_credential(account.signing_credential)["signing_secret"]
    except Undecryptable:
        return None
    if not signature or not signatures.ctm_matches(secret, time, body, signature):
        return False
    return signatures.is_fresh(time, now) is not False


def process_inbound(event: OutboxEvent, now: datetime) -> None:
    """Take the call out of one stored webhook (subscriber of ``integrations.inbound_received``). Idempotent."""
    if event.payload.get("provider") != Provider.CTM:
        return
    inbound = InboundEvent.unscoped.select_for_update().get(pk=event.payload["event_id"])
    if inbound.processed_at:
        return
    inbound.error = _ingest(inbound, now)
    inbound.processed_at = now
    inbound.save(update_fields=["processed_at", "error", "updated_at"])


def _ingest(inbound: InboundEvent, now: datetime) -> str:
    body: Any = inbound.body
    client = Client.unscoped.get(pk=str(inbound.client_id))
    account = CTMAccount.unscoped.filter(client=client).first()
    if account is None:
        return "The client is no longer connected; the delivery was kept and not used."
    if client.archived_at:  # since it came
        return "The client is in the archive; the delivery was kept and not used."
    named = str(body.get("account_id") or "") if isinstance(body, dict) else ""
    if named not in ("", account.account_number):
        return "The delivery names another account; it was kept and not used."
    try:
        record = call_record(body, client.phone_country)
    except NotACall as reason:
        return f"{reason} The delivery was kept and not used."
    reading = Reading(inbound.received_at, WEBHOOK_LAG)
    ingest_calls(client=client, records=[record], reading=reading, now=now)
    return ""
