import secrets
from collections.abc import Iterator

import psycopg
import pytest
from psycopg import errors

from runtime import database, testing
from runtime.database import APP, OWNER, PLATFORM
from runtime.postgres import SUPERUSER
from runtime.progress import Failure


@pytest.fixture
def name() -> Iterator[str]:
    """A database that portal_owner owns, prepared, with one table."""
    name = f"prepared_{secrets.token_hex(4)}"
    database.create_owned(testing.admin_address(), name)
    database.prepare(testing.address(SUPERUSER, name), owner=OWNER)
    with psycopg.connect(testing.address(OWNER, name)) as owner:
        owner.execute("CREATE TABLE calls (id int GENERATED ALWAYS AS IDENTITY, caller text)")
    yield name
    with psycopg.connect(testing.admin_address(), autocommit=True) as admin:
        admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def test_runtime_role_reads_and_writes_what_the_owner_makes(name: str) -> None:
    with psycopg.connect(testing.address(APP, name)) as app:
        app.execute("INSERT INTO calls (caller) VALUES ('Ada')")
        rows = app.execute("SELECT id, caller FROM calls").fetchall()

    assert rows == [(1, "Ada")]


@pytest.mark.parametrize(
    "statement",
    [
        "TRUNCATE calls",
        "CREATE TABLE mine (id int)",
        "ALTER TABLE calls DISABLE ROW LEVEL SECURITY",
        "SET ROLE portal_owner",
        "COPY calls FROM PROGRAM 'true'",
    ],
)
def test_runtime_role_may_not(name: str, statement: str) -> None:
    with psycopg.connect(testing.address(APP, name)) as app, pytest.raises(errors.InsufficientPrivilege):
        app.execute(statement)


def test_platform_rights_are_reached_by_set_role_alone(name: str) -> None:
    with psycopg.connect(testing.address(OWNER, name)) as owner:
        owner.execute("ALTER TABLE calls ENABLE ROW LEVEL SECURITY")
        owner.execute(f"CREATE POLICY platform ON calls TO {PLATFORM} USING (true)")
        owner.execute("INSERT INTO calls (caller) VALUES ('Ada')")

    with psycopg.connect(testing.address(APP, name)) as app:
        before = app.execute("SELECT count(*) FROM calls").fetchone()
        app.execute(f"SET LOCAL ROLE {PLATFORM}")
        within = app.execute("SELECT count(*) FROM calls").fetchone()
        app.commit()
        after = app.execute("SELECT count(*) FROM calls").fetchone()

    assert (before, within, after) == ((0,), (1,), (0,))


def test_runtime_role_does_not_wait_for_ever(name: str) -> None:
    with psycopg.connect(testing.address(APP, name)) as app:
        shown = {setting: app.execute(f"SHOW {setting}").fetchone() for setting in database.TIMEOUTS}

    expected = {
        "statement_timeout": "30s",
        "lock_timeout": "10s",
        "idle_in_transaction_session_timeout": "1min",
    }
    assert shown == {setting: (value,) for setting, value in expected.items()}


def test_extensions_are_there(name: str) -> None:
    with psycopg.connect(testing.address(OWNER, name)) as owner:
        found = owner.execute("SELECT extname FROM pg_extension WHERE extname <> 'plpgsql'").fetchall()

    assert {extension for (extension,) in found} == set(database.EXTENSIONS)


def test_right_that_a_migration_took_away_stays_away(name: str) -> None:
    with psycopg.connect(testing.address(OWNER, name)) as owner:
        owner.execute(f"REVOKE DELETE ON calls FROM {APP}")

    database.prepare(testing.address(SUPERUSER, name), owner=OWNER)

    with psycopg.connect(testing.address(APP, name)) as app, pytest.raises(errors.InsufficientPrivilege):
        app.execute("DELETE FROM calls")


def test_database_migrated_before_it_was_prepared_is_usable_after() -> None:
    name = f"prepared_{secrets.token_hex(4)}"
    database.create_owned(testing.admin_address(), name)
    with psycopg.connect(testing.address(OWNER, name)) as owner:
        owner.execute("CREATE TABLE calls (caller text)")

    database.prepare(testing.address(SUPERUSER, name), owner=OWNER)

    with psycopg.connect(testing.address(APP, name)) as app:
        assert app.execute("SELECT count(*) FROM calls").fetchone() == (0,)
    with psycopg.connect(testing.admin_address(), autocommit=True) as admin:
        admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def test_owner_without_rights_over_roles_is_told_so(name: str) -> None:
    with pytest.raises(
        Failure, match=r"^The role of DATABASE_URL may not prepare the database \(.*\): use one that"
    ):
        database.prepare(testing.address(OWNER, name))


def test_owner_prepares_alone_once_the_roles_exist(name: str) -> None:
    database.prepare(testing.address(OWNER, name), keep_roles=True)


def test_unreachable_database_is_named_without_its_password() -> None:
    with pytest.raises(Failure) as failure:
        database.prepare("postgresql://someone:hush@127.0.0.1:9/nowhere")

    message = str(failure.value)
    assert message.startswith(
        "The database (host=127.0.0.1 port=9 dbname=nowhere user=someone) cannot be reached: "
    )
    assert "hush" not in message


def test_runtime_address_differs_in_role_and_password_only() -> None:
    given = "postgresql://admin:old@db.example.com:5433/portal?sslmode=require"

    assert database.app_url(given, "p/w") == (
        "postgresql://portal_app:p%2Fw@db.example.com:5433/portal?sslmode=require"
    )
