"""Invented lists of people as a file, and what PostgreSQL takes for one without a product."""

import csv
import io
import json
import os
import time
from collections.abc import Iterator
from typing import Any

import psycopg

from bench.inbox import Bar
from bench.stage import Site, Stage
from bench.traffic import Traffic
from bench.visiting import cpu_seconds

PEOPLE = 100_000
HEAD = ("First Name", "Last Name", "Email", "Phone Number", "Company Name", "Job Title", "City", "State")
CITIES = ("Austin", "Houston", "Dallas", "Waco", "El Paso")
GIVEN = ("first_name", "last_name", "email", "phone", "company_name", "title", "city", "state")
MOST_GROWTH_KB = 32 * 1024
# What a lead needs beside: its NOT NULL columns, from a lead there is.
NEEDED = """
SELECT a.attname, quote_literal(to_jsonb(l) ->> a.attname) || '::' || format_type(a.atttypid, a.atttypmod)
FROM crm_lead l JOIN accounts_client c ON c.id = l.client_id AND c.slug = %s, pg_attribute a
WHERE a.attrelid = 'crm_lead'::regclass AND a.attnotnull AND a.attgenerated = '' AND a.attnum > 0
  AND NOT a.attisdropped AND a.attname <> ALL(%s) AND l.id = (
    SELECT m.id FROM crm_lead m WHERE m.client_id = c.id ORDER BY m.id LIMIT 1
  )
"""


def text_of(rows: int, turn: int) -> bytes:
    """A file of so many people whom nobody knows; another ``turn``, other people."""
    out = io.StringIO()
    lines = csv.writer(out, lineterminator="\n")
    lines.writerow(HEAD)
    for each in Traffic(rows * 4).leads():
        first, last = each.first or "Alex", each.last or "Doe"
        address = f"{first}.{last}.{turn}.{each.number}@new.test".lower().replace("’", "")
        phone = f"+1{912 + turn % 80}{2_000_000 + each.number * 7919 % 8_000_000:07d}"
        title, city = "Manager" if each.number % 4 else "", CITIES[each.number % len(CITIES)]
        lines.writerow([first, last, address, phone, each.company, title, city, "TX"])
    return out.getvalue().encode()


def measured(stage: Stage, site: Site, slug: str, rounds: int) -> Iterator[Bar]:
    """The product's import of ``PEOPLE`` checked rows against COPY and INSERT of the same file, in turns."""
    ours, bare = [], []
    forget(site)  # what a run that was broken off has left
    for turn in range(rounds):
        command = ["-m", "bench.within", "import_people", slug, str(turn), str(site.roots[1])]
        ours.append(json.loads(stage.run(command, site.env)))
        bare.append(copied(site, slug, text_of(PEOPLE, turn + 40)))
        forget(site)
    for what in ("cpu", "wall"):
        ratios = sorted(one[what] / other[what] for one, other in zip(ours, bare, strict=True))
        words = f"times COPY and INSERT, {ours[0][what]:.1f} s against {bare[0][what]:.1f} s"
        yield Bar(f"import, {what}", ratios[len(ratios) // 2], 3, words)
    yield Bar("import, memory", max(one["kb"] for one in ours), MOST_GROWTH_KB, "kB more of a worker")


def copied(site: Site, slug: str, data: bytes) -> dict[str, float]:
    """By way of a temporary table into crm_lead with all its indexes, taken back afterwards."""
    roots = (site.roots[1], os.getpid())
    with psycopg.connect(site.admin_url) as admin:
        own = ["id", "display_name", "phone_e164", *GIVEN]
        needed: list[Any] = admin.execute(NEEDED, [slug, own]).fetchall()
        names, values = ", ".join(name for name, _ in needed), ", ".join(value for _, value in needed)
        given = ", ".join(GIVEN)
        used, began = cpu_seconds(roots), time.perf_counter()
        admin.execute(
            f"CREATE TEMP TABLE staged ({', '.join(f'{each} text' for each in GIVEN)}) ON COMMIT DROP"
        )
        with (
            admin.cursor() as cursor,
            cursor.copy(f"COPY staged FROM STDIN (FORMAT csv, HEADER, FORCE_NOT_NULL ({given}))") as copy,
        ):
            copy.write(data)
        made = admin.execute(
            f"INSERT INTO crm_lead (id, display_name, phone_e164, {given}, {names}) "
            f"SELECT gen_random_uuid(), first_name || ' ' || last_name, phone, {given}, {values} FROM staged "
            "ON CONFLICT DO NOTHING"
        ).rowcount
        took = {"cpu": cpu_seconds(roots) - used, "wall": time.perf_counter() - began}
        admin.rollback()
    if made != data.count(b"\n") - 1:
        raise AssertionError(f"{made} rows")
    return took


def forget(site: Site) -> None:
    """Take what was imported out again, so that each turn finds the tables as the first did."""
    with psycopg.connect(site.admin_url, autocommit=True) as admin:
        admin.execute("SET session_replication_role = replica")
        admin.execute(
            "DELETE FROM crm_activity WHERE lead_id IN (SELECT id FROM crm_lead WHERE source = 'import')"
        )
        for table in ("crm_lead WHERE source = 'import'", "crm_importrow", "crm_importjob"):
            admin.execute(f"DELETE FROM {table}")
        admin.execute("VACUUM ANALYZE crm_lead, crm_activity, crm_importrow")
