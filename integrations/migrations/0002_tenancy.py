from django.db import migrations

from accounts.rls import anchor, protect, tie

TABLES = ("credential", "inboundevent", "outboxevent", "writelog")


class Migration(migrations.Migration):
    dependencies = [("integrations", "0001_initial"), ("accounts", "0002_tenancy")]
    operations = [
        *(protect(f"integrations_{table}") for table in TABLES),
        protect("integrations_outboxdelivery", client=None),
        *(tie(f"integrations_{table}", "client_id", "accounts_client") for table in TABLES),
        anchor("integrations_credential", "agency_id"),
        anchor("integrations_outboxevent", "agency_id"),
        tie("integrations_outboxdelivery", "event_id", "integrations_outboxevent"),
    ]
