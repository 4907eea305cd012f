from django.db import migrations


class Migration(migrations.Migration):
    """Let the look-up of who is signed in keep its plans: it runs with every request and planning was most of it."""

    dependencies = [("accounts", "0002_tenancy")]
    operations = [
        migrations.RunSQL(
            "ALTER FUNCTION accounts_principal(uuid) RESET plan_cache_mode",
            "ALTER FUNCTION accounts_principal(uuid) SET plan_cache_mode = force_custom_plan",
        ),
    ]
