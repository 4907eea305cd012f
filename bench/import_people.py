"""Imports a list of invented people as the worker does, and prints what that cost, as JSON."""

import io
import json
import os
import time

from django.db import transaction
from django.utils import timezone

from accounts.models import Client, User
from accounts.principal import load_principal
from accounts.scope import PlatformUse, agency_scope, platform_scope
from accounts.services.audit import NOWHERE
from accounts.tenancy import Actor
from bench.fill_product import OWNER_EMAIL
from bench.people_file import PEOPLE, text_of
from bench.visiting import cpu_seconds, most_held_kb
from crm.models import ImportJob
from crm.services import import_work, importing

FEW = 4000  # two batches: what any import takes of memory, before the one that counts


def main(slug: str, turn: str, postgres: str) -> None:
    with transaction.atomic(), platform_scope(PlatformUse.PROVISION):
        client = Client.unscoped.get(slug=slug, agency__slug="larkspur")
        principal = load_principal(User.objects.get(email=OWNER_EMAIL).pk)
    actor = principal.actor() if principal else None
    if actor is None:
        raise AssertionError("nobody to import as")
    imported(client, actor, text_of(FEW, int(turn) + 90), ())
    data, before = text_of(PEOPLE, int(turn)), most_held_kb()
    print(
        json.dumps(
            {**imported(client, actor, data, (os.getpid(), int(postgres))), "kb": most_held_kb() - before}
        )
    )


def imported(client: Client, actor: Actor, data: bytes, roots: tuple[int, ...]) -> dict[str, float]:
    """Upload, check, import. The last is measured: rows that were found in order, on their way into the tables."""
    now = timezone.now()
    with agency_scope(client.agency_id):
        job = importing.take_file(
            actor=actor, client=client, file=io.BytesIO(data), filename="people.csv", size=len(data)
        )
        importing.check(
            actor=actor, job_id=job.pk, mapping=job.mapping, policy="skip", day_first=False, all_or_nothing=False,
            now=now,
        )  # fmt: skip
    import_work.work_on(job_id=job.pk, agency_id=client.agency_id)
    with agency_scope(client.agency_id):
        importing.start(actor=actor, job_id=job.pk, now=now, origin=NOWHERE)
    used, began = cpu_seconds(roots), time.perf_counter()
    import_work.work_on(job_id=job.pk, agency_id=client.agency_id)
    took = {"cpu": cpu_seconds(roots) - used, "wall": time.perf_counter() - began}
    with agency_scope(client.agency_id), transaction.atomic():
        done = ImportJob.objects.for_actor(actor).get(pk=job.pk)
    if (done.status, done.created) != ("done", done.total):
        raise AssertionError(f"{done.created} of {done.total} rows, {done.status}: {done.error}")
    return took
