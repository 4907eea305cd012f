"""Asks the worker now and then whether it still listens; a process that runs is no proof (celery #8030)."""

import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

WORKER = "worker@switchboard"
EVERY_S = 60.0
ANSWER_WITHIN_S = 10.0
MISSES_ALLOWED = 2


class Liveness:
    """Asks in a process of its own, so that nobody waits for the answer."""

    def __init__(self, *, env: Mapping[str, str], log: Path) -> None:
        self._env = env
        self._log = log
        self._asking: subprocess.Popen[bytes] | None = None
        self._misses = 0
        self._next_at = time.monotonic() + EVERY_S

    def lost(self) -> bool:
        """Say whether the worker has left ``MISSES_ALLOWED`` questions in a row unanswered; counting starts anew."""
        if self._asking is None and time.monotonic() >= self._next_at:
            self._asking = self._ask()
        elif self._asking is not None and self._asking.poll() is not None:
            self._misses = self._misses + 1 if self._asking.returncode else 0
            self._asking = None
            self._next_at = time.monotonic() + EVERY_S
        if self._misses < MISSES_ALLOWED:
            return False
        self._misses = 0
        return True

    def stop(self) -> None:
        if self._asking is not None:
            self._asking.kill()
            self._asking.wait()

    def _ask(self) -> subprocess.Popen[bytes]:
        broker = self._env["CELERY_BROKER_URL"]
        question = ["inspect", "ping", "--destination", WORKER, "--timeout", str(ANSWER_WITHIN_S)]
        with self._log.open("ab") as output:
            return subprocess.Popen(
                [sys.executable, "-m", "celery", "--broker", broker, *question],
                env=dict(self._env),
                stdout=subprocess.DEVNULL,
                stderr=output,
                cwd="/",
                start_new_session=True,
            )
