"""Servers for one run of the tests or checks: their own files, no durability, nothing left behind."""

import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from runtime import database
from runtime.postgres import SUPERUSER, THROW_AWAY, Postgres
from runtime.state import Lock
from runtime.valkey import Valkey

TEMPLATE = "portal_template"
YOUNG_S = 60.0  # a directory may be a moment older than its lock
_PREFIX = f"switchboard-test-{os.geteuid()}-"


@dataclass(frozen=True, slots=True)
class ThrowAway:
    """Two servers that run."""

    directory: Path
    postgres: Postgres
    valkey: Valkey


@contextmanager
def servers() -> Iterator[ThrowAway]:
    """Start both servers and give them out; afterwards stop them and remove their files.

    ``TEMPLATE`` is a prepared database, empty of tables, for tests to be cloned from.
    """
    _remove_abandoned()
    directory = Path(tempfile.mkdtemp(prefix=_PREFIX))
    directory.chmod(0o711)  # the database server may have to run as somebody else
    lock = Lock(directory / "lock")
    lock.take()
    postgres = Postgres(directory / "pg", log=directory / "postgres.log", settings=THROW_AWAY)
    valkey = Valkey(directory / "vk", log=directory / "valkey.log", keep=False)
    try:
        postgres.start()
        valkey.start()
        database.create_owned(postgres.url(SUPERUSER, "postgres"), TEMPLATE)
        database.prepare(postgres.url(SUPERUSER, TEMPLATE), owner=database.OWNER)
        yield ThrowAway(directory, postgres, valkey)
    finally:
        valkey.stop()
        postgres.remove()
        shutil.rmtree(directory)
        lock.release()


def _remove_abandoned() -> None:
    """Remove what killed runs left."""
    for directory in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        try:
            found = directory.stat()
        except FileNotFoundError:  # its own run has just removed it
            continue
        if found.st_uid != os.geteuid() or time.time() - found.st_ctime < YOUNG_S:
            continue
        lock = Lock(directory / "lock")
        if lock.take():
            log = directory / "log"
            postgres, valkey = Postgres(directory / "pg", log=log), Valkey(directory / "vk", log=log)
            postgres.end_leftover()
            valkey.end_leftover()
            postgres.remove()
            valkey.stop()
            shutil.rmtree(directory, ignore_errors=True)
        lock.release()
