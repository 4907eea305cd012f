from django.db import migrations, models

# Deals stood at the moment at which they were written down.
MOVE = """
UPDATE crm_outcome o SET occurred_at = (a.agreed_date + time '12:00') AT TIME ZONE c.timezone, updated_at = now()
FROM crm_serviceagreement a JOIN accounts_client c ON c.id = a.client_id
WHERE o.agreement_id = a.id AND o.agency_id = a.agency_id AND o.kind = 'deal'
"""


class Migration(migrations.Migration):
    dependencies = [("crm", "0016_different_people")]
    operations = [
        migrations.RunSQL(["SET LOCAL ROLE portal_platform", MOVE, "RESET ROLE"], migrations.RunSQL.noop),
        migrations.AddIndex(
            model_name="call",
            index=models.Index(
                condition=models.Q(("direction", "outbound")),
                fields=["agency", "client", "to_number"],
                name="call_dialled",
            ),
        ),
    ]
