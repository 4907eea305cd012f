from django.db import migrations

# Who a person is and where they may act from, in one statement: it runs with every request.
PRINCIPAL = """
  json_build_object(
    'user', (SELECT row_to_json(u) FROM accounts_user u WHERE u.id = {person}),
    'memberships', (
      SELECT coalesce(json_agg(json_build_object('agency_id', m.agency_id, 'client_id', m.client_id,
          'client_name', c.name, 'role', m.role, 'client_access', m.client_access)
          ORDER BY m.client_id IS NOT NULL, c.name, m.role), '[]')
      FROM accounts_membership m LEFT JOIN accounts_client c ON c.id = m.client_id
      WHERE m.user_id = {person} AND m.accepted_at IS NOT NULL AND m.revoked_at IS NULL AND c.archived_at IS NULL),
    'agencies', (
      SELECT coalesce(json_agg(json_build_object('id', a.id, 'name', a.name, 'timezone', a.timezone,
          'brand', a.branding->>'brand', 'glyph', a.branding->>'glyph') ORDER BY a.name), '[]')
      FROM accounts_agency a WHERE a.status = 'active' AND a.id IN (
        SELECT m.agency_id FROM accounts_membership m LEFT JOIN accounts_client c ON c.id = m.client_id
        WHERE m.user_id = {person} AND m.accepted_at IS NOT NULL AND m.revoked_at IS NULL AND c.archived_at IS NULL)),
    'assigned', (
      SELECT coalesce(json_agg(DISTINCT s.client_id), '[]')
      FROM accounts_clientassignment s WHERE s.user_id = {person})
  )::text
"""
KNOWN = """
DECLARE found text;
BEGIN
  SELECT {principal} INTO found FROM accounts_user p WHERE p.id = wanted;
  RETURN found;
END
"""
VISITOR = """
DECLARE found text[];
BEGIN
  SELECT ARRAY[
    json_build_object('key_hash', v.key_hash, 'previous_key_hash', v.previous_key_hash, 'turned_at', v.turned_at,
      'confirmed_at', v.confirmed_at, 'grace_until', v.grace_until, 'sliding_expiry_at', v.sliding_expiry_at,
      'absolute_expiry_at', v.absolute_expiry_at, 'revoked_at', v.revoked_at, 'revoked_reason', v.revoked_reason,
      'user_id', v.user_id, 'data', v.data)::text,
    CASE WHEN v.user_id IS NOT NULL THEN {principal} END]
  INTO found FROM accounts_usersession v WHERE v.id = wanted AND v.kind = 'browser';
  RETURN found;
END
"""


def definer(name: str, returns: str, body: str) -> list[str]:
    """Plans are kept, unlike those of searches: see ``accounts.rls.definer``."""
    traits = "LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp"
    return [
        f"DROP FUNCTION IF EXISTS {name}(uuid)",
        f"CREATE FUNCTION {name}(wanted uuid) RETURNS {returns} {traits} AS $body$ {body} $body$",
        f"REVOKE ALL ON FUNCTION {name}(uuid) FROM PUBLIC",
        f"GRANT EXECUTE ON FUNCTION {name}(uuid) TO portal_app",
        "GRANT CREATE ON SCHEMA public TO portal_platform",
        f"ALTER FUNCTION {name}(uuid) OWNER TO portal_platform",
        "REVOKE CREATE ON SCHEMA public FROM portal_platform",
    ]


class Migration(migrations.Migration):
    """The session and who is signed in, in one look-up with every request."""

    dependencies = [("accounts", "0008_fences")]
    operations = [
        migrations.RunSQL(
            definer("accounts_principal", "text", KNOWN.format(principal=PRINCIPAL.format(person="p.id"))),
            migrations.RunSQL.noop,
        ),
        migrations.RunSQL(
            definer(
                "accounts_visitor", "text[]", VISITOR.format(principal=PRINCIPAL.format(person="v.user_id"))
            ),
            "DROP FUNCTION accounts_visitor(uuid)",
        ),
    ]
