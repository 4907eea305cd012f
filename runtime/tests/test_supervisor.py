import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from runtime import ports, process, testing
from runtime.liveness import WORKER, Liveness
from runtime.servers import Servers
from runtime.state import ROOT, short_name

pytestmark = pytest.mark.slow
START_WITHIN_S = 120

Start = Callable[..., subprocess.Popen[bytes]]


@pytest.fixture
def port() -> int:
    return ports.free_pair(20_000 + os.getpid() % 10_000)


@pytest.fixture
def start(tmp_path: Path, port: int) -> Iterator[Start]:
    """Starts the product over the test's directory; what it says goes to the file ``said``."""
    started: list[subprocess.Popen[bytes]] = []

    def start(**more: str) -> subprocess.Popen[bytes]:
        env = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        env |= {
            "SWITCHBOARD_STATE": str(tmp_path / "state"),
            "PORT": str(port),
            "SANDBOX_PORT": str(port + 2),
            **more,
        }
        with (tmp_path / "said").open("wb") as said:
            command = [sys.executable, "-m", "runtime", "run"]
            started.append(subprocess.Popen(command, cwd=ROOT, env=env, stdout=said, stderr=said))
        return started[-1]

    yield start
    for running in started:
        if running.poll() is None:
            running.terminate()
        running.wait(60)
    for home in tmp_path.rglob("state/postgres"):
        shutil.rmtree(Path("/var/tmp") / short_name(home), ignore_errors=True)


def _said(tmp_path: Path) -> str:
    return (tmp_path / "said").read_text()


def _is_up(tmp_path: Path) -> bool:
    return process.wait_until(lambda: "Ctrl-C stops it" in _said(tmp_path), timeout_s=START_WITHIN_S)


def _children(tmp_path: Path) -> list[int]:
    return [int(line.split()[0]) for line in (tmp_path / "state" / "children").read_text().splitlines()]


def _all_gone(pids: list[int]) -> bool:
    return process.wait_until(lambda: not any(map(process.birth, pids)), timeout_s=15)


def test_run_survives_a_kill_refuses_a_second_and_stops_clean(
    tmp_path: Path, port: int, start: Start
) -> None:
    page = f"http://127.0.0.1:{port}/healthz"
    first = start()
    assert _is_up(tmp_path), _said(tmp_path)
    assert ports.answers(page)
    assert len(_children(tmp_path)) == 7
    assert ports.answers(re.search(r"Mail it sends: (\S+)", _said(tmp_path))[1])  # type: ignore[index]
    secrets = (tmp_path / "state" / "secrets.env").read_text()

    second = start(PORT=str(port + 1))
    assert second.wait(30) == 1
    assert _said(tmp_path) == (
        f"Switchboard is already running at http://127.0.0.1:{port} (process {first.pid}): "
        "stop it with Ctrl-C in its terminal.\n"
    )

    killed = _children(tmp_path)
    first.kill()
    first.wait()
    third = start()
    assert _is_up(tmp_path), _said(tmp_path)
    assert ports.answers(page)
    assert _all_gone(killed)
    assert (tmp_path / "state" / "secrets.env").read_text() == secrets

    children = _children(tmp_path)
    third.send_signal(signal.SIGINT)
    assert third.wait(30) == 0
    assert _said(tmp_path).endswith("stopped\n")
    assert not any(map(process.birth, children))
    assert ports.is_free(port)


def test_run_may_be_stopped_while_it_starts(tmp_path: Path, start: Start) -> None:
    running = start(SWITCHBOARD_STATE=str(tmp_path / ("long-" * 20) / "state"))
    assert process.wait_until(lambda: "database ready" in _said(tmp_path), timeout_s=START_WITHIN_S)

    running.send_signal(signal.SIGTERM)

    assert running.wait(30) == 0
    assert _said(tmp_path).endswith("stopped\n")


def test_busy_port_is_named_with_a_way_out(tmp_path: Path, port: int, start: Start) -> None:
    with socket.create_server(("127.0.0.1", port)):
        running = start()

        assert running.wait(60) == 1

    assert (
        _said(tmp_path) == f"Port {port} is in use: choose another, for example PORT={port + 10} bin/run.\n"
    )


def test_port_that_is_none_is_told_so(tmp_path: Path, start: Start) -> None:
    assert start(PORT="eight thousand").wait(60) == 1
    assert _said(tmp_path) == "PORT=eight thousand is not a port: use a number from 1 to 65535.\n"


def test_real_servers_take_the_place_of_the_embedded_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = testing.admin_address()
    monkeypatch.setenv("DATABASE_URL", given)
    monkeypatch.delenv("DATABASE_OWNER_URL", raising=False)
    monkeypatch.setenv("REDIS_URL", "rediss://queue.example.com:6380/2")

    servers = Servers(tmp_path)
    addresses = servers.prepare_database()

    assert servers.children == []
    assert addresses["DATABASE_OWNER_URL"] == given
    with psycopg.connect(addresses["DATABASE_URL"]) as app:
        assert app.execute("SELECT current_user").fetchone() == ("portal_app",)
    assert servers.queue() == {
        "REDIS_URL": "rediss://queue.example.com:6380/2",
        "CELERY_BROKER_URL": "rediss://queue.example.com:6380/2",
    }


def test_worker_that_does_not_answer_twice_is_lost(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("runtime.liveness.EVERY_S", 0.0)
    monkeypatch.setattr("runtime.liveness.ANSWER_WITHIN_S", 0.5)
    broker = os.environ["CELERY_BROKER_URL"]
    command = [sys.executable, "-m", "celery", "--broker", broker, "worker"]
    command += ["-P", "solo", "-l", "INFO", "-n", WORKER]
    log = tmp_path / "worker.log"
    worker = process.spawn(command, env=os.environ, log=log, cwd=tmp_path, death_signal=signal.SIGKILL)
    assert process.wait_until(lambda: " ready." in log.read_text(), timeout_s=30)
    liveness = Liveness(env=os.environ, log=tmp_path / "ping.log")

    assert not process.wait_until(liveness.lost, timeout_s=4)
    worker.send_signal(signal.SIGSTOP)  # it runs, and listens no more
    assert process.wait_until(liveness.lost, timeout_s=30)

    liveness.stop()
    worker.kill()
    worker.wait()
