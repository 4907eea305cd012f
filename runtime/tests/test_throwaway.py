import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import psycopg
import pytest
from redis import Redis

from runtime import throwaway
from runtime.postgres import SUPERUSER
from runtime.state import ROOT

pytestmark = pytest.mark.slow
HANG = (
    "import time; from runtime import throwaway\n"
    "with throwaway.servers() as servers: print(servers.directory, flush=True); time.sleep(60)"
)


def test_servers_leave_nothing_behind() -> None:
    with throwaway.servers() as servers:
        places = [servers.directory, servers.postgres.sockets, servers.postgres.data]
        with psycopg.connect(servers.postgres.url(SUPERUSER, throwaway.TEMPLATE)) as session:
            assert session.execute("SELECT 1").fetchone() == (1,)
        with Redis.from_url(servers.valkey.url()) as queue:
            assert queue.ping() is True
        assert all(place.exists() for place in places)

    assert not any(place.exists() for place in places)


def test_servers_of_a_killed_run_are_cleared_by_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tmp_path.chmod(0o711)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(throwaway, "YOUNG_S", 0.0)
    env = {"TMPDIR": str(tmp_path), "PATH": "/usr/bin:/bin"}
    killed = subprocess.Popen(
        [sys.executable, "-c", HANG], cwd=ROOT, env=env, stdout=subprocess.PIPE, text=True
    )
    assert killed.stdout is not None
    left = Path(killed.stdout.readline().strip())
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    killed.stdout.close()
    assert left.exists()

    with throwaway.servers():
        assert not left.exists()
