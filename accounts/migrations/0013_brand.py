from importlib import import_module

from django.db import migrations

visitor = import_module("accounts.migrations.0009_visitor")
LOOKS = visitor.PRINCIPAL.replace(
    "'brand', a.branding->>'brand'",
    "'slug', a.slug, 'logo', a.branding->>'logo', 'brand', a.branding->>'brand'",
)
# Pages that nobody is signed in to show the agency of the address, or the only one there is.
BRAND = """
DECLARE found text;
BEGIN
  SELECT json_build_object('name', a.name, 'slug', a.slug, 'brand', coalesce(a.branding->>'brand', ''),
      'logo', coalesce(a.branding->>'logo', '')) INTO found
    FROM accounts_agency a WHERE a.status = 'active' AND (a.slug = wanted
      OR NOT EXISTS (SELECT 1 FROM accounts_agency o WHERE o.status = 'active' AND o.id <> a.id));
  RETURN found;
END
"""


def look_ups(principal: str) -> list[str]:
    return [
        *visitor.definer(
            "accounts_principal", "text", visitor.KNOWN.format(principal=principal.format(person="p.id"))
        ),
        *visitor.definer(
            "accounts_visitor",
            "text[]",
            visitor.VISITOR.format(principal=principal.format(person="v.user_id")),
        ),
    ]


class Migration(migrations.Migration):
    """The agency's looks come with who is signed in."""

    dependencies = [("accounts", "0012_ledger_follows")]
    operations = [
        migrations.RunSQL(look_ups(LOOKS), look_ups(visitor.PRINCIPAL)),
        migrations.RunSQL(
            [
                each.replace("(uuid)", "(text)").replace("wanted uuid", "wanted text")
                for each in visitor.definer("accounts_brand", "text", BRAND)
            ],
            "DROP FUNCTION accounts_brand(text)",
        ),
    ]
