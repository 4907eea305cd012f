from django.db import migrations

from accounts.rls import GRANTS, anchor, definer, protect, tie

PRINCIPAL = """
DECLARE person jsonb; held jsonb; houses jsonb; mine jsonb;
BEGIN
  SELECT to_jsonb(u) INTO person FROM accounts_user u WHERE u.id = wanted;
  IF person IS NULL THEN RETURN NULL; END IF;
  SELECT coalesce(jsonb_agg(jsonb_build_object('agency_id', m.agency_id, 'client_id', m.client_id,
      'role', m.role, 'client_access', m.client_access)
      ORDER BY m.client_id IS NOT NULL, c.name, m.role), '[]')
    INTO held
    FROM accounts_membership m LEFT JOIN accounts_client c ON c.id = m.client_id
    WHERE m.user_id = wanted AND m.accepted_at IS NOT NULL AND m.revoked_at IS NULL AND c.archived_at IS NULL;
  SELECT coalesce(jsonb_agg(jsonb_build_object('id', a.id, 'name', a.name, 'timezone', a.timezone,
      'brand', a.branding->>'brand', 'glyph', a.branding->>'glyph') ORDER BY a.name), '[]')
    INTO houses
    FROM accounts_agency a
    WHERE a.status = 'active' AND a.id IN (SELECT (each->>'agency_id')::uuid FROM jsonb_array_elements(held) each);
  SELECT coalesce(jsonb_agg(DISTINCT s.client_id), '[]') INTO mine
    FROM accounts_clientassignment s WHERE s.user_id = wanted;
  RETURN jsonb_build_object('user', person, 'memberships', held, 'agencies', houses, 'assigned', mine);
END
"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial")]
    operations = [
        migrations.RunSQL(GRANTS, migrations.RunSQL.noop),
        protect("accounts_agency", agency="id", client=None),
        protect("accounts_client", client="id"),
        protect("accounts_clientprofile"),
        protect("accounts_membership"),
        protect("accounts_clientassignment"),
        anchor("accounts_client", "agency_id"),
        tie("accounts_clientprofile", "client_id", "accounts_client"),
        tie("accounts_membership", "client_id", "accounts_client"),
        tie("accounts_clientassignment", "client_id", "accounts_client"),
        definer("accounts_principal", "wanted uuid", "jsonb", PRINCIPAL),
    ]
