from django.db import migrations

from accounts.rls import definer

# The timeline is append-only for the runtime role. These two let it follow a merge that stands in the log, and lose its
# words when its person is erased; both look at rows of the scope in force alone.
IN_SCOPE = """
  house uuid := nullif(current_setting('app.agency_id', true), '')::uuid;
  clients text := coalesce(current_setting('app.client_ids', true), '');
"""
FOLLOW = """
DECLARE
  {scope}
  m crm_leadmerge;
BEGIN
  SELECT * INTO m FROM crm_leadmerge r WHERE r.id = merge AND r.agency_id = house AND r.undone_at IS NULL
    AND (clients = '*' OR r.client_id = ANY (nullif(nullif(clients, '*'), '')::uuid[]));
  IF NOT FOUND THEN
    RETURN;
  ELSIF back THEN
    RETURN QUERY UPDATE crm_activity a SET lead_id = m.merged_id
      WHERE a.agency_id = m.agency_id AND a.client_id = m.client_id AND a.lead_id = m.kept_id
      AND a.id IN (SELECT jsonb_array_elements_text(m.moved -> 'Activity.lead')::uuid) RETURNING a.id;
  ELSE
    RETURN QUERY UPDATE crm_activity a SET lead_id = m.kept_id
      WHERE a.agency_id = m.agency_id AND a.client_id = m.client_id AND a.lead_id = m.merged_id RETURNING a.id;
  END IF;
END
"""
FORGET = """
DECLARE
  {scope}
  emptied integer;
BEGIN
  UPDATE crm_activity a SET content_snapshot = '', provider_message_id = '', metadata =
      CASE WHEN a.metadata ? 'acting' THEN jsonb_build_object('acting', a.metadata -> 'acting') ELSE '{}' END
    FROM crm_lead l
    WHERE l.id = erased AND l.erased_at IS NOT NULL AND l.agency_id = house
    AND (clients = '*' OR l.client_id = ANY (nullif(nullif(clients, '*'), '')::uuid[]))
    AND a.agency_id = l.agency_id AND a.client_id = l.client_id AND (a.lead_id = l.id
      OR a.call_id IN (SELECT c.id FROM crm_call c WHERE c.agency_id = l.agency_id AND c.lead_id = l.id));
  GET DIAGNOSTICS emptied = ROW_COUNT;
  RETURN emptied;
END
"""
# What happened before contacts were told as they came in.
TELL = """
INSERT INTO crm_activity (id, created_at, updated_at, agency_id, client_id, lead_id, call_id, campaign_id, channel,
  action, provider_message_id, led_to_booking, content_snapshot, metadata, occurred_at)
SELECT gen_random_uuid(), now(), now(), agency_id, client_id, lead_id, id, campaign_id,
  CASE kind WHEN 'call' THEN 'voice' WHEN 'text' THEN 'sms' ELSE 'other' END,
  CASE WHEN kind = 'form' THEN 'form_received'
    ELSE CASE kind WHEN 'call' THEN 'call' ELSE 'message' END
      || CASE WHEN direction = 'inbound' THEN '_received' WHEN kind = 'call' THEN '_made' ELSE '_sent' END END,
  '', false, '', '{}', started_at
FROM crm_call c WHERE lead_id IS NOT NULL AND NOT EXISTS (SELECT FROM crm_activity a WHERE a.agency_id = c.agency_id
  AND a.call_id = c.id AND a.action IN ('call_received', 'call_made', 'message_received', 'message_sent', 'form_received'))
"""


def scoped(body: str) -> str:
    return body.replace("{scope}", IN_SCOPE)


class Migration(migrations.Migration):
    dependencies = [("crm", "0008_conversions")]
    operations = [
        definer(
            "crm_activities_follow", "merge uuid, back boolean", "SETOF uuid", scoped(FOLLOW), writes=True
        ),
        definer("crm_activities_forget", "erased uuid", "integer", scoped(FORGET), writes=True),
        migrations.RunSQL(["SET LOCAL ROLE portal_platform", TELL, "RESET ROLE"], migrations.RunSQL.noop),
    ]
