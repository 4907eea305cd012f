"""What is known of many people that a score counts, in a few statements however many they are."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from crm.classification.categories import STARS
from crm.dispositions import MEETING_BOOKED, NOT_INTERESTED
from crm.models import Channel, Lead
from crm.scoring import Facts
from crm.services.suppression import suppressed_leads

STARRED = " ".join(f"WHEN '{category}' THEN {stars}" for category, stars in STARS.items() if stars)
# One row a lead. Every table and column read here stands in ``crm.score_watch``.
FACTS = f"""
SELECT l.id, c.stars, c.talk, c.inbound, c.last_inbound, c.last_contact, c.picked_up, c.last_inbound > c.first_outbound,
  EXISTS (SELECT FROM crm_callback b WHERE b.agency_id = l.agency_id AND b.client_id = l.client_id
    AND b.lead_id = l.id AND b.done_at IS NULL),
  c.meetings, c.forms, c.said = %(declined)s
FROM crm_lead l CROSS JOIN LATERAL (
  SELECT max(coalesce(rating, CASE category {STARRED} END)) AS stars,
    max(coalesce(nullif(talk_seconds, 0), duration_seconds)) FILTER (WHERE kind = 'call' AND answered) AS talk,
    count(*) FILTER (WHERE direction = 'inbound') AS inbound,
    max(started_at) FILTER (WHERE direction = 'inbound') AS last_inbound,
    max(started_at) FILTER (WHERE direction = 'inbound' OR answered) AS last_contact,
    min(started_at) FILTER (WHERE direction = 'outbound') AS first_outbound,
    count(*) FILTER (WHERE direction = 'outbound' AND answered) AS picked_up,
    count(*) FILTER (WHERE disposition = %(meeting)s) AS meetings,
    count(*) FILTER (WHERE kind = 'form' AND direction = 'inbound') AS forms,
    (array_agg(disposition ORDER BY started_at DESC, id DESC) FILTER (WHERE disposition <> ''))[1] AS said
  FROM crm_call WHERE agency_id = l.agency_id AND lead_id = l.id
) c
WHERE l.agency_id = %(agency)s AND l.id = ANY(%(leads)s)
"""  # noqa: S608  the stars are the product's own
SOURCES = {str(value): str(words) for value, words in Lead.Source.choices}


def gather(*, agency_id: UUID, leads: Sequence[Lead], now: datetime) -> dict[UUID, Facts]:
    """The facts about each of ``leads``, all of the agency in force, by id. Days are counted up to ``now``."""
    wanted = [lead.pk for lead in leads]
    given: dict[str, Any] = {
        "agency": agency_id,
        "leads": wanted,
        "declined": NOT_INTERESTED,
        "meeting": MEETING_BOOKED,
    }
    with connection.cursor() as cursor:
        cursor.execute(FACTS, given)
        rows = {row[0]: row[1:] for row in cursor.fetchall()}
    # An address that takes no mail any more stops mail alone, and says nothing of them.
    stopped = suppressed_leads(leads=leads, channel=Channel.VOICE, now=now)
    return {
        lead.pk: _facts(lead, rows[lead.pk], lead.pk in stopped, now) for lead in leads if lead.pk in rows
    }


def _facts(lead: Lead, row: tuple[Any, ...], asked_not: bool, now: datetime) -> Facts:
    (
        stars,
        talk,
        inbound,
        last_inbound,
        last_contact,
        picked_up,
        came_back,
        waits,
        meetings,
        forms,
        declined,
    ) = row
    return Facts(
        stars=stars,
        talk_seconds=talk or 0,
        inbound=inbound,
        inbound_days=_days(last_inbound, now),
        contact_days=_days(last_contact, now),
        picked_up=picked_up,
        came_back=bool(came_back),
        waits_for_callback=bool(waits),
        meetings=meetings,
        forms=forms,
        sentiment=lead.sentiment,
        declined=bool(declined),
        has_phone=bool(lead.phone_e164),
        phone_is_wrong=lead.phone_is_wrong,
        has_email=bool(lead.email),
        email_status=lead.email_status,
        title=lead.title,
        seniority=lead.seniority,
        has_company=bool(lead.company_name or lead.company_id),
        source=lead.source,
        source_words=SOURCES.get(lead.source, ""),
        asked_not=asked_not,
    )


def _days(at: object, now: datetime) -> int | None:
    return max((now - at).days, 0) if isinstance(at, datetime) else None
