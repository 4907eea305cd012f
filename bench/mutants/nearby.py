"""Which tests are the likeliest to notice a mutant, and in which order they are asked."""

from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from bench.mutants.source import Mutant

PORTAL = "portal/tests/"
FENCES = tuple(PORTAL + each for each in ("test_access.py", "test_matrix.py", "test_acting.py"))
DOORS = tuple(PORTAL + each for each in ("test_doors.py", "test_tenancy.py"))
PAGES = tuple(PORTAL + each for each in ("test_portal.py", "test_stats.py", "test_query_counts.py"))
OF_DOORS = ("another_house", "behind_the_door", "for_actor", "through_the_door", "through_a_scope")
OF_DATABASE = ("no_foreign_row", "carry_the_tenant", "writing_into")
IN_CODE = ("door", "guard")
WRITTEN = "what_is_written_down"


def routes() -> dict[str, list[str]]:
    """The names of routes by their views' ``module.function``."""
    from portal.tests.test_access import HOUSE_ROUTES

    found: dict[str, list[str]] = {}
    for name, pattern in HOUSE_ROUTES.items():
        view: Any = pattern.callback
        found.setdefault(f"{view.__module__}.{view.__name__}", []).append(name)
    return found


def of_database(items: Sequence[pytest.Item]) -> Iterator[pytest.Item]:
    tenancy = [item for item in items if item.nodeid.startswith(DOORS[1])]
    yield from _first(tenancy, lambda item: any(each in item.nodeid for each in OF_DATABASE))


def of_source(
    items: Sequence[pytest.Item],
    mutant: Mutant,
    text: bytes,
    known: dict[str, list[str]],
    reached: dict[str, list[str]],
) -> Iterator[pytest.Item]:
    """The likeliest first. Of a policy, which keeps people from the code, every test of its app and every fence in
    the end; of what stands in a function, those that run the line.
    """
    own = f"{mutant.path.split('/')[0]}/tests/"
    if mutant.kind in IN_CODE:
        tests = reached.get(mutant.name)
        near = [
            item
            for item in items
            if (
                item.nodeid.startswith((*DOORS, *PAGES, own, *FENCES))
                if tests is None
                else item.nodeid in tests
            )
        ]
        stem = mutant.path.rsplit("/", 1)[-1].removesuffix(".py")
        likely = OF_DOORS if mutant.kind == "door" else (f"test_{stem}",)
        yield from _first(near, lambda item: any(each in item.nodeid for each in likely))
    else:
        marks = [f"[{name}]" for name in known.get(_view(mutant, text), [])]
        of_view = [item for item in items if any(mark in item.nodeid for mark in marks)]
        rest = [item for item in items if item.nodeid.startswith((*FENCES, own)) and item not in of_view]
        yield from (item for item in of_view if item.nodeid.startswith(FENCES))
        yield from _first(rest, lambda item: WRITTEN in item.nodeid)


def _first(items: Sequence[pytest.Item], is_near: Any) -> Iterator[pytest.Item]:
    yield from (item for item in items if is_near(item))
    yield from (item for item in items if not is_near(item))


def _view(mutant: Mutant, text: bytes) -> str:
    """``module.function`` of the view that the mutant's decorator stands on."""
    below = text.decode().splitlines()[mutant.line - 1 :]
    name = next(line.split("(")[0].removeprefix("def ") for line in below if line.startswith("def "))
    return f"{mutant.path.removesuffix('.py').replace('/', '.')}.{name}"
