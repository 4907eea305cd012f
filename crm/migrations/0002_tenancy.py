from django.db import migrations

from accounts.rls import anchor, definer, protect, tie

TABLES = (
    "lead", "pipelinestage", "tag", "leadtag", "call", "calltag", "callclassification", "classificationpolicy",
    "activity", "note", "ctmaccount", "ctmsyncrun",
)  # fmt: skip
BOTH = ("agency_id", "client_id")
REFERENCES = (
    ("lead", "stage_id", "pipelinestage"),
    ("leadtag", "lead_id", "lead"),
    ("leadtag", "tag_id", "tag"),
    ("call", "lead_id", "lead"),
    ("calltag", "call_id", "call"),
    ("calltag", "tag_id", "tag"),
    ("callclassification", "call_id", "call"),
    ("activity", "lead_id", "lead"),
    ("activity", "call_id", "call"),
    ("note", "lead_id", "lead"),
    ("note", "call_id", "call"),
    ("ctmsyncrun", "account_id", "ctmaccount"),
)

SEARCH = """
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
"""


class Migration(migrations.Migration):
    dependencies = [("crm", "0001_initial"), ("integrations", "0002_tenancy")]
    operations = [
        *(protect(f"crm_{table}") for table in TABLES),
        *(tie(f"crm_{table}", "client_id", "accounts_client") for table in TABLES),
        *(anchor(f"crm_{table}", *BOTH) for table in ("lead", "pipelinestage", "tag", "call", "ctmaccount")),
        *(tie(f"crm_{table}", column, f"crm_{target}", through=BOTH) for table, column, target in REFERENCES),
        tie("crm_ctmaccount", "credential_id", "integrations_credential"),
        tie("crm_ctmaccount", "signing_credential_id", "integrations_credential"),
        definer("crm_search_leads", "needle text, wanted_client uuid, most integer", "SETOF uuid", SEARCH),
        # What happened stays as it happened, for the product's own role.
        migrations.RunSQL("REVOKE UPDATE, DELETE ON crm_activity FROM portal_app", migrations.RunSQL.noop),
    ]
