"""Trying one mutant: a copy of the tree, servers that stay up, and the tests that should turn red."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

from bench.mutants import database
from bench.mutants.source import APPS, Mutant
from runtime import testing
from runtime.database import OWNER
from runtime.throwaway import TEMPLATE

WORKER = "gw1"
TIMEOUT_S = 900
PORTAL = "portal/tests/"
FENCES = [PORTAL + each for each in ("test_access.py", "test_matrix.py", "test_acting.py")]
DOORS = [PORTAL + each for each in ("test_doors.py", "test_tenancy.py")]
PAGES = [PORTAL + each for each in ("test_portal.py", "test_stats.py")]
TENANCY = DOORS[1]
NEAREST = "no_foreign_row or carry_the_tenant or writing_into"
NEAREST_DOORS = "another_house or behind_the_door or for_actor or through_the_door or through_a_scope"
WRITTEN = "what_is_written_down"
ROUTES = """
import json, django
django.setup()
from portal.tests.test_access import HOUSE_ROUTES
found = {}
for name, pattern in HOUSE_ROUTES.items():
    view = pattern.callback
    found.setdefault(f"{view.__module__}.{view.__name__}", []).append(name)
print(json.dumps(found))
"""


@dataclass(frozen=True, slots=True)
class Verdict:
    """``by`` is the first test that turned red, "" when none did."""

    killed: bool
    by: str


class Broken(Exception):
    """The tests could not even be collected: that proves nothing."""


class Trial:
    def __init__(self, tree: Path) -> None:
        self._tree = tree
        self._env = os.environ | {"PYTEST_XDIST_WORKER": WORKER}
        self._pytest(
            [TENANCY, "-k", "runtime_role"]
        )  # the first test makes the tables that the rest are clones of
        self._routes: dict[str, list[str]] = json.loads(self._python("-c", ROUTES))

    def of_source(self, mutant: Mutant) -> Verdict:
        target = self._tree / mutant.path
        kept = target.read_bytes()
        target.write_bytes(mutant.apply(kept))
        try:
            return self._first_red(self._selections(mutant))
        finally:
            target.write_bytes(kept)

    def of_database(self, mutant: database.DatabaseMutant) -> Verdict:
        database.execute(self.owner_url, mutant.take)
        try:
            return self._first_red([[TENANCY, "-k", NEAREST], [TENANCY]])
        finally:
            database.execute(self.owner_url, mutant.give_back)

    def untouched(self) -> Verdict:
        return self._first_red(
            [[*(f"{app}/tests" for app in APPS if app != "portal"), *PAGES, *FENCES, *DOORS]]
        )

    @property
    def digest(self) -> str:
        """Of every Python file and template in the copy."""
        found = hashlib.sha256()
        for path in sorted([*self._tree.rglob("*.py"), *self._tree.rglob("*.html")]):
            found.update(path.read_bytes())
        return found.hexdigest()[:16]

    @property
    def owner_url(self) -> str:
        return testing.address(OWNER, TEMPLATE)

    def _selections(self, mutant: Mutant) -> list[list[str]]:
        """The nearest tests first, then what else could notice."""
        app = mutant.path.split("/")[0]
        own = [] if app == "portal" else [f"{app}/tests"]
        if mutant.kind == "door":
            return [[*DOORS, "-k", NEAREST_DOORS], [*own, *PAGES, *DOORS]]
        if mutant.kind == "guard":
            return [own, FENCES] if own else [FENCES]
        return [[*FENCES, "-k", each] for each in self._views_of(mutant)] + [[*FENCES, "-k", WRITTEN], own]

    def _views_of(self, mutant: Mutant) -> list[str]:
        module = mutant.path.removesuffix(".py").replace("/", ".")
        below = (self._tree / mutant.path).read_text().splitlines()[mutant.line - 1 :]
        view = next(line.split("(")[0].removeprefix("def ") for line in below if line.startswith("def "))
        names = self._routes.get(f"{module}.{view}", [])
        return [" or ".join(f"[{name}]" for name in names)] if names else []

    def _first_red(self, selections: list[list[str]]) -> Verdict:
        for selection in filter(None, selections):
            said, code = self._pytest(selection)
            if code == 1:
                red = next((line for line in said.splitlines() if line.startswith(("FAILED", "ERROR"))), "?")
                return Verdict(True, red.split(" - ")[0].split(" ", 1)[-1])
            if code not in (0, 5):  # 5: none selected
                raise Broken(said[-2000:])
        return Verdict(False, "")

    def _pytest(self, selection: list[str]) -> tuple[str, int]:
        with psycopg.connect(testing.admin_address(), autocommit=True) as admin:
            admin.execute(f"DROP DATABASE IF EXISTS test_portal_{WORKER} WITH (FORCE)")
        command = [
            "-m",
            "pytest",
            "-x",
            "-q",
            "-p",
            "no:cacheprovider",
            "-m",
            "not slow and not browser",
            *selection,
        ]
        try:
            done = subprocess.run(
                [sys.executable, *command],
                cwd=self._tree,
                env=self._env,
                capture_output=True,
                text=True,
                timeout=TIMEOUT_S,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return "FAILED by never ending", 1
        return done.stdout + done.stderr, done.returncode

    def _python(self, *arguments: str) -> str:
        env = self._env | {
            "DJANGO_SETTINGS_MODULE": "portal.settings",
            "DATABASE_URL": self.owner_url,
            "REDIS_URL": "redis://127.0.0.1:9/0",
            "SECRET_KEY": "for routes only",
            "ENCRYPTION_KEYS": "test:" + "A" * 43 + "=",
        }
        command = [sys.executable, "-W", "ignore", *arguments]
        done = subprocess.run(command, cwd=self._tree, env=env, capture_output=True, text=True, check=False)
        if done.returncode:
            raise Broken(done.stderr[-2000:])
        return done.stdout


@contextmanager
def trial(root: Path) -> Iterator[Trial]:
    """A copy of what git knows of ``root``, and servers; both are gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="switchboard-mutants-") as directory:
        tree = Path(directory)
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=root, capture_output=True, check=True,
        )  # fmt: skip
        for name in filter(None, listed.stdout.decode().split("\0")):
            if (root / name).is_file():
                (tree / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(root / name, tree / name)
        (tree / "vendor").symlink_to((root / "vendor").resolve())
        testing.start_servers()
        try:
            yield Trial(tree)
        finally:
            testing.pytest_unconfigure()
