from django.db import migrations

from accounts.rls import protect, tie

# The heads belong to the owner and to nobody else: what the chain must end with cannot be written by those who add to it.
HEADS = """
CREATE TABLE accounts_audithead (chain uuid PRIMARY KEY, seq bigint NOT NULL, hash text NOT NULL);
REVOKE ALL ON accounts_audithead FROM portal_app, portal_platform
"""

# Empty columns don't count, so that a column added later leaves the digests of older rows as they are.
DIGEST = """
CREATE FUNCTION accounts_audit_digest(event accounts_auditevent) RETURNS text
LANGUAGE sql STABLE SET search_path = public, pg_temp SET timezone = 'UTC' AS $body$
  SELECT encode(sha256(convert_to(jsonb_strip_nulls(to_jsonb(event) - 'hash')::text, 'UTF8')), 'hex')
$body$
"""

CHAIN = """
CREATE FUNCTION accounts_audit_chain() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $body$
DECLARE
  wanted uuid := coalesce(NEW.agency_id, '00000000-0000-0000-0000-000000000000');
  head accounts_audithead;
BEGIN
  INSERT INTO accounts_audithead VALUES (wanted, 0, '') ON CONFLICT DO NOTHING;
  SELECT * INTO head FROM accounts_audithead WHERE chain = wanted FOR UPDATE;
  NEW.seq := head.seq + 1;
  NEW.prev_hash := head.hash;
  NEW.hash := accounts_audit_digest(NEW);
  UPDATE accounts_audithead SET seq = NEW.seq, hash = NEW.hash WHERE chain = wanted;
  RETURN NEW;
END
$body$;
CREATE TRIGGER chain BEFORE INSERT ON accounts_auditevent FOR EACH ROW EXECUTE FUNCTION accounts_audit_chain()
"""

REFUSE = """
CREATE FUNCTION accounts_audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN RAISE EXCEPTION 'The audit log is append-only.'; END
$body$;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON accounts_auditevent
  FOR EACH ROW EXECUTE FUNCTION accounts_audit_refuse();
REVOKE UPDATE, DELETE ON accounts_auditevent FROM portal_app, portal_platform
"""

VERIFY = """
CREATE FUNCTION accounts_audit_head(wanted uuid) RETURNS accounts_audithead
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $body$
  SELECT * FROM accounts_audithead WHERE chain = coalesce(wanted, '00000000-0000-0000-0000-000000000000')
$body$;
REVOKE ALL ON FUNCTION accounts_audit_head(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION accounts_audit_head(uuid) TO portal_platform;
CREATE FUNCTION accounts_audit_first_broken(wanted uuid) RETURNS bigint
LANGUAGE plpgsql STABLE SET search_path = public, pg_temp AS $body$
DECLARE
  event accounts_auditevent;
  head accounts_audithead := accounts_audit_head(wanted);
  last text := '';
  number bigint := 0;
BEGIN
  FOR event IN SELECT * FROM accounts_auditevent WHERE agency_id IS NOT DISTINCT FROM wanted ORDER BY seq LOOP
    number := number + 1;
    IF event.seq <> number OR event.prev_hash <> last OR event.hash <> accounts_audit_digest(event) THEN
      RETURN number;
    END IF;
    last := event.hash;
  END LOOP;
  IF number <> coalesce(head.seq, 0) OR last <> coalesce(head.hash, '') THEN
    RETURN number + 1;
  END IF;
  RETURN NULL;
END
$body$
"""

UNDO = """
DROP FUNCTION accounts_audit_first_broken(uuid);
DROP FUNCTION accounts_audit_head(uuid);
DROP TRIGGER append_only ON accounts_auditevent;
DROP FUNCTION accounts_audit_refuse();
DROP TRIGGER chain ON accounts_auditevent;
DROP FUNCTION accounts_audit_chain();
DROP FUNCTION accounts_audit_digest(accounts_auditevent);
DROP TABLE accounts_audithead
"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0004_audit")]
    operations = [
        protect("accounts_auditevent"),
        tie("accounts_auditevent", "client_id", "accounts_client"),
        migrations.RunSQL([HEADS, DIGEST, CHAIN, REFUSE, VERIFY], UNDO),
    ]
