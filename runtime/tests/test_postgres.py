import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from runtime import process
from runtime.postgres import SUPERUSER, Postgres

pytestmark = pytest.mark.slow

Make = Callable[[Path], Postgres]


@pytest.fixture
def make() -> Iterator[Make]:
    """Gives servers that are stopped, and whose files outside the test's directory are removed, at the end."""
    made: list[Postgres] = []

    def make(home: Path) -> Postgres:
        home.mkdir(parents=True, exist_ok=True)
        made.append(Postgres(home, log=home.parent / "postgres.log"))
        return made[-1]

    yield make
    for server in made:
        server.remove()


def _number(server: Postgres) -> int:
    with psycopg.connect(server.url(SUPERUSER, "postgres")) as session:
        row = session.execute("SELECT n FROM t").fetchone()
    assert row is not None
    return int(row[0])


def _keep_number(server: Postgres) -> None:
    with psycopg.connect(server.url(SUPERUSER, "postgres")) as session:
        session.execute("CREATE TABLE t (n int)")
        session.execute("INSERT INTO t VALUES (7)")


def test_server_keeps_its_data_over_a_stop(tmp_path: Path, make: Make) -> None:
    server = make(tmp_path / "pg")
    server.start()
    _keep_number(server)
    server.stop()

    server.start()

    assert _number(server) == 7


def test_server_killed_outright_recovers(tmp_path: Path, make: Make) -> None:
    server = make(tmp_path / "pg")
    server.start()
    _keep_number(server)
    assert server.process is not None
    server.process.kill()
    server.process.wait()

    server.start()

    assert _number(server) == 7


def test_server_is_reached_by_its_socket_only(tmp_path: Path, make: Make) -> None:
    server = make(tmp_path / "pg")
    server.start()

    with psycopg.connect(server.url(SUPERUSER, "postgres")) as session:
        shown = session.execute("SELECT current_setting('listen_addresses')").fetchone()

    assert shown == ("",)
    assert server.sockets.stat().st_mode & 0o777 == 0o700


def test_number_of_a_dead_server_may_belong_to_somebody_else_now(tmp_path: Path, make: Make) -> None:
    server = make(tmp_path / "pg")
    server.start()
    server.stop()
    stranger = subprocess.Popen(["sleep", "60"])
    stale = f"{stranger.pid}\n{server.data}\n1\n5432\n{server.sockets}\n\n1 1\nready   \n"
    (server.data / "postmaster.pid").write_text(stale)

    server.start()

    assert stranger.poll() is None
    assert server.process is not None
    assert server.process.poll() is None
    stranger.kill()
    stranger.wait()


def test_server_that_outlived_its_owner_is_replaced(tmp_path: Path, make: Make) -> None:
    first, second = make(tmp_path / "pg"), make(tmp_path / "pg")
    first.start()
    _keep_number(first)

    second.start()

    assert first.process is not None
    assert first.process.wait(5) == 0
    assert _number(second) == 7


def test_half_made_cluster_is_made_anew(tmp_path: Path, make: Make) -> None:
    server = make(tmp_path / "pg")
    server.start()
    server.stop()
    server.data.rename(server.data.with_name("data.new"))
    (server.data.with_name("data.new") / "PG_VERSION").unlink()

    server.start()

    assert server.process is not None
    assert server.process.poll() is None


def test_path_may_be_longer_than_a_socket_address(tmp_path: Path, make: Make) -> None:
    home = tmp_path / ("long-" * 20) / ("er-" * 20) / "pg"
    server = make(home)

    server.start()
    _keep_number(server)

    assert len(str(home)) > 107
    assert _number(server) == 7


@pytest.mark.skipif(os.geteuid() != 0, reason="only root starts servers as somebody else")
def test_root_may_keep_its_state_where_nobody_else_can_go(tmp_path: Path, make: Make) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    server = make(closed / "pg")

    server.start()
    _keep_number(server)
    server.stop()
    server.start()

    assert _number(server) == 7
    assert server.process is not None
    assert Path(f"/proc/{server.process.pid}").stat().st_uid != 0


@pytest.mark.skipif(not process.LINUX, reason="elsewhere the next start ends what is left")
def test_server_dies_with_its_owner(tmp_path: Path) -> None:
    script = (
        "import sys, time; from pathlib import Path; from runtime.postgres import Postgres\n"
        "server = Postgres(Path(sys.argv[1]), log=Path(sys.argv[1] + '.log')); server.start()\n"
        "print(server.process.pid, server.data.parent, server.sockets, flush=True); time.sleep(60)\n"
    )
    owner = subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path / "pg")], stdout=subprocess.PIPE, text=True
    )
    assert owner.stdout is not None
    pid, place, sockets = owner.stdout.readline().split()

    owner.send_signal(signal.SIGKILL)
    owner.wait()
    owner.stdout.close()

    assert process.wait_until(lambda: process.birth(int(pid)) == "", timeout_s=10)
    subprocess.run(["rm", "-rf", sockets, place], check=True)
