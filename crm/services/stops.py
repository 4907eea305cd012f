"""Why nobody may call or write to one person, for the pages that would offer it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Q

from accounts.statements import fetch
from accounts.tenancy import Actor
from crm.models import Call, Channel, Customer, Lead, Suppression
from crm.services.digests import digests
from crm.services.suppression import as_agency, ways
from crm.suppression import STRENGTH, Reason

BOTH = (Channel.VOICE.value, Channel.EMAIL.value)
ASK_BOTH = """
SELECT way, stopped FROM unnest(%s::text[]) AS asked (way),
  LATERAL crm_suppressed(%s, %s, way, %s) AS stopped
"""
ELSEWHERE = "on a list above yours"  # which the reader may not read


@dataclass(frozen=True, slots=True)
class Stops:
    """Why they must not be called and not be written to, as the end of a sentence; "" where they may."""

    call: str = ""
    mail: str = ""


def stops_of_lead(*, actor: Actor, lead: Lead, now: datetime) -> Stops:
    return _stops(actor, lead.client_id, ways(lead.email, lead.phone_e164, lead.linkedin_url), now)


def stops_of_customer(*, actor: Actor, customer: Customer, now: datetime) -> Stops:
    return _stops(actor, customer.client_id, ways(customer.email, customer.phone_e164), now)


def stops_of_call(*, actor: Actor, call: Call, now: datetime) -> Stops:
    """Of the number on the other side, and of the person with all their ways."""
    asked = ways("", call.their_number)
    if lead := call.lead:
        asked += ways(lead.email, lead.phone_e164, lead.linkedin_url)
    return _stops(actor, call.client_id, asked, now)


def _stops(actor: Actor, client_id: UUID, asked: list[tuple[str, str]], now: datetime) -> Stops:
    """By the rule of `suppressed_leads`: a person is one, whatever the way."""
    if not asked or actor.agency_id is None:
        return Stops()
    with as_agency(actor.agency_id):
        found: list[tuple[str, str]] = fetch(
            ASK_BOTH, [list(BOTH), list(set(digests(asked))), client_id, now]
        )
    if not found:
        return Stops()
    reasons = _reasons(actor, client_id, {stopped for _, stopped in found}, now)
    call, mail = ([stopped for way, stopped in found if way == each] for each in BOTH)
    return Stops(_words(call, reasons, BOTH[0]), _words(mail, reasons, BOTH[1]))


def _reasons(
    actor: Actor, client_id: UUID, hashes: Iterable[str], now: datetime
) -> list[tuple[str, list[str] | None, str]]:
    rows = Suppression.objects.for_actor(actor).filter(
        Q(client_id=client_id) | Q(client_id=None),
        Q(expires_at=None) | Q(expires_at__gt=now),
        value_hash__in=list(hashes),
    )
    return list(rows.values_list("value_hash", "channels", "reason"))


def _words(stopped: list[str], reasons: list[tuple[str, list[str] | None, str]], way: str) -> str:
    if not stopped:
        return ""
    fits = [
        Reason(reason)
        for each, channels, reason in reasons
        if each in stopped and (not channels or way in channels)
    ]
    return max(fits, key=STRENGTH.index).label.lower() if fits else ELSEWHERE
