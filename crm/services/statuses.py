"""What follows from a lead's calls, forms, campaigns and customers: its status, and the speed-to-lead clock."""

from collections.abc import Iterable
from uuid import UUID

from django.db import connection, transaction

from crm.models import Lead
from crm.status import Facts, lead_status

MOST = 2000  # leads at once: more are done in turns
# One row a lead. A contact is inbound or outbound; a form counts as inbound. An answered call is its own response.
FACTS = """
SELECT l.id, l.status, l.first_inbound_at, l.first_response_at, c.inbound,
  (SELECT min(r.started_at) FROM crm_call r WHERE r.agency_id = l.agency_id AND r.lead_id = l.id
    AND r.started_at >= c.inbound AND (r.direction = 'outbound' OR r.answered)),
  l.status_by_hand,
  EXISTS (SELECT FROM crm_customer u WHERE u.agency_id = l.agency_id AND u.client_id = l.client_id
    AND u.lead_id = l.id AND u.archived_at IS NULL),
  coalesce(c.last_inbound > c.outbound, false),
  c.outbound IS NOT NULL OR c.talked,
  EXISTS (SELECT FROM crm_campaignmember m JOIN crm_campaign p ON p.agency_id = m.agency_id AND p.id = m.campaign_id
    WHERE m.agency_id = l.agency_id AND m.client_id = l.client_id AND m.lead_id = l.id
    AND m.status = 'active' AND p.status = 'active'),
  l.scored_at IS NOT NULL,
  l.deep_research_run_at IS NOT NULL OR l.enrichment_data <> '{}'
FROM crm_lead l CROSS JOIN LATERAL (
  SELECT min(t.at) FILTER (WHERE t.inbound) AS inbound, max(t.at) FILTER (WHERE t.inbound) AS last_inbound,
    min(t.at) FILTER (WHERE NOT t.inbound) AS outbound, coalesce(bool_or(t.talked), false) AS talked
  FROM (
    SELECT started_at AS at, direction = 'inbound' AS inbound, coalesce(answered, false) AS talked
    FROM crm_call WHERE agency_id = l.agency_id AND lead_id = l.id
    UNION ALL
    SELECT received_at, true, false FROM crm_formsubmission
    WHERE agency_id = l.agency_id AND client_id = l.client_id AND lead_id = l.id AND status = 'processed'
  ) t
) c
WHERE l.agency_id = %s AND l.id = ANY(%s)
"""


def refresh_status(*, agency_id: UUID, lead_ids: Iterable[UUID | None]) -> int:
    """Work out anew what follows from the facts about each of the leads; return how many were not as they should be.

    Whoever changes such a fact calls this at the end of the same transaction. None among the ids is passed over.
    """
    wanted = sorted({pk for pk in lead_ids if pk})
    return sum(_refresh(agency_id, wanted[n : n + MOST]) for n in range(0, len(wanted), MOST))


@transaction.atomic
def _refresh(agency_id: UUID, lead_ids: list[UUID]) -> int:
    # Held first and read afterwards, so that what another transaction has just committed is counted.
    held = {
        lead.pk: lead
        for lead in Lead.unscoped.filter(agency_id=agency_id, pk__in=lead_ids)
        .only("pk", "status", "first_inbound_at", "first_response_at")
        .order_by("pk")
        .select_for_update(of=("self",))
    }
    with connection.cursor() as cursor:
        cursor.execute(FACTS, [agency_id, list(held)])
        rows = cursor.fetchall()
    changed = []
    for pk, status, inbound, response, now_inbound, now_response, *facts in rows:
        now_status = lead_status(Facts(*facts))
        if (status, inbound, response) == (now_status, now_inbound, now_response):
            continue
        lead = held[pk]
        lead.status, lead.first_inbound_at, lead.first_response_at = now_status, now_inbound, now_response
        changed.append(lead)
    Lead.unscoped.bulk_update(changed, ["status", "first_inbound_at", "first_response_at"], batch_size=500)
    return len(changed)
