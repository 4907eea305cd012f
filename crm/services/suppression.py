"""Who must not be contacted. Whatever sends a message or dials a number asks `suppressed` first.

Suppressions of the platform, of the agency and of the client all count. The database answers across them by digest
alone (``crm_suppressed``), so that nobody reads a list which is not theirs by asking it.
"""

from collections.abc import Iterable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from accounts.models import Client
from accounts.scope import Scope, agency_in_force, scoped
from accounts.services.audit import Origin, record_by
from accounts.statements import fetch
from accounts.tenancy import Actor
from crm.models import CampaignMember, Lead, Suppression
from crm.services.digests import digests
from crm.services.merged_away import merged_into
from crm.services.statuses import refresh_status
from crm.services.stopped import tell_stopped
from crm.suppression import STICKY, STRENGTH, Kind, Reason, covering, normalised
from lib.phones import INTERNATIONAL
from lib.uuid7 import uuid7

ASK = "SELECT * FROM crm_suppressed(%s, %s, %s, %s)"
ASK_EACH = """
SELECT of.client_id, stopped FROM unnest(%s::uuid[]) AS of (client_id),
  LATERAL crm_suppressed(%s, of.client_id, %s, %s) AS stopped
"""
# Being added again never weakens what stands: the stronger reason stays, channels add up, a date only moves out.
ADD = """
INSERT INTO crm_suppression AS kept (id, created_at, updated_at, agency_id, client_id, kind, value, value_hash,
  channels, reason, source, sticky, note, added_by_id, expires_at)
SELECT each.id, %(now)s, %(now)s, %(agency)s, %(client)s, each.kind, each.value, each.hash,
  %(channels)s, each.reason, %(source)s, each.sticky, each.note, %(by)s, %(expires)s
FROM unnest(%(ids)s::uuid[], %(kinds)s::text[], %(values)s::text[], %(hashes)s::text[], %(reasons)s::text[],
  %(stickies)s::boolean[], %(notes)s::text[]) AS each (id, kind, value, hash, reason, sticky, note)
ON CONFLICT ON CONSTRAINT suppressed_once_per_scope DO UPDATE SET
  updated_at = excluded.updated_at,
  value = CASE WHEN kept.value = '' THEN '' ELSE excluded.value END,
  channels = CASE
    WHEN kept.expires_at <= excluded.updated_at THEN excluded.channels
    WHEN kept.channels IS NULL OR excluded.channels IS NULL THEN NULL
    ELSE ARRAY(SELECT DISTINCT c FROM unnest(kept.channels || excluded.channels) c ORDER BY c) END,
  reason = CASE WHEN {stronger} THEN excluded.reason ELSE kept.reason END,
  source = CASE WHEN {stronger} THEN excluded.source ELSE kept.source END,
  note = CASE WHEN kept.value = '' OR excluded.value = '' THEN ''
    WHEN excluded.note <> '' AND ({stronger} OR kept.note = '') THEN excluded.note ELSE kept.note END,
  sticky = kept.sticky OR excluded.sticky,
  expires_at = CASE WHEN kept.sticky OR kept.expires_at IS NULL OR excluded.expires_at IS NULL THEN NULL
    ELSE greatest(kept.expires_at, excluded.expires_at) END
RETURNING id, xmax = 0
""".replace(
    "{stronger}",
    "(kept.expires_at <= excluded.updated_at AND NOT kept.sticky"
    " OR array_position(%(strength)s::text[], excluded.reason::text)"
    " > array_position(%(strength)s::text[], kept.reason::text))",
)


class Stays(Exception):
    """A suppression that nobody of the product may take away. The message says why, for the person who tried."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One identity to suppress, as given; ``sticky`` follows from the reason."""

    kind: str
    given: str
    reason: str = Reason.MANUAL
    note: str = ""


@dataclass(frozen=True, slots=True)
class Added:
    fresh: list[UUID]  # rows that are new
    known: list[UUID]  # rows that stood already, and may have become stronger
    refused: list[Entry]  # what is no address, number, domain or profile


def suppressed(
    *,
    agency_id: UUID,
    client_id: UUID | None,
    channel: str | None,
    now: datetime,
    emails: Iterable[str] = (),
    phones: Iterable[str] = (),
    linkedin: Iterable[str] = (),
) -> frozenset[str]:
    """Those of the given values that must not be used on ``channel`` (None: on any), as they were given.

    One statement, however many are asked about. A value that cannot be read is returned too: nobody is contacted at
    what we do not understand. Numbers are asked about with their country's code, as they are kept everywhere.
    """
    asked: list[tuple[str, tuple[str, str]]] = []
    stopped = set()
    for kind, every in ((Kind.EMAIL, emails), (Kind.PHONE, phones), (Kind.LINKEDIN, linkedin)):
        for given in filter(None, every):
            value = normalised(kind, given)
            if not value:
                stopped.add(given)
                continue
            asked.append((given, (kind, value)))
            if kind == Kind.EMAIL:
                asked += [(given, (Kind.DOMAIN, domain)) for domain in covering(value)]
    if not asked:
        return frozenset(stopped)
    hashes = digests([pair for _, pair in asked])
    with as_agency(agency_id):
        found = {row[0] for row in fetch(ASK, [list(set(hashes)), client_id, channel, now])}
    return frozenset(
        stopped | {given for (given, _), each in zip(asked, hashes, strict=True) if each in found}
    )


def suppressed_leads(*, leads: Sequence[Lead], channel: str, now: datetime) -> frozenset[UUID]:
    """Those of ``leads``, of one agency, who must not be contacted on ``channel``, each by their own client's list too.
    One statement.

    A person is one, whatever the way: whoever said stop by telephone gets no mail either. Only what was suppressed for
    other channels alone, such as an address that bounced, leaves this one open.
    """
    asked = [(lead, pair) for lead in leads for pair in ways(lead.email, lead.phone_e164, lead.linkedin_url)]
    if not asked:
        return frozenset()
    hashes = digests([pair for _, pair in asked])
    clients = list({lead.client_id for lead in leads})
    with as_agency(leads[0].agency_id):
        found = set(fetch(ASK_EACH, [clients, list(set(hashes)), channel, now]))
    return frozenset(
        lead.pk for (lead, _), each in zip(asked, hashes, strict=True) if (lead.client_id, each) in found
    )


def ways(email: str, phone_e164: str, linkedin: str = "") -> list[tuple[str, str]]:
    """(kind, value) by which a person may stand on a list, the domains of their address among them."""
    given = ((Kind.EMAIL, email), (Kind.PHONE, phone_e164), (Kind.LINKEDIN, linkedin))
    found: list[tuple[str, str]] = [
        (kind, value) for kind, each in given if (value := normalised(kind, each))
    ]
    return found + [
        (Kind.DOMAIN, domain) for kind, value in found if kind == Kind.EMAIL for domain in covering(value)
    ]


@transaction.atomic
def suppress(
    *,
    agency_id: UUID | None,
    client_id: UUID | None,
    entries: Sequence[Entry],
    source: str,
    now: datetime,
    channels: Sequence[str] | None = None,
    expires_at: datetime | None = None,
    added_by: UUID | None = None,
) -> Added:
    """Suppress each of ``entries`` for one client, for the whole agency (no client), or platform-wide (no agency).

    A client's numbers are read as dialled in its country; wider ones need the country's code.
    Two at once make one row. Who is added again is never suppressed less than before. Of an erased person the digest
    alone is kept, here and in every other row of theirs within reach.
    """
    read: dict[tuple[str, str], Entry] = {}
    refused = []
    region = _region(client_id, entries)
    for each in entries:
        value = normalised(each.kind, each.given, region)
        if not value:
            refused.append(each)
        elif (pair := (each.kind, value)) not in read or _outweighs(each, read[pair]):
            read[pair] = each
    # In one order, so that two who add the same rows at once wait for each other and never in a ring.
    pairs = sorted(read)
    if not pairs:
        return Added([], [], refused)
    hold, hashes = [read[pair] for pair in pairs], digests(pairs)
    values = [
        "" if each.reason == Reason.ERASED else value for (_, value), each in zip(pairs, hold, strict=True)
    ]
    with connection.cursor() as cursor:
        cursor.execute(ADD, {
            "now": now, "agency": agency_id, "client": client_id, "source": source, "by": added_by,
            "channels": list(channels) if channels else None,
            "expires": None if any(each.reason in STICKY for each in hold) else expires_at,
            "ids": [uuid7() for _ in hold], "kinds": [kind for kind, _ in pairs], "values": values, "hashes": hashes,
            "reasons": [each.reason for each in hold], "stickies": [each.reason in STICKY for each in hold],
            "notes": [each.note[:300] for each in hold], "strength": list(STRENGTH),
        })  # fmt: skip
        rows = cursor.fetchall()
    gone = [each for each, value in zip(hashes, values, strict=True) if not value]
    if gone:
        Suppression.unscoped.filter(value_hash__in=gone).update(value="", note="")
    return Added([pk for pk, fresh in rows if fresh], [pk for pk, fresh in rows if not fresh], refused)


def _region(client_id: UUID | None, entries: Sequence[Entry]) -> str:
    """Asked for only where a number is written without its country's code."""
    if client_id and any(each.kind == Kind.PHONE and not each.given.startswith("+") for each in entries):
        return Client.unscoped.get(pk=client_id).phone_country
    return INTERNATIONAL


def _outweighs(one: Entry, other: Entry) -> bool:
    return STRENGTH.index(Reason(one.reason)) > STRENGTH.index(Reason(other.reason))


@transaction.atomic
def suppress_lead(
    *,
    lead: Lead,
    reason: str,
    source: str,
    added_by: UUID | None,
    now: datetime,
    note: str = "",
    numbers: Sequence[str] = (),
) -> Added:
    """Stop every contact of the client with a person, by all the ways we know, and take them out of its campaigns.

    Those of people merged into them count, and ``numbers``, such as the one they have just called from.
    """
    ways = [(Kind.PHONE, each) for each in numbers]
    for each in (lead, *merged_into(lead)):
        ways += [(Kind.PHONE, each.phone_e164), (Kind.EMAIL, each.email), (Kind.LINKEDIN, each.linkedin_url)]
    added = suppress(
        agency_id=lead.agency_id,
        client_id=lead.client_id,
        entries=[Entry(kind, given, reason, note) for kind, given in ways if given],
        source=source,
        now=now,
        added_by=added_by,
    )
    running = (CampaignMember.Status.ACTIVE, CampaignMember.Status.PAUSED)
    members = CampaignMember.unscoped.filter(agency_id=lead.agency_id, lead_id=lead.pk, status__in=running)
    members.update(status=CampaignMember.Status.OPTED_OUT, held_by=None, held_until=None, updated_at=now)
    refresh_status(agency_id=lead.agency_id, lead_ids=[lead.pk])
    return added


@transaction.atomic
def add_by_hand(
    *,
    actor: Actor,
    client_id: UUID | None,
    entry: Entry,
    channels: Sequence[str] | None,
    expires_at: datetime | None,
    now: datetime,
    origin: Origin,
) -> Added:
    """What the form of the page does. The log keeps which row it was, and not who stands in it."""
    added = suppress(
        agency_id=actor.agency_id, client_id=client_id, entries=[entry], source="manual", now=now,
        channels=channels, expires_at=expires_at, added_by=actor.user_id,
    )  # fmt: skip
    for kind, value in Suppression.unscoped.filter(pk__in=added.fresh).values_list("kind", "value"):
        tell_stopped(
            actor=actor, client_id=client_id, kind=kind, value=value, action="suppression_added", now=now
        )
    for pk in (*added.fresh, *added.known):
        details = {"row": str(pk), "kind": entry.kind, "reason": entry.reason}
        record_by(
            actor,
            "suppression_added",
            now=now,
            client_id=client_id,
            target=entry.kind,
            origin=origin,
            details=details,
        )
    return added


@transaction.atomic
def remove(*, actor: Actor, suppression_id: UUID, now: datetime, origin: Origin) -> Suppression:
    """Let somebody be contacted again. Raises `Suppression.DoesNotExist`, and `Stays` for a sticky one."""
    row: Suppression = (
        Suppression.objects.for_actor(actor).select_for_update(of=("self",)).get(pk=suppression_id)
    )
    if row.sticky:
        raise Stays(
            f"This one stays: {row.get_reason_display().lower()}. Nobody can be contacted there again."
        )
    row.delete()
    tell_stopped(
        actor=actor, client_id=row.client_id, kind=row.kind, value=row.value, action="suppression_removed",
        now=now,
    )  # fmt: skip
    details: dict[str, Any] = {"row": str(suppression_id), "kind": row.kind, "reason": row.reason}
    record_by(
        actor,
        "suppression_removed",
        now=now,
        client_id=row.client_id,
        target=row.kind,
        origin=origin,
        details=details,
    )
    return row


def as_agency(agency_id: UUID) -> Any:
    """The database answers for the agency in force; sweeps across agencies step into the one they ask for."""
    if agency_in_force() == agency_id:
        return nullcontext()
    return scoped(Scope(agency_id=agency_id, client_ids=()))
