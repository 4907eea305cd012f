"""The database and the queue of a run: embedded, or real ones that the environment names."""

import os
import signal
from collections.abc import Callable
from pathlib import Path
from subprocess import Popen
from urllib.parse import unquote, urlsplit

from runtime import database, keys
from runtime.children import Child
from runtime.postgres import SUPERUSER, Postgres
from runtime.valkey import Valkey

DATABASE = "switchboard"


class Servers:
    """Those of one state directory. ``children`` are ours to start; the addresses hold once they run."""

    def __init__(self, state: Path) -> None:
        logs = state / "logs"
        self._secrets = keys.secrets_of(state)
        self._postgres = self._valkey = None
        self.children: list[Child] = []
        if not os.environ.get("DATABASE_URL"):
            buffers = os.environ.get("SHARED_BUFFERS")
            settings = {"shared_buffers": buffers} if buffers else {}
            self._postgres = Postgres(state / "postgres", log=logs / "postgres.log", settings=settings)
            self._serve("database", self._postgres, logs / "postgres.log", signal.SIGINT)
        if not os.environ.get("REDIS_URL"):
            self._valkey = Valkey(state / "valkey", log=logs / "valkey.log")
            self._serve("queue", self._valkey, logs / "valkey.log", signal.SIGTERM)

    def prepare_database(self) -> dict[str, str]:
        """Make roles and rights, and return the addresses of both roles for the environment."""
        if self._postgres is not None:
            database.create_owned(self._postgres.url(SUPERUSER, "postgres"), DATABASE)
            database.prepare(self._postgres.url(SUPERUSER, DATABASE), owner=database.OWNER)
            return {
                "DATABASE_URL": self._postgres.url(database.APP, DATABASE),
                "DATABASE_OWNER_URL": self._postgres.url(database.OWNER, DATABASE),
            }
        given, owner = os.environ["DATABASE_URL"], os.environ.get("DATABASE_OWNER_URL")
        if owner:
            database.prepare(owner, password=unquote(urlsplit(given).password or ""), keep_roles=True)
            return {"DATABASE_URL": given, "DATABASE_OWNER_URL": owner}
        password = self._secrets["APP_PASSWORD"]
        database.prepare(given, password=password)
        return {"DATABASE_URL": database.app_url(given, password), "DATABASE_OWNER_URL": given}

    def queue(self) -> dict[str, str]:
        """Return the queue's address for the environment."""
        url = self._valkey.url() if self._valkey is not None else os.environ["REDIS_URL"]
        return {"REDIS_URL": url, "CELERY_BROKER_URL": broker_url(url)}

    def clear(self) -> None:
        """Remove what stopped servers leave outside the state directory."""
        for server in (self._valkey, self._postgres):
            if server is not None:
                server.stop()

    def _serve(self, name: str, server: Postgres | Valkey, log: Path, gentle: signal.Signals) -> None:
        child = Child(name, _starter(server), log, gentle=gentle, patience_s=10, serves_others=True)
        self.children.append(child)


def broker_url(redis_url: str) -> str:
    """Return ``redis_url`` in Celery's spelling, which differs for unix sockets."""
    if not redis_url.startswith("unix://"):
        return redis_url
    path, _, query = redis_url.removeprefix("unix://").partition("?")
    return f"redis+socket://{path}?{query.replace('db=', 'virtual_host=')}"


def _starter(server: Postgres | Valkey) -> Callable[[], "Popen[bytes]"]:
    def start() -> "Popen[bytes]":
        server.start()
        assert server.process is not None  # noqa: S101  start raises when there is none
        return server.process

    return start
