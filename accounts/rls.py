"""Migration operations that put a tenant table behind row-level security and tie its references.

``protect`` enables and forces row-level security with two policies: the runtime role sees the rows of the scope
in force, the platform role sees all. ``tie`` makes a reference composite, because foreign keys bypass row-level
security: without the tenant in the key, agency A's call may point at agency B's lead.
"""

from collections.abc import Sequence

from django.db import migrations

AGENCY = "(SELECT nullif(current_setting('app.agency_id', true), '')::uuid)"
# Sub-selects, so that the settings are read once a statement and not once a row.
ALL_CLIENTS = "(SELECT coalesce(current_setting('app.client_ids', true), '') = '*')"
THESE_CLIENTS = (
    "((SELECT nullif(nullif(coalesce(current_setting('app.client_ids', true), ''), '*'), ''))::uuid[])"
)
USER = "(SELECT nullif(current_setting('app.user_id', true), '')::uuid)"


def protect(
    table: str, *, agency: str = "agency_id", client: str | None = "client_id", person: str | None = None
) -> migrations.RunSQL:
    """``client`` names the column that client users are held to; None when the whole agency may see the rows.

    ``person`` names a column whose user always sees their own rows.
    """
    rule = f"{agency} = {AGENCY}"
    if client:
        rule += f" AND ({ALL_CLIENTS} OR {client} = ANY {THESE_CLIENTS})"
    if person:
        rule = f"({rule}) OR {person} = {USER}"
    return migrations.RunSQL(
        [
            f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY",
            f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY",
            f"CREATE POLICY tenant ON {table} TO portal_app USING ({rule}) WITH CHECK ({rule})",
            f"CREATE POLICY platform ON {table} TO portal_platform USING (true) WITH CHECK (true)",
        ],
        [
            f"DROP POLICY platform ON {table}",
            f"DROP POLICY tenant ON {table}",
            f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY",
            f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY",
        ],
    )


def share(table: str) -> migrations.RunSQL:
    """Let everybody of an agency, its clients too, read the rows of ``table`` that concern no client."""
    return migrations.RunSQL(
        f"CREATE POLICY shared ON {table} FOR SELECT TO portal_app "
        f"USING (agency_id = {AGENCY} AND client_id IS NULL)",
        f"DROP POLICY shared ON {table}",
    )


def anchor(table: str, *columns: str) -> migrations.RunSQL:
    """Make ``columns`` + id a key that ``tie`` can point at."""
    name = f"{table}_tenant_key_{len(columns)}"
    return migrations.RunSQL(
        f"ALTER TABLE {table} ADD CONSTRAINT {name} UNIQUE ({', '.join(columns)}, id)",
        f"ALTER TABLE {table} DROP CONSTRAINT {name}",
    )


def tie(
    table: str,
    column: str,
    target: str,
    *,
    through: Sequence[str] = ("agency_id",),
    on_delete: str = "NO ACTION",
) -> migrations.RunSQL:
    """Tie ``table.column`` to ``target``'s row of the same tenant: both carry the ``through`` columns."""
    name = f"{table}_{column}_tenant_fk"
    own, theirs = ", ".join([*through, column]), ", ".join([*through, "id"])
    return migrations.RunSQL(
        f"ALTER TABLE {table} ADD CONSTRAINT {name} FOREIGN KEY ({own}) REFERENCES {target} ({theirs}) "
        f"ON DELETE {on_delete} DEFERRABLE INITIALLY IMMEDIATE",
        f"ALTER TABLE {table} DROP CONSTRAINT {name}",
    )


# Search patterns differ too much for one plan to serve them all.
TRAITS = (
    "LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp "
    "SET plan_cache_mode = force_custom_plan"
)


def definer(name: str, arguments: str, returns: str, body: str, *, writes: bool = False) -> migrations.RunSQL:
    """A function that looks past row-level security, as the platform role. It must name the tenant in its body.

    ``arguments`` are ``name type, …``. Every such function is listed in the test of the fences.
    """
    types = ", ".join(argument.split()[1] for argument in arguments.split(", "))
    traits = TRAITS.replace("STABLE", "VOLATILE") if writes else TRAITS
    return migrations.RunSQL(
        [
            f"CREATE FUNCTION {name}({arguments}) RETURNS {returns} {traits} AS $body$ {body} $body$",
            f"REVOKE ALL ON FUNCTION {name}({types}) FROM PUBLIC",
            f"GRANT EXECUTE ON FUNCTION {name}({types}) TO portal_app",
            "GRANT CREATE ON SCHEMA public TO portal_platform",
            f"ALTER FUNCTION {name}({types}) OWNER TO portal_platform",
            "REVOKE CREATE ON SCHEMA public FROM portal_platform",
        ],
        f"DROP FUNCTION {name}({types})",
    )


FUTURE = "ALTER DEFAULT PRIVILEGES IN SCHEMA public"
GRANTS = [
    "GRANT USAGE ON SCHEMA public TO portal_app, portal_platform",
    "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO portal_app, portal_platform",
    "GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO portal_app, portal_platform",
    f"{FUTURE} GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO portal_app, portal_platform",
    f"{FUTURE} GRANT USAGE, SELECT ON SEQUENCES TO portal_app, portal_platform",
]
