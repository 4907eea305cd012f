from django.db import migrations

from accounts.rls import anchor, definer, protect, share, tie

SHARED = ("market", "journeytemplate", "journeytemplatestep")
OF_CLIENTS = (
    "company", "signal", "campaign", "campaignassignment", "campaignmember", "callback", "service", "customer",
    "serviceagreement", "outcome", "outcomemilestone", "journey", "journeystep", "conversion", "redactionreceipt",
    "scoringmodel", "leadscore", "importjob", "importrow", "inboundform", "formsubmission", "leadmerge", "erasure",
)  # fmt: skip
PERSONAL = "savedview"  # whoever made it always sees it, also across the clients they are assigned
TABLES = (*SHARED, *OF_CLIENTS, PERSONAL)
ANCHORS = (
    "company", "campaign", "service", "customer", "serviceagreement", "journey", "importjob", "inboundform",
)  # fmt: skip
BOTH = ("agency_id", "client_id")
REFERENCES = (
    ("lead", "company_id", "company"),
    ("lead", "merged_into_id", "lead"),
    ("call", "campaign_id", "campaign"),
    ("call", "customer_id", "customer"),
    ("activity", "campaign_id", "campaign"),
    ("activity", "journey_id", "journey"),
    ("activity", "customer_id", "customer"),
    ("note", "journey_id", "journey"),
    ("note", "customer_id", "customer"),
    ("signal", "lead_id", "lead"),
    ("signal", "company_id", "company"),
    ("campaignassignment", "campaign_id", "campaign"),
    ("campaignmember", "campaign_id", "campaign"),
    ("campaignmember", "lead_id", "lead"),
    ("callback", "lead_id", "lead"),
    ("callback", "call_id", "call"),
    ("callback", "campaign_id", "campaign"),
    ("customer", "lead_id", "lead"),
    ("serviceagreement", "customer_id", "customer"),
    ("serviceagreement", "journey_id", "journey"),
    ("serviceagreement", "service_id", "service"),
    ("outcome", "lead_id", "lead"),
    ("outcome", "customer_id", "customer"),
    ("outcome", "agreement_id", "serviceagreement"),
    ("outcomemilestone", "lead_id", "lead"),
    ("journey", "lead_id", "lead"),
    ("journey", "call_id", "call"),
    ("journey", "customer_id", "customer"),
    ("journey", "service_id", "service"),
    ("journey", "parent_id", "journey"),
    ("journeystep", "journey_id", "journey"),
    ("conversion", "journey_id", "journey"),
    ("conversion", "customer_id", "customer"),
    ("conversion", "call_id", "call"),
    ("leadscore", "lead_id", "lead"),
    ("importjob", "campaign_id", "campaign"),
    ("importrow", "job_id", "importjob"),
    ("formsubmission", "form_id", "inboundform"),
    ("formsubmission", "lead_id", "lead"),
    ("formsubmission", "call_id", "call"),
    ("leadmerge", "kept_id", "lead"),
    ("leadmerge", "merged_id", "lead"),
    ("erasure", "lead_id", "lead"),
)
# Rows of the agency or of one client: the agency alone is in the key.
OF_THE_HOUSE = (
    ("campaign", "market_id", "market"),
    ("journey", "template_id", "journeytemplate"),
    ("journeytemplatestep", "template_id", "journeytemplate"),
)

# Whether somebody must not be contacted is asked across scopes that the asker may not read.
SUPPRESSED = """
DECLARE
  house uuid := nullif(current_setting('app.agency_id', true), '')::uuid;
BEGIN
  RETURN QUERY
    SELECT s.value_hash::text FROM crm_suppression s
    WHERE s.value_hash = ANY (hashes)
      AND (s.agency_id IS NULL OR (s.agency_id = house AND (s.client_id IS NULL OR s.client_id = wanted_client)))
      AND (s.channels IS NULL OR wanted_channel IS NULL OR wanted_channel = ANY (s.channels))
      AND (s.expires_at IS NULL OR s.expires_at > asked_at);
END
"""


class Migration(migrations.Migration):
    dependencies = [("crm", "0003_people_and_work")]
    operations = [
        *(protect(f"crm_{table}") for table in (*SHARED, *OF_CLIENTS)),
        *(share(f"crm_{table}") for table in SHARED),
        protect(f"crm_{PERSONAL}", person="owner_id"),
        protect("crm_suppression"),
        *(tie(f"crm_{table}", "client_id", "accounts_client") for table in (*TABLES, "suppression")),
        *(anchor(f"crm_{table}", *BOTH) for table in ANCHORS),
        *(anchor(f"crm_{table}", "agency_id") for table in ("market", "journeytemplate")),
        *(tie(f"crm_{table}", column, f"crm_{target}", through=BOTH) for table, column, target in REFERENCES),
        *(tie(f"crm_{table}", column, f"crm_{target}") for table, column, target in OF_THE_HOUSE),
        definer(
            "crm_suppressed",
            "hashes text[], wanted_client uuid, wanted_channel text, asked_at timestamptz",
            "SETOF text",
            SUPPRESSED,
        ),
        # What was destroyed, erased and scored stays on record, for the product's own role.
        migrations.RunSQL(
            "REVOKE UPDATE, DELETE ON crm_redactionreceipt, crm_erasure FROM portal_app",
            migrations.RunSQL.noop,
        ),
    ]
