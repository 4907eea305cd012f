"""The report in Markdown."""

import statistics
from collections.abc import Callable, Iterator
from math import inf

from bench.inbox import Measured
from bench.visiting import Cell

HEAD = "| page | readers | CPU ms a request | p50 ms | p95 ms | bytes | requests |\n|---|--:|--:|--:|--:|--:|--:|"
BARS = "| bar | measured | limit | | |\n|---|--:|--:|---|---|"


def lines(measured: Measured) -> Iterator[str]:
    """The table of what each page cost, min / median / max over rounds, then each bar."""
    yield f"{measured.calls:,} calls. Measured as {measured.fences}.\n"
    yield HEAD
    for (name, readers), cells in sorted(measured.results.items(), key=lambda item: item[0][1]):
        figures = [
            _spread(cells, lambda cell: cell.cpu_ms),
            _spread(cells, lambda cell: cell.percentile(0.5)),
            _spread(cells, lambda cell: cell.percentile(0.95)),
        ]
        requests = sum(len(cell.seconds) for cell in cells)
        yield f"| {name} | {readers} | {' | '.join(figures)} | {cells[0].size} | {requests} |"
    yield f"\n{BARS}"
    for bar in measured.bars:
        limit = "" if bar.limit == inf else f"{bar.limit:.3g}"
        verdict = "told" if not limit else "holds" if bar.holds else "**missed**"
        yield f"| {bar.name} | {bar.measured:.3g} | {limit} | {bar.explained} | {verdict} |"


def _spread(cells: list[Cell], figure: Callable[[Cell], float]) -> str:
    values = [figure(cell) for cell in cells]
    return " / ".join(f"{each:.3g}" for each in (min(values), statistics.median(values), max(values)))
