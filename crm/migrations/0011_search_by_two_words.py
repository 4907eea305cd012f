from django.db import migrations

from accounts.rls import definer

BODY = """
DECLARE
  house uuid := nullif(current_setting('app.agency_id', true), '')::uuid;
  reach text := coalesce(current_setting('app.client_ids', true), '');
  needle text := needles[1];
{more}
BEGIN
  RETURN QUERY
    WITH hits AS MATERIALIZED (
      SELECT l.id AS hit, l.last_call_at AS at FROM crm_lead l
      WHERE l.agency_id = house AND l.search_text LIKE needle {held} AND l.search_text LIKE ALL (others)
        AND (l.archived_at IS NOT NULL) = archived
        AND (reach = '*' OR l.client_id = ANY (nullif(nullif(reach, ''), '*')::uuid[]))
        AND (wanted_client IS NULL OR l.client_id = wanted_client)
    )
    SELECT hit FROM hits ORDER BY at DESC NULLS LAST, hit DESC LIMIT most;
END
"""
ONE = BODY.format(more="  others text[] := needles[2:];", held="")
# Two needles are looked up in the index together: a first name and a last name have few people in common.
TWO = BODY.format(
    more="  second text := coalesce(needles[2], needles[1]);\n  others text[] := needles[3:];",
    held="AND l.search_text LIKE second",
)


def search(body: str) -> migrations.RunSQL:
    arguments = "needles text[], wanted_client uuid, archived boolean, most integer"
    return definer("crm_search_leads", arguments, "SETOF uuid", body)


class Migration(migrations.Migration):
    dependencies = [("crm", "0010_lists_of_leads")]
    operations = [
        migrations.RunSQL(search(ONE).reverse_sql, search(ONE).sql),
        search(TWO),
    ]
