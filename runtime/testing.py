"""A pytest plugin: throw-away servers for the session, tests that run as portal_app, a browser from the system.

Loaded by ``-p runtime.testing``, early enough to name the servers before Django reads its settings. Under xdist the
controller starts them and each worker clones a database of its own.
"""

import base64
import os
from collections.abc import Generator
from contextlib import ExitStack

import pytest

from runtime import throwaway
from runtime.database import APP, OWNER
from runtime.postgres import SUPERUSER
from runtime.servers import broker_url

WORKER = os.environ.get("PYTEST_XDIST_WORKER", "")
_stack = ExitStack()


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests() -> Generator[None, object, object]:
    if not WORKER:
        start_servers()
    _name_servers()
    return (yield)


def pytest_configure(config: pytest.Config) -> None:
    from runtime import testing_fixtures  # names Django, which must not be read before the servers have names

    config.pluginmanager.register(testing_fixtures, "runtime-fixtures")  # late, so that its fixtures win


def pytest_unconfigure() -> None:
    _stack.close()


def start_servers() -> None:
    """Start both servers and leave their addresses, with places for role and database, to the workers."""
    running = _stack.enter_context(throwaway.servers())
    static = running.directory / "static"
    static.mkdir()
    os.environ |= {
        "TEST_SERVER": running.postgres.url("{role}", "{database}"),
        "TEST_QUEUE": running.valkey.url().replace("db=0", "db={number}"),
        "TEST_LOCK": str(running.directory / "template.lock"),
        "MEDIA_ROOT": str(running.directory / "media"),
        "STATIC_ROOT": str(static),
    }


def _name_servers() -> None:
    """Give this process, and what it starts, a database and a queue of its own."""
    number = int(WORKER.removeprefix("gw") or 0)
    redis = os.environ["TEST_QUEUE"].format(number=number)
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "portal.settings",
        "DJANGO_ALLOW_ASYNC_UNSAFE": "true",  # Playwright keeps an event loop in the tests' thread
        "DATABASE_URL": address(APP, database_name()),
        "DATABASE_OWNER_URL": address(OWNER, database_name()),
        "REDIS_URL": redis,
        "CELERY_BROKER_URL": broker_url(redis),
        "SECRET_KEY": "for tests only",
        "ENCRYPTION_KEYS": "test:" + base64.b64encode(bytes(range(32))).decode(),
        "PUBLIC_URL": "http://testserver",
        "STATIC_STORAGE": "django.contrib.staticfiles.storage.StaticFilesStorage",
        "CTM_BASE_URL": "http://127.0.0.1:9/api/v1",  # nobody listens there: a test that dials out fails
        "CTM_HOSTS": "127.0.0.1",
        "GHL_BASE_URL": "http://127.0.0.1:9/ghl",
    }


def database_name() -> str:
    return f"test_portal_{WORKER}" if WORKER else "test_portal"


def address(role: str, database: str) -> str:
    return os.environ["TEST_SERVER"].format(role=role, database=database)


def admin_address() -> str:
    return address(SUPERUSER, "postgres")
