"""Child processes that do not outlive us."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

LINUX = sys.platform == "linux"
_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None) if LINUX else None


@dataclass(frozen=True, slots=True)
class User:
    """Somebody unprivileged, for servers that refuse to run as root."""

    uid: int
    gid: int


def spawn(
    command: Sequence[str | Path],
    *,
    env: Mapping[str, str],
    log: Path,
    cwd: str | Path,
    death_signal: signal.Signals,
    user: User | None = None,
) -> subprocess.Popen[bytes]:
    """Start ``command`` in a session of its own, writing to the end of ``log``.

    A Ctrl-C at the terminal does not reach it; on Linux it gets ``death_signal`` when we die, even by SIGKILL.
    """
    with log.open("ab") as output:
        return subprocess.Popen(
            [str(part) for part in command],
            env=dict(env),
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=_leash(death_signal),  # noqa: PLW1509  the one caller has a single thread
            user=user.uid if user else None,
            group=user.gid if user else None,
            extra_groups=[] if user else None,
        )


def run_as(
    user: User | None, command: Sequence[str], *, env: Mapping[str, str]
) -> subprocess.CompletedProcess[bytes]:
    """Run ``command`` to its end from the root directory; what it says on either stream is in ``stdout``."""
    return subprocess.run(
        command,
        env=dict(env),
        cwd="/",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
        user=user.uid if user else None,
        group=user.gid if user else None,
        extra_groups=[] if user else None,
    )


def stop(process: subprocess.Popen[bytes], with_signal: signal.Signals | None, *, patience_s: float) -> None:
    """Ask ``process`` to end, unless it has been asked; after ``patience_s`` end it and all of its session."""
    if process.poll() is None:
        if with_signal is not None:
            process.send_signal(with_signal)
        try:
            process.wait(patience_s)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    sweep_group(process.pid)


def sweep_group(leader: int) -> None:
    """Kill all of the session of ``leader``, who must be ours: alive, or waited for this very moment."""
    try:
        os.killpg(leader, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        pass  # nobody left; macOS answers EPERM for a group of zombies


def birth(pid: int) -> str:
    """Return a mark that tells ``pid`` from later processes of the same number, empty when none lives."""
    if not LINUX:
        return _listed(pid, "lstart").replace(" ", "_")
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return ""
    return "" if fields[0] == "Z" else fields[19]  # clock ticks between boot and the start of the process


def command_line(pid: int) -> str:
    if not LINUX:
        return _listed(pid, "command")
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")
    except (FileNotFoundError, ProcessLookupError):
        return ""


def _listed(pid: int, column: str) -> str:
    command = ["ps", "-ww", "-o", f"{column}=", "-p", str(pid)]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()


def wait_until(done: Callable[[], bool], *, timeout_s: float) -> bool:
    """Wait for ``done`` and say whether it came true in time."""
    deadline = time.monotonic() + timeout_s
    while not done():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def tail(log: Path, lines: int = 12) -> str:
    """Return the last ``lines`` of ``log``, indented, for a person to read."""
    try:
        text = log.read_text(errors="replace")
    except FileNotFoundError:
        return ""
    return "\n".join(f"          {line}" for line in text.splitlines()[-lines:])


def _leash(death_signal: signal.Signals) -> Callable[[], None]:
    """Return what the child does before it becomes the command, after the change of user, which would undo it."""
    parent = os.getpid()

    def leash() -> None:
        for number in (
            signal.SIGINT,
            signal.SIGQUIT,
        ):  # a shell leaves both ignored in what it starts with "&"
            signal.signal(number, signal.SIG_DFL)
        if _libc is not None:
            _libc.prctl(_PR_SET_PDEATHSIG, int(death_signal))
        if os.getppid() != parent:  # we died before the child could ask
            os._exit(1)

    return leash
