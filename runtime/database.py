"""Roles, rights and extensions: what a database needs before the first migration.

``portal_owner`` owns the tables and migrates. ``portal_app`` runs the product: it owns nothing, so that row-level
security holds for it. ``portal_platform`` sees every tenant and is reached by SET LOCAL ROLE alone.
"""

from typing import LiteralString
from urllib.parse import quote, urlsplit, urlunsplit

import psycopg
from psycopg import Connection, errors, sql
from psycopg.conninfo import conninfo_to_dict

from runtime.progress import Failure

OWNER, APP, PLATFORM = "portal_owner", "portal_app", "portal_platform"
EXTENSIONS = ("btree_gist", "btree_gin", "pg_trgm", "unaccent", "citext")
TIMEOUTS = {"statement_timeout": "30s", "lock_timeout": "10s", "idle_in_transaction_session_timeout": "60s"}


def create_owned(admin_url: str, database: str) -> None:
    """Create ``database``, owned by portal_owner, on a server where ``admin_url`` is a superuser; once."""
    with _connect(admin_url) as admin:
        _ensure_role(admin, OWNER, "LOGIN")
        known = admin.execute("SELECT 1 FROM pg_database WHERE datname = %s", [database]).fetchone()
        if not known:
            admin.execute(
                sql.SQL("CREATE DATABASE {} OWNER {}").format(sql.Identifier(database), sql.Identifier(OWNER))
            )


def prepare(
    admin_url: str, *, owner: str | None = None, password: str | None = None, keep_roles: bool = False
) -> None:
    """Make the roles and rights in the database of ``admin_url``. Repeating it changes nothing.

    ``owner`` is who will migrate, the role of ``admin_url`` unless given. ``password`` is set for portal_app. With
    ``keep_roles`` roles that exist stay as they are. Raises `Failure` when the role of ``admin_url`` may not do this.
    """
    with _connect(admin_url) as admin:
        names = {"app": APP, "platform": PLATFORM, "owner": owner or admin.info.user}
        run = _Runner(admin, **{name: sql.Identifier(role) for name, role in names.items()})
        try:
            if not (keep_roles and _has_role(admin, APP) and _has_role(admin, PLATFORM)):
                _make_roles(admin, run, password)
            _make_rights(admin, run, names["owner"])
        except (errors.InsufficientPrivilege, errors.FeatureNotSupported) as error:
            raise Failure(
                f"The role of DATABASE_URL may not prepare the database ({error.diag.message_primary}): use one "
                "that may create roles, or name both DATABASE_URL (runtime role) and DATABASE_OWNER_URL (owner)."
            ) from error


def app_url(admin_url: str, password: str) -> str:
    """Return ``admin_url`` with portal_app in place of its role."""
    parts = urlsplit(admin_url)
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{APP}:{quote(password, safe='')}@{host}"))


def _connect(url: str) -> Connection:
    try:
        return psycopg.connect(url, autocommit=True, connect_timeout=10)
    except psycopg.OperationalError as error:
        where = {key: conninfo_to_dict(url).get(key) for key in ("host", "port", "dbname", "user")}
        shown = " ".join(f"{key}={value}" for key, value in where.items() if value)
        raise Failure(
            f"The database ({shown}) cannot be reached: {str(error).strip().splitlines()[-1]}"
        ) from None


def _make_roles(admin: Connection, run: "_Runner", password: str | None) -> None:
    _ensure_role(admin, PLATFORM, "NOLOGIN")
    _ensure_role(admin, APP, "LOGIN")
    # What it may do as portal_platform it must not do as itself: NOINHERIT before the grant decides that.
    run("ALTER ROLE {app} NOINHERIT")
    if password:
        run("ALTER ROLE {app} PASSWORD {password}", password=sql.Literal(password))
    for name, value in TIMEOUTS.items():
        run("ALTER ROLE {app} SET {name} = {value}", name=sql.Identifier(name), value=sql.Literal(value))
    run("GRANT {platform} TO {app}")
    run("GRANT {platform} TO {owner}")  # migrations move rows of every tenant, past FORCE ROW LEVEL SECURITY


def _make_rights(admin: Connection, run: "_Runner", owner: str) -> None:
    for extension in EXTENSIONS:
        run("CREATE EXTENSION IF NOT EXISTS {name}", name=sql.Identifier(extension))
    run("GRANT USAGE ON SCHEMA public TO {app}, {platform}")
    _grant_tables(admin, run, owner)


def _grant_tables(admin: Connection, run: "_Runner", owner: str) -> None:
    """Let both roles use what ``owner`` makes from now on, and what it made before the first preparation."""
    prepared = admin.execute(
        "SELECT 1 FROM pg_default_acl WHERE defaclrole = %s::regrole AND defaclobjtype = 'r'", [owner]
    ).fetchone()
    if prepared:
        return  # a right that a migration took away since must stay away
    run("GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {app}, {platform}")
    run("GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {app}, {platform}")
    defaults = "ALTER DEFAULT PRIVILEGES FOR ROLE {owner} IN SCHEMA public GRANT "
    run(defaults + "USAGE, SELECT ON SEQUENCES TO {app}, {platform}")
    run(defaults + "SELECT, INSERT, UPDATE, DELETE ON TABLES TO {app}, {platform}")


def _has_role(admin: Connection, name: str) -> bool:
    return admin.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [name]).fetchone() is not None


def _ensure_role(admin: Connection, name: str, login: LiteralString) -> None:
    if not _has_role(admin, name):
        admin.execute(sql.SQL("CREATE ROLE {} " + login).format(sql.Identifier(name)))


class _Runner:
    """Executes statements whose names are quoted once, at the top."""

    def __init__(self, admin: Connection, **names: sql.Composable) -> None:
        self._admin = admin
        self._names = names

    def __call__(self, statement: LiteralString, **more: sql.Composable) -> None:
        self._admin.execute(sql.SQL(statement).format(**self._names, **more))
