from importlib import import_module

from django.db import migrations

brand = import_module("accounts.migrations.0013_brand")
OWN = brand.LOOKS.replace(
    "'client_access', m.client_access", "'client_access', m.client_access, 'record_access', m.record_access"
)


class Migration(migrations.Migration):
    """Whether somebody sees their own records alone comes with who is signed in."""

    dependencies = [("accounts", "0016_shares_concerns")]
    operations = [migrations.RunSQL(brand.look_ups(OWN), brand.look_ups(brand.LOOKS))]
