from django.db import migrations

from accounts.rls import anchor, protect, tie

LEDGER = """
CREATE FUNCTION accounts_ledger_refuse() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN RAISE EXCEPTION 'The ledger of credits is append-only.'; END
$body$;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON accounts_credittransaction
  FOR EACH ROW EXECUTE FUNCTION accounts_ledger_refuse();
REVOKE UPDATE, DELETE ON accounts_credittransaction FROM portal_app, portal_platform
"""
UNDO = """
DROP TRIGGER append_only ON accounts_credittransaction;
DROP FUNCTION accounts_ledger_refuse();
GRANT UPDATE, DELETE ON accounts_credittransaction TO portal_app, portal_platform
"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0007_people_and_packages")]
    operations = [
        protect("accounts_actiontoken", person="user_id"),
        tie("accounts_actiontoken", "client_id", "accounts_client"),
        protect("accounts_impersonationsession"),
        tie("accounts_impersonationsession", "client_id", "accounts_client"),
        protect("accounts_servicepackage", client=None),
        anchor("accounts_servicepackage", "agency_id"),
        protect("accounts_subscription"),
        tie("accounts_subscription", "client_id", "accounts_client"),
        tie("accounts_subscription", "package_id", "accounts_servicepackage"),
        protect("accounts_credittransaction"),
        tie("accounts_credittransaction", "client_id", "accounts_client"),
        migrations.RunSQL(LEDGER, UNDO),
    ]
