"""Makes and fills the floor's tables."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
from django.apps import apps
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import connection

from bench.copying import copy_rows
from bench.traffic import CATEGORIES, STATUSES, Traffic

PEOPLE = 50
CALL = (
    "id", "client_id", "category_id", "person_id", "direction", "phone", "contact", "started_at", "seconds", "note"
)  # fmt: skip


def call_rows(traffic: Traffic) -> Iterator[tuple[Any, ...]]:
    people = list(traffic.leads())
    for call in traffic.calls():
        lead = people[call.lead]
        yield (
            call.number + 1,
            traffic.client_of(call.lead) + 1,
            call.category + 1,
            call.number % PEOPLE + 1,
            "in" if call.inbound else "out",
            lead.phone,
            lead.name or lead.phone,
            call.started_at,
            call.seconds,
            call.summary,
        )


LEAD = ("id", "client_id", "status_id", "name", "phone", "email", "company", "last_call_at")


def lead_rows(traffic: Traffic) -> Iterator[tuple[Any, ...]]:
    """Once the calls are told: each lead was called at least once."""
    for lead in traffic.leads():
        yield (
            lead.number + 1,
            lead.client + 1,
            lead.status + 1,
            lead.name or lead.phone,
            lead.phone,
            lead.email,
            lead.company,
            lead.last_call_at,
        )


def main(calls: str) -> None:
    call_command("migrate", verbosity=0, run_syncdb=True)
    traffic = Traffic(int(calls))
    lists = {
        "client": traffic.client_names,
        "category": CATEGORIES,
        "status": STATUSES,
        "person": [f"Person {n}" for n in range(1, PEOPLE + 1)],
    }
    connection.ensure_connection()
    raw: psycopg.Connection = connection.connection
    for name, values in lists.items():
        model = apps.get_model("calls", name)
        model.objects.bulk_create(model(id=number, name=each) for number, each in enumerate(values, 1))
    copy_rows(raw, "calls_call", CALL, call_rows(traffic))
    copy_rows(raw, "calls_lead", LEAD, lead_rows(traffic))
    raw.execute((Path(__file__).parent / "floor" / "indexes.sql").read_text())
    raw.execute("VACUUM ANALYZE")
    User.objects.create(username="bench", is_staff=True, is_superuser=True, password="!")
