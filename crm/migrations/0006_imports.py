from django.db import migrations, models

from accounts.rls import definer

# An import that is taken back leaves no lead, and so no line about it either. Lines of other deeds keep their lead.
FORGET = """
DECLARE
  house uuid := nullif(current_setting('app.agency_id', true), '')::uuid;
  reach text := coalesce(current_setting('app.client_ids', true), '');
BEGIN
  DELETE FROM crm_activity a
  WHERE a.agency_id = house AND a.lead_id = ANY (leads) AND a.metadata->>'job' = job::text
    AND a.action IN ('imported', 'import_changed', 'import_undone')
    AND (reach = '*' OR a.client_id = ANY (nullif(nullif(reach, ''), '*')::uuid[]));
END
"""


class Migration(migrations.Migration):
    dependencies = [("crm", "0005_suppression_key")]
    operations = [
        migrations.AlterField(
            model_name="importjob", name="mapping", field=models.JSONField(blank=True, default=list)
        ),
        definer("crm_forget_import", "leads uuid[], job uuid", "void", FORGET, writes=True),
    ]
