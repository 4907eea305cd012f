"""The fixtures of `runtime.testing`."""

import fcntl
import os
import shutil
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from psycopg import sql
from redis import Redis

from runtime import testing
from runtime.database import OWNER
from runtime.throwaway import TEMPLATE

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
NO_BROWSER = "no Chromium found: apt-get install chromium, or set CHROMIUM to its path"


@pytest.fixture(scope="session")
def django_db_setup(django_db_blocker: Any) -> Iterator[None]:
    """Clone a migrated database and connect to it as the role that runs the product."""
    from django.db import connection

    with django_db_blocker.unblock():
        _clone_template(testing.database_name())
        # On the class: a browser test's threads and event loop have connections of their own.
        setattr(type(connection.ops), "execute_sql_flush", _flush_as_owner)  # noqa: B010  for the type checker
    yield
    with django_db_blocker.unblock():
        connection.close()


@pytest.fixture(autouse=True)
def empty_cache() -> Iterator[None]:
    """Leave no rate limit, session or task of one test to the next."""
    address = os.environ["REDIS_URL"]
    yield
    with Redis.from_url(address) as queue:
        queue.flushdb()


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    flags = [
        "--disable-gpu",
        "--disable-background-networking",
        *(["--no-sandbox"] if os.geteuid() == 0 else []),
    ]
    return {**browser_type_launch_args, "executable_path": _chromium(), "args": flags}


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip a browser test where there is no browser; where the whole suite must run, fail it."""
    if item.get_closest_marker("browser") and not _chromium():
        if os.environ.get("CI") == "true":
            pytest.fail(NO_BROWSER, pytrace=False)
        pytest.skip(NO_BROWSER)


def _chromium() -> str | None:
    named = os.environ.get("CHROMIUM")
    return named or next((path for path in map(shutil.which, BROWSERS) if path), None)


def _clone_template(database: str) -> None:
    """Make ``database`` a copy of the template, which the first to come migrates as its owner."""
    with open(os.environ["TEST_LOCK"], "a+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        lock.seek(0)
        if not lock.read():
            _migrate_template()
            lock.write("migrated")
        with psycopg.connect(testing.admin_address(), autocommit=True) as admin:
            names = {
                "name": sql.Identifier(database),
                "template": sql.Identifier(TEMPLATE),
                "owner": sql.Identifier(OWNER),
            }
            admin.execute(sql.SQL("CREATE DATABASE {name} TEMPLATE {template} OWNER {owner}").format(**names))


def _migrate_template() -> None:
    from django.core.management import call_command
    from django.db import connection

    as_app = connection.settings_dict.copy()
    connection.settings_dict |= {
        "NAME": TEMPLATE,
        "OPTIONS": {**as_app["OPTIONS"]},
        "USER": OWNER,
    }
    try:
        call_command("migrate", verbosity=0)
    finally:
        connection.close()
        connection.settings_dict |= as_app


# Without it the ends of the audit chains outlive their events, and the next test finds the log tampered with.
UNKNOWN_TO_DJANGO = ("TRUNCATE accounts_audithead",)


def _flush_as_owner(_operations: Any, statements: list[str]) -> None:
    """Clean up after a test that commits by TRUNCATE, which portal_app has no right to."""
    with psycopg.connect(os.environ["DATABASE_OWNER_URL"], options="-c lock_timeout=10s") as owner:
        for statement in (*statements, *UNKNOWN_TO_DJANGO):
            owner.execute(statement)
