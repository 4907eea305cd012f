"""The long-running processes of a run: started, watched, started again, ended."""

import signal
import subprocess
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from runtime import process
from runtime.progress import Failure, say

RESTARTS_A_MINUTE = 3
DYING_S = 5.0  # how long what a killed run left may take to go by itself


@dataclass(eq=False)
class Child:
    """One process. ``start`` returns when it is under way; ``gentle`` asks it to end."""

    name: str
    start: Callable[[], subprocess.Popen[bytes]]
    log: Path
    gentle: signal.Signals = signal.SIGTERM
    patience_s: float = 6
    serves_others: bool = False  # ends after those it serves
    running: subprocess.Popen[bytes] | None = None
    due_at: float = 0.0  # on the monotonic clock, when it may start again
    deaths: deque[float] = field(default_factory=deque)


def program(
    name: str,
    command: Sequence[str],
    *,
    env: Mapping[str, str],
    log: Path,
    cwd: Path,
    death_signal: signal.Signals = signal.SIGTERM,
) -> Child:
    """Describe a child that is a plain command. It gets ``death_signal`` when we die."""
    return Child(
        name, lambda: process.spawn(command, env=env, log=log, cwd=cwd, death_signal=death_signal), log
    )


class Children:
    """Those started so far, in order, noted in ``record`` for the start after one that was killed."""

    def __init__(self, record: Path) -> None:
        self._record = record
        self._all: list[Child] = []

    def add(self, child: Child) -> None:
        self._all.append(child)
        self._start(child)

    def check(self) -> None:
        """Start again what has died. Raises `Failure` when one keeps dying."""
        for child in self._all:
            if child.running is not None and child.running.poll() is not None:
                self._mourn(child)
            if child.running is None and time.monotonic() >= child.due_at:
                self._start(child)
                say(f"{child.name} is up again")

    def kill(self, name: str) -> None:
        """End ``name`` at once; ``check`` starts it again."""
        for child in self._all:
            if child.name == name and child.running is not None:
                child.running.kill()

    def stop(self) -> None:
        """End all: first, together, those that use the servers; then the servers, the youngest first."""
        users = [child for child in self._all if not child.serves_others]
        servers = [child for child in self._all if child.serves_others]
        for child in users:
            if child.running is not None and child.running.poll() is None:
                child.running.send_signal(child.gentle)
        for child in users:
            if child.running is not None:
                process.stop(child.running, None, patience_s=child.patience_s)
        for child in reversed(servers):
            if child.running is not None:
                process.stop(child.running, child.gentle, patience_s=child.patience_s)
        self._record.unlink(missing_ok=True)

    def _start(self, child: Child) -> None:
        child.running = child.start()
        with self._record.open("a") as record:
            record.write(f"{child.running.pid} {process.birth(child.running.pid)}\n")

    def _mourn(self, child: Child) -> None:
        assert child.running is not None  # noqa: S101  the caller has just polled it
        code, now = child.running.returncode, time.monotonic()
        process.sweep_group(child.running.pid)
        child.running = None
        child.deaths.append(now)
        while now - child.deaths[0] > 60:
            child.deaths.popleft()
        how = f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
        if len(child.deaths) > RESTARTS_A_MINUTE:
            raise Failure(
                f"{child.name} keeps ending ({how}); its log {child.log} ends so:\n{process.tail(child.log)}"
            )
        delay = 2 ** (len(child.deaths) - 1)
        child.due_at = now + delay
        say(f"{child.name} ended unexpectedly ({how}); starting it again in {delay} s, see {child.log}")


def end_leftovers(record: Path) -> None:
    """End what a killed run left behind. On Linux they are already dying; elsewhere nobody has told them."""
    try:
        lines = record.read_text().splitlines()
    except FileNotFoundError:
        return
    left = [(int(pid), born) for pid, born in (line.split() for line in lines if line.count(" ") == 1)]
    alive = [(pid, born) for pid, born in left if process.birth(pid) == born]
    if alive:
        say("ending what an earlier run left behind")
    if not process.wait_until(
        lambda: not any(process.birth(pid) == born for pid, born in alive), timeout_s=DYING_S
    ):
        for pid, born in alive:
            if process.birth(pid) == born:
                process.sweep_group(pid)
    record.unlink()
