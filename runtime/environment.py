"""Makes the environment that a command needs, then becomes that command.

Runs on the system's Python with nothing installed. A second start finds a stamp and does nothing.
"""

import fcntl
import importlib.util
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from runtime import dotenv, installer
from runtime.progress import Failure, say
from runtime.stamp import Stamp, digest

ROOT = Path(__file__).resolve().parent.parent
SPACE_TO_INSTALL_MB = 600
SPACE_TO_RUN_MB = 100
COMMANDS = {
    "run": ["-m", "runtime", "run"],
    "test": ["-m", "pytest"],
    "check": ["-m", "runtime.checks"],
    "bench": ["-m", "bench"],
    "mutate": ["-m", "bench.mutants"],
}


def main(purpose: str, arguments: list[str]) -> None:
    """Become the command for ``purpose``; "install" only makes the environment."""
    os.chdir(ROOT)
    if purpose == "run":
        dotenv.load(ROOT / ".env")
    venv = Path(os.environ.get("SWITCHBOARD_VENV") or ROOT / ".venv").absolute()
    with _one_at_a_time():
        ensure_packages(venv, _requirements(purpose))
        _ensure_assets(venv)
    if purpose == "install":
        return
    os.environ["PATH"] = f"{venv / 'bin'}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    os.environ["VIRTUAL_ENV"] = str(venv)
    # The environment is ours to write to, and compiling it anew for each of ten processes takes most of a start.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    python = venv / "bin" / "python"
    os.execv(python, [str(python), *COMMANDS[purpose], *arguments])


def _requirements(purpose: str) -> list[Path]:
    names = ["requirements.txt"]
    if purpose != "run" or not (os.environ.get("DATABASE_URL") and os.environ.get("REDIS_URL")):
        names.append("requirements-local.txt")
    if purpose != "run":
        names.append("requirements-dev.txt")
    return [ROOT / name for name in names]


def ensure_packages(venv: Path, requirements: list[Path]) -> None:
    stamp = Stamp(venv)
    wanted = {path.name: digest(path) for path in requirements}
    usable = stamp.holds({"python": interpreter(venv)})
    if usable and stamp.holds(wanted):
        _need_space(SPACE_TO_RUN_MB)
        return
    _need_space(SPACE_TO_INSTALL_MB)
    if not usable:  # missing, of another Python, or killed while it was being filled
        if importlib.util.find_spec("venv") is None or importlib.util.find_spec("ensurepip") is None:
            raise Failure(
                "This Python has no venv module: install it (Debian, Ubuntu: apt-get install python3-venv)."
            )
        say("making a Python environment")
        shutil.rmtree(venv, ignore_errors=True)
        installer.make_venv(venv, _log())
    say("installing packages (about a minute the first time)")
    with stamp.rewritten() as packages:
        installer.install(venv, requirements, _log())
        packages |= wanted | {"python": interpreter(venv)}
    say("packages ready")


def _ensure_assets(venv: Path) -> None:
    """Fetch what the pages need from npm, unless it is there for this lock file; they do without it if need be."""
    stamp, lock_file = Stamp(venv), ROOT / "package-lock.json"
    wanted = {lock_file.name: digest(lock_file)}
    if stamp.holds(wanted) and (ROOT / "vendor").is_dir() and (ROOT / "vendor-dev").is_dir():
        return
    say("fetching fonts")
    if installer.fetch_assets(venv, _log()):
        with stamp.rewritten() as packages:
            packages |= wanted


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    """Let a second command wait for the packages that the first one is installing."""
    directory = os.open(ROOT / "bin", os.O_RDONLY)
    try:
        try:
            fcntl.flock(directory, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("waiting for another command that is installing")
            fcntl.flock(directory, fcntl.LOCK_EX)
        yield
    finally:
        os.close(directory)


def _need_space(needed: int) -> None:
    free = shutil.disk_usage(ROOT).free // 2**20
    if free < needed:
        raise Failure(
            f"The disk that holds {ROOT} has {free} MB free and {needed} MB are needed: free some space."
        )


def interpreter(venv: Path) -> str:
    """Return what an environment depends on besides packages: whose Python it links to and where it lies."""
    return f"{sys.version} {sys.base_prefix} {venv}"


def _log() -> Path:
    path = Path(os.environ.get("SWITCHBOARD_STATE") or ROOT / ".run").absolute() / "logs" / "install.log"
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


if __name__ == "__main__":
    try:
        main(sys.argv[1], sys.argv[2:])
    except Failure as failure:
        sys.exit(str(failure))
    except KeyboardInterrupt:
        sys.exit(130)
