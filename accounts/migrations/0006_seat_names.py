from importlib import import_module

from django.db import migrations

PRINCIPAL: str = import_module("accounts.migrations.0002_tenancy").PRINCIPAL
NAMED = PRINCIPAL.replace("'client_id', m.client_id,", "'client_id', m.client_id, 'client_name', c.name,")


TRAITS = "LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp"


def redefine(body: str) -> list[str]:
    """Give ``accounts_principal`` another body; owner and grants stay, and so does its keeping of plans."""
    return [
        "GRANT CREATE ON SCHEMA public TO portal_platform",
        "SET LOCAL ROLE portal_platform",
        f"CREATE OR REPLACE FUNCTION accounts_principal(wanted uuid) RETURNS jsonb {TRAITS} AS $body$ {body} $body$",
        "RESET ROLE",
        "REVOKE CREATE ON SCHEMA public FROM portal_platform",
    ]


class Migration(migrations.Migration):
    """Seats are chosen by name."""

    dependencies = [("accounts", "0005_audit_chain")]
    operations = [migrations.RunSQL(redefine(NAMED), redefine(PRINCIPAL))]
