"""Where a run keeps what must outlive it: the state directory and the lock on it."""

import fcntl
import hashlib
import os
import stat
from pathlib import Path

from runtime.progress import Failure

ROOT = Path(__file__).resolve().parent.parent


def state_directory() -> Path:
    """Return the directory of this run, made if need be: ``.run`` in the checkout or SWITCHBOARD_STATE.

    Others may pass through, so that root's database server, which runs as somebody else, can reach its files; what
    is made inside is ours alone.
    """
    path = Path(os.environ.get("SWITCHBOARD_STATE") or ROOT / ".run").absolute()
    path.mkdir(parents=True, exist_ok=True)
    path.chmod(0o711)
    os.umask(0o077)
    return path


def short_name(path: Path) -> str:
    """Return a name for ``path`` that is short, stable and the same for nobody else."""
    return f"switchboard-{hashlib.sha256(os.fsencode(path.absolute())).hexdigest()[:16]}"


def private_directory(path: Path, *, uid: int | None = None) -> Path:
    """Make ``path`` ours alone, or ``uid``'s alone. Raises `Failure` when somebody else made it first."""
    owner = os.geteuid() if uid is None else uid
    try:
        path.mkdir(mode=0o700)
        if owner != os.geteuid():
            os.chown(path, owner, -1)
    except FileExistsError:
        found = path.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != owner or found.st_mode & 0o077:
            raise Failure(f"{path} belongs to somebody else: remove it and start again.") from None
    return path


def socket_directory(home: Path, server: str, *, uid: int | None = None) -> Path:
    """Return the directory for ``server``'s socket: a socket's path may not pass 107 bytes, a checkout's may."""
    return private_directory(Path("/tmp") / f"{short_name(home)}-{server}", uid=uid)  # noqa: S108  made private


class Lock:
    """Held as long as this process lives, however it dies."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)

    def take(self) -> bool:
        """Take the lock and say whether that worked."""
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def write(self, text: str) -> None:
        """Leave word for whoever finds the lock taken."""
        os.ftruncate(self._file, 0)
        os.pwrite(self._file, text.encode(), 0)

    def read(self) -> str:
        return self.path.read_text()

    def release(self) -> None:
        os.close(self._file)
