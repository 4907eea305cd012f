"""Which tests run the line of a mutant."""

import ast
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import coverage

from bench.mutants.source import APPS, Mutant


class Trace:
    def __init__(self) -> None:
        self._found = coverage.Coverage(data_file=None, config_file=False, source=list(APPS), messages=False)

    @contextmanager
    def running(self) -> Iterator[Callable[[str], object]]:
        """Writes down what runs under the name that was given last."""
        self._found.start()
        try:
            yield self._found.switch_context
        finally:
            self._found.stop()

    def tests_of(self, mutants: Iterable[Mutant]) -> dict[str, list[str]]:
        """The tests by the name of the mutant. One in no function is left out: any test may know it."""
        data = self._found.get_data()
        found = {}
        for mutant in mutants:
            path = Path(mutant.path)
            lines = data.contexts_by_lineno(str(path.absolute()))
            if _is_in_function(mutant, ast.parse(path.read_bytes())):
                found[mutant.name] = sorted({test for test in lines.get(mutant.line, ()) if test})
        return found


def _is_in_function(mutant: Mutant, tree: ast.Module) -> bool:
    return any(
        isinstance(node, ast.FunctionDef) and node.body[0].lineno <= mutant.line <= (node.end_lineno or 0)
        for node in ast.walk(tree)
    )
