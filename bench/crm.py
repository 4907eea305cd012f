"""The measurement of lists of leads: page, search and file, each against its floor."""

import json
import os
import statistics
import time
from collections.abc import Iterator
from math import inf
from pathlib import Path

import psycopg

from bench import people_file
from bench.inbox import CLIENT, READERS, Bar, Measured, Results, minus, plus, ratio, term_times
from bench.stage import Site, Stage
from bench.traffic import STATUSES, Traffic
from bench.visiting import Target, cpu_seconds, most_held_kb, visit

STATUS = 1
TERMS = 25  # of each of four kinds
FILES = 3  # exports, of which the median counts
ROWS = b'class="row-link'
BARE = """
COPY (
  SELECT l.display_name, l.first_name, l.last_name, l.email, l.phone_e164, l.company_name, l.title, l.city, l.state,
    l.country, l.linkedin_url, a.name, l.status, p.name, NULL, l.category, l.sentiment, NULL, l.source, l.score, l.tier,
    l.value, l.currency, l.external_ref, l.created_at, l.last_call_at, l.id
  FROM crm_lead l JOIN accounts_client a ON a.id = l.client_id
  JOIN accounts_agency g ON g.id = l.agency_id AND g.slug = 'larkspur'
  LEFT JOIN crm_pipelinestage p ON p.id = l.stage_id
  WHERE l.archived_at IS NULL ORDER BY l.last_call_at DESC NULLS LAST, l.id DESC
) TO STDOUT (FORMAT csv)
"""


def measure(stage: Stage, *, calls: int, rounds: int, seconds: float) -> Measured:
    """A quarter as many leads as calls. The files come first, while the sign-in counts as a fresh proof."""
    product, floor = stage.product(calls, 0), stage.floor(calls)
    told = {
        "product": json.loads(stage.run(["-m", "bench.within", "sign_in", "owner@bench.test"], product.env)),
        "floor": json.loads(stage.run(["-m", "bench.within", "sign_in"], floor.env)),
    }
    cookie, traffic = told["product"]["cookie"], Traffic(calls)
    crowded, calm = traffic.slug_of(CLIENT), traffic.slug_of(CLIENT + 1)
    leads = json.loads(
        stage.run(
            ["-m", "bench.within", "fill_work", crowded, calm],
            {**product.env, "BENCH_ADMIN_URL": product.admin_url},
        )
    )
    bars = [*files(product, cookie), *people_file.measured(stage, product, crowded, rounds)]
    targets = [
        *floor_targets(floor, told["floor"]["cookie"], traffic),
        *product_targets(product, cookie, traffic),
        *work_targets(product, cookie, crowded, calm, leads),
    ]
    results: Results = {}
    for target in targets:
        visit(target, readers=8, seconds=1)
    for _ in range(rounds):
        for readers in READERS:
            for target in targets:
                cell = visit(target, readers=readers, seconds=seconds)
                results.setdefault((target.name, readers), []).append(cell)
    search = next(target for target in targets if target.name == "leads, search")
    bars += judge(results, term_times(search))
    return Measured(results, bars, told["product"]["fences"], calls)


def terms(traffic: Traffic) -> list[str]:
    """Names, seven digits of numbers, e-mail addresses and companies, of leads spread over the whole list."""
    people = [lead for lead in traffic.leads() if lead.email and lead.company and lead.client < 50]
    step = len(people) // TERMS
    found = []
    for lead in people[: step * TERMS : step]:
        found += [lead.name, lead.phone[4:11], lead.email.partition("@")[0], lead.company]
    return [each.replace(" ", "+").replace("&", "%26").replace("’", "%E2%80%99") for each in found]


def floor_targets(site: Site, cookie: str, traffic: Traffic) -> list[Target]:
    def target(name: str, *paths: str, holds: bytes = b"<tr><td>") -> Target:
        return Target(name, site.port, paths, site.roots, cookie, holds)

    return [
        target("floor, ok", "/ok", holds=b"ok"),
        target("floor, session and user", "/person", holds=b"signed in"),
        target("floor, leads", f"/leads?client={CLIENT + 1}&status={STATUS + 1}"),
        target("floor, figures", f"/figures?client={CLIENT + 1}"),
        target("floor, search of leads", *(f"/leads?q={term}" for term in terms(traffic))),
    ]


def product_targets(site: Site, cookie: str, traffic: Traffic) -> list[Target]:
    slug = traffic.slug_of(CLIENT)

    def target(name: str, *queries: str) -> Target:
        return Target(
            name, site.port, tuple(f"/leads/?{query}" for query in queries), site.roots, cookie, ROWS
        )

    return [
        target("leads, first page", "view=all"),
        target("leads, two filters", f"client={slug}&status={STATUSES[STATUS]}"),
        target("leads, by name", "sort=name"),
        target("leads, by value of one client", f"client={slug}&sort=value"),
        target("leads, rare status", "status=disqualified"),
        target("leads, search", *(f"q={term}" for term in terms(traffic))),
    ]


def work_targets(site: Site, cookie: str, crowded: str, calm: str, leads: dict[str, str]) -> list[Target]:
    """Pages about one lead and about one client, each beside one with less on it."""
    pages = {
        "lead, 2,000 lines": (leads["long"], b"timeline"),
        "lead, 10 lines": (leads["short"], b"timeline"),
        "board, 5,000 people": (f"/pipeline/?client={crowded}", b"board"),
        "board, as many cards": (f"/pipeline/?client={calm}", b"board"),
        "figures of a client": (f"/statistics/?client={crowded}", b"Figures"),
    }
    return [
        Target(name, site.port, (path,), site.roots, cookie, holds) for name, (path, holds) in pages.items()
    ]


def files(site: Site, cookie: str) -> Iterator[Bar]:
    """The whole list as a file, against COPY of the same columns without policies, escapes or a web server."""
    whole = Target("leads.csv", site.port, ("/leads.csv",), site.roots, cookie, b"First name")
    visit(whole, readers=1, seconds=0)
    before = peak_kb(site.roots[0])
    ours = [visit(whole, readers=1, seconds=0) for _ in range(FILES)]
    growth = peak_kb(site.roots[0]) - before
    floor = [copied(site) for _ in range(FILES)]
    cpu = statistics.median(each.cpu_ms for each in ours) / statistics.median(ms for ms, _ in floor)
    wall = statistics.median(each.seconds[0] for each in ours) / statistics.median(s for _, s in floor)
    yield Bar("file, CPU", cpu, 2, "times COPY TO of the same columns")
    yield Bar("file, wall time", wall, 2, "times COPY TO of the same columns")
    yield Bar(
        "file, memory", growth, people_file.MOST_GROWTH_KB, f"kB more of a worker for {ours[0].size:,} bytes"
    )


def copied(site: Site) -> tuple[float, float]:
    """CPU milliseconds and seconds of the bare COPY."""
    roots = (site.roots[1], os.getpid())
    with psycopg.connect(site.admin_url) as connection, connection.cursor() as cursor:
        used, began = cpu_seconds(roots), time.perf_counter()
        with cursor.copy(BARE) as lines:
            for _ in lines:
                pass
        return (cpu_seconds(roots) - used) * 1000, time.perf_counter() - began


def peak_kb(master: int) -> int:
    """The most memory that any worker of the web server ever held."""
    peaks = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and (entry / "stat").exists():
            parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            if parent == master:
                peaks.append(most_held_kb(entry.name))
    return max(peaks)


def judge(results: Results, times: list[float]) -> Iterator[Bar]:
    for readers in READERS:
        cpu = {name: [cell.cpu_ms for cell in cells] for (name, n), cells in results.items() if n == readers}
        at = f", {readers} reader{'s' * (readers > 1)}"
        signed_in = minus(cpu["floor, session and user"], cpu["floor, ok"])
        floor = plus(signed_in, cpu["floor, leads"])
        for name in ("first page", "two filters", "by name", "by value of one client"):
            yield Bar(
                f"leads, {name}{at}", ratio(cpu[f"leads, {name}"], floor), 1.7, "times (list floor + session)"
            )
        for large, small, limit in (
            ("lead, 2,000 lines", "lead, 10 lines", 1.2),
            ("board, 5,000 people", "board, as many cards", 1.25),
        ):
            yield Bar(f"{large}{at}", ratio(cpu[large], cpu[small]), limit, f"times {small}")
        counts = plus(signed_in, cpu["floor, figures"])
        yield Bar(
            f"figures{at}", ratio(cpu["figures of a client"], counts), inf, "times (two counts + session)"
        )
        searching = plus(signed_in, cpu["floor, search of leads"])
        yield Bar(
            f"search{at}", ratio(cpu["leads, search"], searching), 1.5, "times (search floor + session)"
        )
    worst = max(times) / statistics.median(times)
    yield Bar("worst search term", worst, 5, "times the median term, wall time")
