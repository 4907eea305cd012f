"""Adds to a filled database of the product what work leaves behind: people on a board, a long timeline, outcomes.

One client gets a board of 5,000 people and two leads, of whom one has 2,000 lines on the timeline and the other ten.
Another client's board shows as many cards and holds no more people than that. Run again, it changes nothing.
"""

import json
import os
from typing import Any

import psycopg
from django.db import transaction

from accounts.models import Client
from accounts.scope import PlatformUse, platform_scope
from crm.board import FIRST
from crm.dispositions import DISPOSITIONS
from crm.models import PipelineStage
from lib.ranks import spread

STAGES = ("Asked", "Called back", "Quoted", "Visit agreed", "Thinking it over")
MANY, FEW = 5000, len(STAGES) * (FIRST + 1)
LINES, OTHER_LINES = 2000, 10
ENDED = 5  # every so many-th call of the client has an outcome
PLACE = """
UPDATE crm_lead l SET stage_id = %(stages)s[1 + p.at %% cardinality(%(stages)s)], board_rank = p.rank,
  stage_entered_at = l.created_at, value = 500 + 10 * (p.at %% 90)
FROM (
  SELECT id, row_number() OVER (ORDER BY id) - 1 AS at, (%(ranks)s::text[])[row_number() OVER (ORDER BY id)] AS rank
  FROM crm_lead WHERE client_id = %(client)s AND display_name <> '' ORDER BY id LIMIT %(most)s
) p WHERE l.id = p.id
"""
TELL = """
INSERT INTO crm_activity (id, agency_id, client_id, lead_id, channel, action, provider_message_id, led_to_booking,
  content_snapshot, metadata, occurred_at, created_at, updated_at)
SELECT gen_random_uuid(), l.agency_id, l.client_id, l.id, 'voice',
  (ARRAY['call_received', 'rating_changed', 'note_added'])[1 + n %% 3], '', false, '', '{}',
  now() - n * interval '5 hours', now(), now()
FROM crm_lead l, generate_series(1, %s) n WHERE l.id = %s
"""
END = """
UPDATE crm_call SET disposition = (%s::text[])[1 + abs(hashtext(external_id)) %% %s]
WHERE client_id = %s AND abs(hashtext(external_id)) %% %s = 0
"""


def main(crowded: str, calm: str) -> None:
    """Prints the addresses of the two leads, by how long their timelines are."""
    with transaction.atomic(), platform_scope(PlatformUse.PROVISION):
        clients = [Client.unscoped.get(slug=slug, agency__slug="larkspur") for slug in (crowded, calm)]
        boards = [_stages(client) for client in clients]
    with psycopg.connect(os.environ["BENCH_ADMIN_URL"], autocommit=True) as admin:
        if boards[0][1]:
            _fill(admin, clients, [ids for ids, _ in boards])
        leads = admin.execute(
            "SELECT id FROM crm_lead WHERE client_id = %s AND stage_id IS NOT NULL ORDER BY id LIMIT 2",
            [clients[0].pk],
        ).fetchall()
        if boards[0][1]:
            for (lead,), lines in zip(leads, (LINES, OTHER_LINES), strict=True):
                admin.execute(TELL, [lines, lead])
            admin.execute("VACUUM ANALYZE")
    print(json.dumps({"long": f"/leads/{leads[0][0]}/", "short": f"/leads/{leads[1][0]}/"}))


def _stages(client: Client) -> tuple[list[Any], bool]:
    """(ids in order, whether they are new)."""
    own = {"agency_id": client.agency_id, "client": client}
    held = list(
        PipelineStage.unscoped.filter(**own, name__in=STAGES)
        .order_by("position")
        .values_list("pk", flat=True)
    )
    if held:
        return held, False
    PipelineStage.unscoped.filter(**own).delete()
    made = [PipelineStage.unscoped.create(**own, name=name, position=at) for at, name in enumerate(STAGES)]
    return [each.pk for each in made], True


def _fill(admin: "psycopg.Connection[Any]", clients: list[Client], stages: list[list[Any]]) -> None:
    admin.execute("SET session_replication_role = replica")
    for client, ids, most in zip(clients, stages, (MANY, FEW), strict=True):
        admin.execute(PLACE, {"stages": ids, "ranks": spread(most), "client": client.pk, "most": most})
    admin.execute(END, [[each.words for each in DISPOSITIONS], len(DISPOSITIONS), clients[0].pk, ENDED])
    admin.execute("SET session_replication_role = origin")
