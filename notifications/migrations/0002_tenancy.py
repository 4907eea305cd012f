from django.db import migrations

from accounts.rls import protect, tie


class Migration(migrations.Migration):
    dependencies = [("notifications", "0001_initial"), ("accounts", "0002_tenancy")]
    operations = [
        protect("notifications_notification"),
        tie("notifications_notification", "client_id", "accounts_client"),
    ]
