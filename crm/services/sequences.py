"""Which call of its number a call is, and whether the caller bought before."""

from collections.abc import Iterable
from uuid import UUID

from django.db import connection

SEQUENCES = """
UPDATE crm_call AS c SET call_sequence = s.n, caller_type = s.type
FROM (
  SELECT id, n, CASE WHEN bought THEN 'returning_customer' WHEN n > 1 THEN 'repeat' ELSE 'new' END AS type
  FROM (
    SELECT id, row_number() OVER w AS n,
      coalesce(bool_or(category = 'converted') OVER (w ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), false)
        AS bought
    FROM crm_call WHERE agency_id = %s AND client_id = %s AND from_e164 = ANY(%s)
    WINDOW w AS (PARTITION BY from_e164 ORDER BY started_at, id)
  ) AS counted
) AS s
WHERE c.id = s.id AND c.agency_id = %s AND (c.call_sequence, c.caller_type) IS DISTINCT FROM (s.n, s.type)
"""


def count_sequences(*, agency_id: UUID, client_id: UUID, numbers: Iterable[str]) -> None:
    """Number the calls of each of ``numbers`` (E.164) anew: late arrivals move the later ones along."""
    wanted = sorted({number for number in numbers if number})
    if wanted:
        with connection.cursor() as cursor:
            cursor.execute(SEQUENCES, [agency_id, client_id, wanted, agency_id])
