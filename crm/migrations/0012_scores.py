import django.db.models.deletion
import django.db.models.manager
from django.db import migrations, models

import accounts.tenancy
import lib.uuid7
from accounts.rls import protect, tie

# What scores count, by table: the column that names the lead, and the columns that are watched.
WATCHED = {
    "crm_lead": (
        "id",
        (
            "email, email_status, phone_e164, phone_is_wrong, linkedin_url, company_id, company_name, title, "
            "seniority, source, sentiment, archived_at, erased_at"
        ),
    ),
    "crm_call": (
        "lead_id",
        "lead_id, kind, direction, started_at, duration_seconds, talk_seconds, answered, rating, category, disposition",
    ),
    "crm_callback": ("lead_id", "lead_id, done_at"),
}
# Whatever writes a fact, in whatever statement, leaves a row here. Nothing is locked and nothing can clash.
MARK = """
INSERT INTO crm_scoredue (id, created_at, updated_at, agency_id, client_id, lead_id, due_at, attempts)
SELECT gen_random_uuid(), now(), now(), x.agency_id, x.client_id, x.lead, now(), 0 FROM ({rows}) x
WHERE x.lead IS NOT NULL;
"""
ROWS = "SELECT DISTINCT agency_id, client_id, {lead} AS lead FROM {source}"
CHANGED = """
  SELECT DISTINCT n.agency_id, n.client_id, unnest(ARRAY[o.{lead}, n.{lead}]) AS lead
  FROM after_rows n JOIN before_rows o ON o.id = n.id WHERE ({new}) IS DISTINCT FROM ({old})
"""
# A suppression names nobody: who has the number or address is looked for. What holds for the whole platform, domains
# and profiles are found by the daily round.
SUPPRESSED = """
  SELECT l.agency_id, l.client_id, l.id AS lead FROM {source} s
    JOIN accounts_client c ON c.agency_id = s.agency_id AND (s.client_id IS NULL OR s.client_id = c.id)
    JOIN crm_lead l ON l.agency_id = c.agency_id AND l.client_id = c.id AND l.phone_e164 = s.value
    WHERE s.kind = 'phone' AND s.value <> ''
  UNION
  SELECT l.agency_id, l.client_id, l.id FROM {source} s
    JOIN accounts_client c ON c.agency_id = s.agency_id AND (s.client_id IS NULL OR s.client_id = c.id)
    JOIN crm_lead l ON l.agency_id = c.agency_id AND l.client_id = c.id AND lower(l.email) = s.value
    WHERE s.kind = 'email' AND s.value <> ''
"""
TABLES = {
    "INSERT": "NEW TABLE AS after_rows",
    "UPDATE": "OLD TABLE AS before_rows NEW TABLE AS after_rows",
    "DELETE": "OLD TABLE AS before_rows",
}
POINTS = """
CREATE FUNCTION crm_points(components jsonb) RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $body$
  SELECT coalesce(sum((each ->> 'points')::bigint), 0)::bigint FROM jsonb_array_elements(components) each
$body$
"""
SUM = """
ALTER TABLE crm_leadscore ADD CONSTRAINT score_is_the_sum
  CHECK (components = '[]'::jsonb OR crm_points(components) = total)
"""


def watch(table: str, marks: dict[str, str]) -> migrations.RunSQL:
    """Run the statements of ``marks`` after each insert, update or delete of ``table``, over the rows it touched."""
    name = f"{table}_scores"
    branches = "".join(f"IF TG_OP = '{deed}' THEN {sql} END IF;\n" for deed, sql in marks.items())
    return migrations.RunSQL(
        [
            f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $body$ BEGIN {branches} RETURN NULL; END $body$",
            *(
                f"CREATE TRIGGER scores_{deed.lower()} AFTER {deed} ON {table} REFERENCING {TABLES[deed]} "
                f"FOR EACH STATEMENT EXECUTE FUNCTION {name}()"
                for deed in marks
            ),
        ],
        [*(f"DROP TRIGGER scores_{deed.lower()} ON {table}" for deed in marks), f"DROP FUNCTION {name}()"],
    )


def watched(table: str, lead: str, columns: str) -> migrations.RunSQL:
    names = columns.split(", ")
    new, old = (", ".join(f"{side}.{each}" for each in names) for side in "no")
    marks = {
        "INSERT": MARK.format(rows=ROWS.format(lead=lead, source="after_rows")),
        "UPDATE": MARK.format(rows=CHANGED.format(lead=lead, new=new, old=old)),
    }
    if lead != "id":  # a lead that is gone has no score
        marks["DELETE"] = MARK.format(rows=ROWS.format(lead=lead, source="before_rows"))
    return watch(table, marks)


class Migration(migrations.Migration):
    dependencies = [("accounts", "0017_own_records"), ("crm", "0011_search_by_two_words")]
    operations = [
        migrations.CreateModel(
            name="ScoreDue",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=lib.uuid7.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("lead_id", models.UUIDField()),
                ("due_at", models.DateTimeField()),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                (
                    "agency",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.agency",
                    ),
                ),
                (
                    "client",
                    accounts.tenancy.TenantForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.client",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "scores due",
                "abstract": False,
                "base_manager_name": "unscoped",
                "default_manager_name": "unscoped",
                "indexes": [
                    models.Index(fields=["due_at", "id"], name="score_due"),
                    models.Index(fields=["agency", "client", "lead_id"], name="score_due_of_lead"),
                ],
            },
            managers=[
                ("unscoped", django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name="ScoringRound",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=lib.uuid7.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("due_at", models.DateTimeField()),
                ("after", models.UUIDField(blank=True, null=True)),
                ("began_at", models.DateTimeField(blank=True, null=True)),
                ("done_at", models.DateTimeField(blank=True, null=True)),
                (
                    "agency",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.agency",
                    ),
                ),
                (
                    "client",
                    accounts.tenancy.TenantForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.client",
                    ),
                ),
            ],
            options={
                "abstract": False,
                "base_manager_name": "unscoped",
                "default_manager_name": "unscoped",
                "indexes": [models.Index(fields=["due_at"], name="scoring_round_due")],
                "constraints": [
                    models.UniqueConstraint(fields=("agency", "client"), name="scoring_round_once")
                ],
            },
            managers=[
                ("unscoped", django.db.models.manager.Manager()),
            ],
        ),
        protect("crm_scoredue"),
        protect("crm_scoringround"),
        tie("crm_scoredue", "client_id", "accounts_client"),
        tie("crm_scoringround", "client_id", "accounts_client"),
        *(watched(table, lead, columns) for table, (lead, columns) in WATCHED.items()),
        watch(
            "crm_suppression",
            {
                "INSERT": MARK.format(rows=SUPPRESSED.format(source="after_rows")),
                "UPDATE": MARK.format(rows=SUPPRESSED.format(source="after_rows")),
                "DELETE": MARK.format(rows=SUPPRESSED.format(source="before_rows")),
            },
        ),
        # Empty are the components of erased people alone, and of people of whom nothing is known.
        migrations.RunSQL(
            [
                POINTS,
                SUM,
            ],
            ["ALTER TABLE crm_leadscore DROP CONSTRAINT score_is_the_sum", "DROP FUNCTION crm_points(jsonb)"],
        ),
    ]
