from importlib import import_module

from django.db import migrations

from accounts.rls import TRAITS

FORGET: str = import_module("crm.migrations.0006_imports").FORGET
# An import tells of moves and campaigns, too.
MORE = FORGET.replace("'import_undone')", "'import_undone', 'stage_changed', 'campaign_joined')")
HEAD = "crm_forget_import(leads uuid[], job uuid)"


def redefine(body: str) -> list[str]:
    """Give ``crm_forget_import`` another body; owner and grants stay."""
    traits = TRAITS.replace("STABLE", "VOLATILE")
    return [
        "GRANT CREATE ON SCHEMA public TO portal_platform",
        "SET LOCAL ROLE portal_platform",
        f"CREATE OR REPLACE FUNCTION {HEAD} RETURNS void {traits} AS $body$ {body} $body$",
        "RESET ROLE",
        "REVOKE CREATE ON SCHEMA public FROM portal_platform",
    ]


class Migration(migrations.Migration):
    dependencies = [("crm", "0020_archived_addresses")]
    operations = [migrations.RunSQL(redefine(MORE), redefine(FORGET))]
