from django.db import migrations

from accounts.rls import definer

VISITOR = """
DECLARE found jsonb;
BEGIN
  SELECT to_jsonb(s) INTO found FROM (
    SELECT key_hash, previous_key_hash, turned_at, confirmed_at, grace_until, sliding_expiry_at, absolute_expiry_at,
      revoked_at, revoked_reason, user_id, data
    FROM accounts_usersession WHERE id = wanted AND kind = 'browser') s;
  IF found IS NULL THEN RETURN; END IF;
  RETURN QUERY SELECT found,
    CASE WHEN found->>'user_id' IS NOT NULL THEN accounts_principal((found->>'user_id')::uuid) END;
END
"""


class Migration(migrations.Migration):
    """The session and who is signed in, in one look-up with every request."""

    dependencies = [("accounts", "0008_fences")]
    operations = [
        definer("accounts_visitor", "wanted uuid", "TABLE (session jsonb, principal jsonb)", VISITOR),
        migrations.RunSQL(
            "ALTER FUNCTION accounts_visitor(uuid) RESET plan_cache_mode", migrations.RunSQL.noop
        ),
    ]
