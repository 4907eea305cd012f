"""The measurement of the inbox: who is visited, what counts, and the bars it is held to."""

import json
import statistics
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import quote_plus

from bench.stage import Site, Stage
from bench.traffic import CATEGORIES, Traffic
from bench.visiting import Cell, Connection, Target, visit

READERS = (1, 8)
TERMS = 50  # names, and as many fragments of numbers
TRIES = 5  # of each term, the quickest of which counts
CLIENT, CATEGORY = 2, "warm"  # the two filters: a client that is busy, but not the busiest
ROWS = b'class="lead'
Results = dict[tuple[str, int], list[Cell]]  # by target and number of readers, one cell a round


@dataclass(frozen=True, slots=True)
class Bar:
    name: str
    measured: float
    limit: float  # infinite for what is told and not held to anything
    explained: str

    @property
    def holds(self) -> bool:
        return self.measured <= self.limit


@dataclass(frozen=True, slots=True)
class Measured:
    results: Results
    bars: list[Bar]
    fences: str
    calls: int


def measure(stage: Stage, *, calls: int, fewer: int, rounds: int, seconds: float) -> Measured:
    """Visit product, floor and admin in turn, ``rounds`` times, so that a noisy machine is noisy for all alike."""
    large, small, floor = stage.product(calls, 0), stage.product(fewer, 1), stage.floor(calls)
    told = {
        "large": json.loads(stage.run(["-m", "bench.within", "sign_in", "owner@bench.test"], large.env)),
        "small": json.loads(stage.run(["-m", "bench.within", "sign_in", "owner@bench.test"], small.env)),
        "floor": json.loads(stage.run(["-m", "bench.within", "sign_in"], floor.env)),
    }
    traffic = Traffic(calls)
    targets = [
        *floor_targets(floor, told["floor"], traffic),
        *product_targets(large, told["large"], traffic),
        *small_targets(small, told["small"], traffic),
    ]
    results: Results = {}
    for target in targets:
        visit(
            target, readers=8, seconds=1
        )  # warm: every worker and thread has its connection and its templates
    for _ in range(rounds):
        for readers in READERS:
            for target in targets:
                results.setdefault((target.name, readers), []).append(
                    visit(target, readers=readers, seconds=seconds)
                )
    search = next(target for target in targets if target.name == "inbox, search")
    queries = max(told["large"]["queries"].values())
    bars = list(judge(results, term_times(search), queries))
    return Measured(results, bars, told["large"]["fences"], calls)


def terms(traffic: Traffic) -> list[str]:
    """Full names and seven digits of numbers, in turn, of leads spread over the whole list."""
    people = [lead for lead in traffic.leads() if lead.first and lead.client < 50]
    step = len(people) // (2 * TERMS)
    names = [people[n * step].name for n in range(TERMS)]
    numbers = [people[(TERMS + n) * step].phone[4:11] for n in range(TERMS)]
    return [term for pair in zip(names, numbers, strict=True) for term in pair]


def floor_targets(site: Site, told: dict[str, str], traffic: Traffic) -> list[Target]:
    filters = f"client={CLIENT + 1}&category={CATEGORIES.index(CATEGORY) + 1}"

    def target(name: str, *paths: str, holds: bytes = b"<tr><td>") -> Target:
        return Target(name, site.port, paths, site.roots, told["cookie"], holds)

    admin = f"/admin/calls/call/?client__id__exact={CLIENT + 1}&category__id__exact={CATEGORIES.index(CATEGORY) + 1}"
    return [
        target("floor, ok", "/ok", holds=b"ok"),
        target("floor, session and user", "/person", holds=b"signed in"),
        target("floor, list", f"/list?{filters}"),
        target("floor, page 1,000", f"/list?before={quote_plus(told['deep'])}"),
        target("floor, search", *(f"/list?q={quote_plus(term)}" for term in terms(traffic))),
        target("Django admin, list", admin, holds=b'class="action-checkbox"'),
    ]


def product_targets(site: Site, told: dict[str, str], traffic: Traffic) -> list[Target]:
    def target(name: str, *paths: str, holds: bytes = ROWS, status: int = 200) -> Target:
        return Target(name, site.port, paths, site.roots, told["cookie"], holds, status)

    return [
        target("product, signed in, no page", "/", holds=b"", status=302),
        target("inbox, first page", "/inbox/"),
        target("inbox, two filters", _filtered(traffic)),
        target("inbox, page 1,000", f"/inbox/?before={quote_plus(told['deep'])}"),
        target("inbox, search", *(f"/inbox/?q={quote_plus(term)}" for term in terms(traffic))),
    ]


def small_targets(site: Site, told: dict[str, str], traffic: Traffic) -> list[Target]:
    name = "inbox, two filters, fewer calls"
    return [Target(name, site.port, (_filtered(traffic),), site.roots, told["cookie"], ROWS)]


def _filtered(traffic: Traffic) -> str:
    slug = traffic.slug_of(CLIENT)
    return f"/inbox/?client={slug}&category={CATEGORY}"


def term_times(search: Target) -> list[float]:
    """For each term the seconds of its quickest answer."""
    connection = Connection(search)
    times = [min(connection.get(path)[0] for _ in range(TRIES)) for path in search.paths]
    connection.close()
    return times


def judge(results: Results, times: list[float], queries: int) -> Iterator[Bar]:
    """Hold CPU a request against the bars, at each number of readers; ratios are medians over rounds."""
    for readers in READERS:
        cpu = {name: [cell.cpu_ms for cell in cells] for (name, n), cells in results.items() if n == readers}
        at = f", {readers} reader{'s' * (readers > 1)}"
        signed_in = minus(cpu["floor, session and user"], cpu["floor, ok"])
        filtered, search = cpu["inbox, two filters"], cpu["inbox, search"]
        yield Bar(
            f"list{at}",
            ratio(filtered, plus(signed_in, cpu["floor, list"])),
            1.7,
            "times (list floor + session)",
        )
        yield Bar(f"list{at}", ratio(filtered, cpu["Django admin, list"]), 1 / 15, "times plain Django admin")
        floor = plus(signed_in, cpu["floor, search"])
        yield Bar(f"search{at}", ratio(search, floor), 1.5, "times (search floor + session)")
        deep = ratio(cpu["inbox, page 1,000"], cpu["inbox, first page"])
        yield Bar(f"page 1,000{at}", deep, 1.2, "times page 1")
        scale = ratio(filtered, cpu["inbox, two filters, fewer calls"])
        yield Bar(f"ten times the calls{at}", scale, 1.15, "times the list over a tenth of the calls")
        nothing = ratio(cpu["product, signed in, no page"], cpu["floor, session and user"])
        yield Bar(f"signed in, no page{at}", nothing, 0.7, "times session and user floor")
    yield Bar(
        "worst search term", max(times) / statistics.median(times), 5, "times the median term, wall time"
    )
    yield Bar("queries a page", queries, 12, "at most, the scope's own included")


def ratio(ours: list[float], theirs: list[float]) -> float:
    return statistics.median(a / b for a, b in zip(ours, theirs, strict=True))


def plus(some: list[float], more: list[float]) -> list[float]:
    return [a + b for a, b in zip(some, more, strict=True)]


def minus(some: list[float], less: list[float]) -> list[float]:
    return [a - b for a, b in zip(some, less, strict=True)]
