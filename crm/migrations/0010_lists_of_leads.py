import django.db.models.expressions
import django.db.models.functions.comparison
import django.db.models.functions.text
from django.conf import settings
from django.db import migrations, models

from accounts.rls import definer

NAME, RETURNS = "crm_search_leads", "SETOF uuid"
BEFORE = definer(
    NAME,
    "needle text, wanted_client uuid, most integer",
    RETURNS,
    """
DECLARE
  house uuid := nullif(current_setting('app.agency_id', true), '')::uuid;
  reach text := coalesce(current_setting('app.client_ids', true), '');
BEGIN
  RETURN QUERY
    WITH hits AS MATERIALIZED (
      SELECT l.id AS hit, l.last_call_at AS at FROM crm_lead l
      WHERE l.agency_id = house AND l.search_text LIKE needle AND l.archived_at IS NULL
        AND (reach = '*' OR l.client_id = ANY (nullif(nullif(reach, ''), '*')::uuid[]))
        AND (wanted_client IS NULL OR l.client_id = wanted_client)
    )
    SELECT hit FROM hits ORDER BY at DESC NULLS LAST, hit DESC LIMIT most;
END
""",
)
# The first needle is looked up in the index, the others are looked for in what it finds. All hits without ``most``.
NOW = definer(
    NAME,
    "needles text[], wanted_client uuid, archived boolean, most integer",
    RETURNS,
    """
DECLARE
  house uuid := nullif(current_setting('app.agency_id', true), '')::uuid;
  reach text := coalesce(current_setting('app.client_ids', true), '');
  needle text := needles[1];
  others text[] := needles[2:];
BEGIN
  RETURN QUERY
    WITH hits AS MATERIALIZED (
      SELECT l.id AS hit, l.last_call_at AS at FROM crm_lead l
      WHERE l.agency_id = house AND l.search_text LIKE needle AND l.search_text LIKE ALL (others)
        AND (l.archived_at IS NOT NULL) = archived
        AND (reach = '*' OR l.client_id = ANY (nullif(nullif(reach, ''), '*')::uuid[]))
        AND (wanted_client IS NULL OR l.client_id = wanted_client)
    )
    SELECT hit FROM hits ORDER BY at DESC NULLS LAST, hit DESC LIMIT most;
END
""",
)


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0014_pauses"),
        ("crm", "0009_one_person"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RunSQL(BEFORE.reverse_sql, BEFORE.sql),
        NOW,
        migrations.AddField(
            model_name="lead",
            name="sort_name",
            field=models.GeneratedField(
                db_persist=True,
                expression=django.db.models.functions.comparison.NullIf(
                    models.Func(
                        django.db.models.functions.text.Lower("display_name"),
                        models.Value("àáâãäåāăąçćčďđèéêëēęěğìíîïīıłľĺñńňòóôõöøōőŕřśšşťţùúûüūůűýÿźżžßæœ"),
                        models.Value("aaaaaaaaacccddeeeeeeegiiiiiilllnnnoooooooorrsssttuuuuuuuyyzzzsao"),
                        function="TRANSLATE",
                    ),
                    models.Value(""),
                ),
                output_field=models.TextField(null=True),
            ),
        ),
        migrations.AddField(
            model_name="lead",
            name="sort_value",
            field=models.GeneratedField(
                db_persist=True,
                expression=django.db.models.functions.comparison.Cast(
                    django.db.models.expressions.CombinedExpression(
                        models.F("value"), "*", models.Value(100)
                    ),
                    models.BigIntegerField(),
                ),
                output_field=models.BigIntegerField(null=True),
            ),
        ),
        migrations.AddIndex(
            model_name="lead",
            index=models.Index(
                models.F("agency"),
                models.F("client"),
                models.OrderBy(models.F("created_at"), descending=True),
                models.OrderBy(models.F("id"), descending=True),
                condition=models.Q(("archived_at", None)),
                name="lead_created",
            ),
        ),
        migrations.AddIndex(
            model_name="lead",
            index=models.Index(
                models.F("agency"),
                models.OrderBy(models.F("created_at"), descending=True),
                models.OrderBy(models.F("id"), descending=True),
                condition=models.Q(("archived_at", None)),
                name="lead_created_in_agency",
            ),
        ),
        migrations.AddIndex(
            model_name="lead",
            index=models.Index(
                models.F("agency"),
                models.F("client"),
                models.F("sort_name"),
                models.F("id"),
                condition=models.Q(("archived_at", None)),
                name="lead_by_name",
            ),
        ),
        migrations.AddIndex(
            model_name="lead",
            index=models.Index(
                models.F("agency"),
                models.F("sort_name"),
                models.F("id"),
                condition=models.Q(("archived_at", None)),
                name="lead_by_name_in_agency",
            ),
        ),
        migrations.AddIndex(
            model_name="lead",
            index=models.Index(
                models.F("agency"),
                models.F("client"),
                models.OrderBy(models.F("score"), descending=True, nulls_last=True),
                models.OrderBy(models.F("id"), descending=True),
                condition=models.Q(("archived_at", None)),
                name="lead_by_score",
            ),
        ),
        migrations.AddIndex(
            model_name="lead",
            index=models.Index(
                models.F("agency"),
                models.OrderBy(models.F("score"), descending=True, nulls_last=True),
                models.OrderBy(models.F("id"), descending=True),
                condition=models.Q(("archived_at", None)),
                name="lead_by_score_in_agency",
            ),
        ),
        migrations.AddIndex(
            model_name="lead",
            index=models.Index(
                models.F("agency"),
                models.F("client"),
                models.OrderBy(models.F("sort_value"), descending=True, nulls_last=True),
                models.OrderBy(models.F("id"), descending=True),
                condition=models.Q(("archived_at", None)),
                name="lead_by_value",
            ),
        ),
        migrations.AddIndex(
            model_name="lead",
            index=models.Index(
                models.F("agency"),
                models.OrderBy(models.F("sort_value"), descending=True, nulls_last=True),
                models.OrderBy(models.F("id"), descending=True),
                condition=models.Q(("archived_at", None)),
                name="lead_by_value_in_agency",
            ),
        ),
    ]
