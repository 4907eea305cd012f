"""A pytest plugin: collects once, and then tries every mutant of ``MUTANTS_LIST`` in a fork of what is loaded.

Each line of that file is a try, and a line with its outcome is added to ``MUTANTS_FOUND``. What has to be read from
the start is left out there, and tried by the caller. ``MUTANTS_CENSUS`` tells which tests are red though nothing was
taken away, and which run the line of which mutant; it is made where there is none.
"""

import json
import os
import signal
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from itertools import islice, pairwise
from pathlib import Path
from typing import Any

import pytest

from bench.mutants import database, nearby
from bench.mutants.reached import Trace
from bench.mutants.source import Mutant

LIMIT_S = 180  # of one test
COLD, GREEN, RED = 3, 0, 1


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> bool:
    from django.db import connections

    _warm_up(session)
    connections.close_all()
    tries = [json.loads(line) for line in Path(os.environ["MUTANTS_LIST"]).read_text().splitlines()]
    kept = Path(os.environ["MUTANTS_CENSUS"])
    if not kept.is_file():
        made = _census(session, [Mutant(**each["mutant"]) for each in tries if "mutant" in each])
        kept.write_text(json.dumps(made))
    census = json.loads(kept.read_text())
    _doubtful.update(census["red"])
    routes = nearby.routes()
    for wanted in tries:
        connections.close_all()
        began = time.monotonic()
        verdict = _try(session, wanted, routes, census["reached"])
        if verdict is not None:
            took = round(time.monotonic() - began, 1)
            with open(os.environ["MUTANTS_FOUND"], "a") as found:
                found.write(
                    json.dumps({"key": wanted["key"], "name": wanted["name"], "took": took, **verdict}) + "\n"
                )
    return True


def _warm_up(session: pytest.Session) -> None:
    """Run one test, so that the database is there and what all tests share is loaded."""
    first = next(
        item
        for item in session.items
        if item.nodeid.startswith(nearby.FENCES[0]) and "test_access[" in item.nodeid
    )
    first.config.hook.pytest_runtest_protocol(item=first, nextitem=_Root(session))


class _Root:
    """Stands for a next test that shares nothing with the last but the session."""

    def __init__(self, session: pytest.Session) -> None:
        self._session = session

    def listchain(self) -> list[Any]:
        return [self._session]


def _try(
    session: pytest.Session,
    wanted: dict[str, Any],
    routes: dict[str, list[str]],
    reached: dict[str, list[str]],
) -> dict[str, Any] | None:
    if "take" in wanted:
        url = os.environ["DATABASE_OWNER_URL"]
        database.execute(url, wanted["take"])
        try:
            return _forked(session, _nothing, nearby.of_database(session.items))
        finally:
            database.execute(url, wanted["give_back"])
    mutant = Mutant(**wanted["mutant"])
    text = Path(mutant.path).read_bytes()

    def change() -> None:
        from bench.mutants.warm import put_in

        put_in(mutant, text)

    near = nearby.of_source(session.items, mutant, text, routes, reached)
    items = list(
        islice(near, int(os.environ["MUTANTS_MOST"]))
    )  # who is not noticed by them counts as a survivor
    while True:
        verdict = _forked(session, change, [item for item in items if item.nodeid not in _doubtful])
        if verdict is None or not verdict["killed"] or _vouches(session, verdict["by"]):
            return verdict


def _nothing() -> None:
    pass


_trusted: set[str] = set()
_doubtful: set[str] = set()  # red here although nothing was taken away: of no use as witnesses


def _vouches(session: pytest.Session, red: str) -> bool:
    """Whether the test that turned red is green without the mutant; asked once for each."""
    if red not in _trusted | _doubtful:
        alone = [item for item in session.items if item.nodeid == red]
        verdict = _forked(session, _nothing, alone)
        (_trusted if verdict == {"killed": False, "by": ""} else _doubtful).add(red)
        if red in _doubtful:
            print(f"left out, red by itself: {red}", file=sys.stderr)
    return red not in _doubtful


def _forked(
    session: pytest.Session, change: Callable[[], None], items: Iterable[pytest.Item]
) -> dict[str, Any] | None:
    """Run ``items`` in a child until one is red. None when the change cannot be made in what is loaded."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        os._exit(_in_child(session, change, items, writing))
    os.close(writing)
    with os.fdopen(reading) as told:
        red = told.read()
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if code == COLD:
        return None
    if code == -signal.SIGALRM:
        return {"killed": True, "by": "never ended"}
    if code == GREEN:
        return {"killed": False, "by": ""}
    return {"killed": code == RED and bool(red), "by": red or f"broken: exit {code}"}


def _in_child(
    session: pytest.Session, change: Callable[[], None], items: Iterable[pytest.Item], writing: int
) -> int:
    from bench.mutants.warm import Cold

    try:
        change()
    except Cold:
        return COLD
    watch = _FirstRed()
    session.config.pluginmanager.register(watch)
    for _ in _each_run(session, items):
        if watch.red:
            os.write(writing, watch.red.encode())
            return RED
    return GREEN


def _each_run(
    session: pytest.Session, items: Iterable[pytest.Item], begin: Callable[[str], object] = str
) -> Iterator[None]:
    """Run ``items`` one after the other; what one set up and the next does not share is taken down between."""
    chosen: list[Any] = [*items, _Root(session)]
    for item, after in pairwise(chosen):
        signal.alarm(LIMIT_S)
        begin(item.nodeid)
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=after)
        yield
    signal.alarm(0)


def _census(session: pytest.Session, mutants: list[Mutant]) -> dict[str, Any]:
    """The tests that are ``red`` here although nothing was taken away, and those that have ``reached`` each mutant."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        watch = _EveryRed()
        session.config.pluginmanager.register(watch)
        trace = Trace()
        with trace.running() as under:
            for _ in _each_run(session, session.items, under):
                pass
        with os.fdopen(writing, "w") as telling:
            json.dump({"red": sorted(watch.red), "reached": trace.tests_of(mutants)}, telling)
        os._exit(GREEN)
    os.close(writing)
    with os.fdopen(reading) as told:
        found: dict[str, Any] = json.load(told)
    os.waitpid(child, 0)
    print(f"left out, red by themselves: {found['red']}", file=sys.stderr)
    return found


class _EveryRed:
    def __init__(self) -> None:
        self.red: set[str] = set()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self.red.add(report.nodeid)


class _FirstRed:
    red = ""

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed and not self.red:
            self.red = report.nodeid
