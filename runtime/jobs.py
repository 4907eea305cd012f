"""Commands that a start waits for."""

import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from runtime import process
from runtime.progress import Failure


class Job:
    """A command that is under way from the moment it is made."""

    def __init__(
        self, name: str, command: Sequence[str], *, env: Mapping[str, str], logs: Path, cwd: Path
    ) -> None:
        self._name = name
        self._log = logs / f"{name}.log"
        self._log.unlink(missing_ok=True)
        self._running: subprocess.Popen[bytes] = process.spawn(
            command, env=env, log=self._log, cwd=cwd, death_signal=signal.SIGKILL
        )

    def finish(self) -> str:
        """Wait for the end and return what the command printed. Raises `Failure` when it did not succeed."""
        if self._running.wait():
            raise Failure(f"{self._name} failed; its log {self._log} ends so:\n{process.tail(self._log)}")
        return self._log.read_text(errors="replace")
