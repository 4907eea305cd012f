"""Trying mutants: a copy of the tree, servers that stay up, and pytest, warm where it can be and cold where it must."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

from bench.mutants import database, nearby
from bench.mutants.source import APPS, Mutant
from runtime import testing
from runtime.database import OWNER
from runtime.throwaway import TEMPLATE

WORKER = "gw1"
COLD_LIMIT_S = 1800
ALL = [*(f"{app}/tests" for app in APPS if app != "portal"), *nearby.PAGES, *nearby.FENCES, *nearby.DOORS]
PYTEST = ["-m", "pytest", "-q", "-p", "no:cacheprovider", "-m", "not slow and not browser"]


class Trial:
    def __init__(self, tree: Path, work: Path, most: int) -> None:
        self._tree = tree
        self._work = work
        self._most = most
        self._digest = digest_of(tree)
        self._census = work / "census.json"
        self._env = os.environ | {"PYTEST_XDIST_WORKER": WORKER}

    def make_tables(self) -> None:
        """Let the first test make the tables of which every later run gets a clone."""
        self._pytest("-k", "runtime_role", nearby.DOORS[1])

    def untouched(self) -> str:
        """The first test that is red although nothing was taken away, else ""."""
        return self._first_red(*ALL)

    def database_mutants(self) -> list[database.DatabaseMutant]:
        return database.mutants(testing.address(OWNER, TEMPLATE))

    def warm(self, tries: list[dict[str, Any]], found: Path) -> None:
        """Try all of ``tries`` in forks of one process. ``found`` grows by a line each, except for the cold ones.

        Beside it lies what is known of the untouched tree, until the tree changes.
        """
        self._census = found.with_name(f"census-{self._digest}.json")
        listed = self._work / "tries.jsonl"
        listed.write_text("".join(json.dumps(each) + "\n" for each in tries))
        self._drop_clone()
        env = self._env | {
            "MUTANTS_LIST": str(listed),
            "MUTANTS_FOUND": str(found),
            "MUTANTS_CENSUS": str(self._census),
            "MUTANTS_MOST": str(self._most),
        }
        command = [
            sys.executable,
            *PYTEST,
            "-p",
            "bench.mutants.plugin",
            "-p",
            "no:xdist",
            "-p",
            "no:playwright",
            *ALL,
        ]
        log = found.with_suffix(".log")
        with log.open("wb") as said:
            subprocess.run(command, cwd=self._tree, env=env, stdout=said, stderr=said, check=False)

    def cold(self, mutant: Mutant) -> dict[str, Any]:
        """Try one mutant with a process of its own: with the tests that run it, or all of its app and every fence."""
        target = self._tree / mutant.path
        kept = target.read_bytes()
        target.write_bytes(mutant.apply(kept))
        try:
            red = self._first_red(*self._tests_of(mutant))
        finally:
            target.write_bytes(kept)
        return {"killed": bool(red) and not red.startswith("broken"), "by": red}

    def _tests_of(self, mutant: Mutant) -> list[str]:
        own = f"{mutant.path.split('/')[0]}/tests"
        if mutant.kind in nearby.IN_CODE:
            tests: list[str] | None = json.loads(self._census.read_text())["reached"].get(mutant.name)
            if tests is not None:
                return tests[: self._most]
        return [*nearby.DOORS, *([own] if own != "portal/tests" else []), *nearby.FENCES]

    def _first_red(self, *tests: str) -> str:
        said, code = self._pytest("-x", *tests)
        if code == 0:
            return ""
        if code != 1:
            return f"broken: {said.strip().splitlines()[-1][:200]}"
        red = [
            line.split(" ")[1]
            for line in said.splitlines()
            if line.startswith(("FAILED ", "ERROR ")) and "::" in line
        ]
        return red[-1] if red else "?"

    def _pytest(self, *arguments: str) -> tuple[str, int]:
        self._drop_clone()
        command = [sys.executable, *PYTEST, *arguments]
        try:
            done = subprocess.run(
                command, cwd=self._tree, env=self._env, capture_output=True, text=True, timeout=COLD_LIMIT_S,
                check=False,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            return "FAILED never::ended", 1
        return done.stdout + done.stderr, done.returncode

    def _drop_clone(self) -> None:
        with psycopg.connect(testing.admin_address(), autocommit=True) as admin:
            admin.execute(f"DROP DATABASE IF EXISTS test_portal_{WORKER} WITH (FORCE)")


def digest_of(tree: Path) -> str:
    """Of every module there is, name and words."""
    found = hashlib.sha256()
    for path in sorted(tree.rglob("*.py")):
        found.update(f"{path.relative_to(tree)}\0".encode() + path.read_bytes())
    return found.hexdigest()[:16]


@contextmanager
def trial(root: Path, *, most: int) -> Iterator[Trial]:
    """A copy of what git knows of ``root``, and servers; both are gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="switchboard-mutants-") as directory:
        tree, work = Path(directory) / "tree", Path(directory) / "work"
        work.mkdir()
        for name in _known_files(root):
            (tree / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(root / name, tree / name)
        (tree / "vendor").symlink_to((root / "vendor").resolve())
        testing.start_servers()
        try:
            yield Trial(tree, work, most)
        finally:
            testing.pytest_unconfigure()


def _known_files(root: Path) -> list[str]:
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=root, capture_output=True, check=True).stdout.decode()
    return [name for name in listed.split("\0") if name and (root / name).is_file()]
