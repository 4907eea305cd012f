"""Fills a migrated, empty database of the product.

Tenants are made by the product's own models; calls and leads are copied in as superuser, at BENCH_ADMIN_URL, because
row-level security refuses COPY to everybody else.
"""

import os
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import psycopg
from django.db import transaction
from django.db.models import GeneratedField, Model
from django.utils import timezone

from accounts.models import Agency, Client, Membership, User
from accounts.roles import Role
from accounts.scope import PlatformUse, platform_scope
from bench.copying import copy_rows
from bench.traffic import CATEGORIES, SMALL_AGENCY, STATUSES, Traffic
from crm.models import Call, Lead
from lib.uuid7 import uuid7

OWNER_EMAIL = "owner@bench.test"
HUES = ("blue", "teal", "green", "amber", "orange", "pink", "violet")
GLYPHS = ("smile", "wrench", "house", "scale", "trees", "eye", "heart-pulse", "car", "croissant", "sofa")


@transaction.atomic
def make_tenants(traffic: Traffic) -> list[Client]:
    """Two agencies with their owners; return the clients in the order of ``traffic``."""
    agencies = []
    for name, email in (("Larkspur", OWNER_EMAIL), ("Ironwood", "other@bench.test")):
        agency = Agency.objects.create(name=name, slug=name.lower())
        user = User.objects.create(email=email, display_name=f"Owner of {name}", password="!")
        Membership.unscoped.create(
            agency=agency, user=user, role=Role.AGENCY_OWNER, accepted_at=timezone.now()
        )
        agencies.append(agency)
    return [
        Client.unscoped.create(
            agency=agencies[number >= traffic.clients - SMALL_AGENCY],
            name=name,
            slug=name.lower().replace(" ", "-"),
            status="active",
            settings={"hue": HUES[number % 7], "glyph": GLYPHS[number % 10]},
        )
        for number, name in enumerate(traffic.client_names)
    ]


def blank(model: type[Model]) -> dict[str, Any]:
    """Every stored column of ``model`` with its default."""
    fields = [each for each in model._meta.concrete_fields if not isinstance(each, GeneratedField)]
    return {str(each.column): each.get_default() for each in fields}


def call_rows(traffic: Traffic, clients: list[Client], leads: list[UUID]) -> Iterator[list[Any]]:
    row = blank(Call)
    people = {lead.number: lead for lead in traffic.leads()}
    now = timezone.now()
    for call in traffic.calls():
        lead, client = people[call.lead], clients[traffic.client_of(call.lead)]
        row |= {
            "id": uuid7(int(call.started_at.timestamp() * 1000)),
            "agency_id": client.agency_id,
            "client_id": client.pk,
            "lead_id": leads[call.lead],
            "external_id": str(call.number),
            "kind": "call",
            "direction": "inbound" if call.inbound else "outbound",
            "from_number": lead.phone,
            "from_e164": lead.phone,
            "caller_name": lead.name,
            "started_at": call.started_at,
            "duration_seconds": call.seconds,
            "answered": call.answered,
            "rating": call.rating,
            "call_sequence": call.sequence,
            "category": CATEGORIES[call.category],
            "summary": call.summary,
            "seen_at": None if call.fresh else now,
            "created_at": now,
            "updated_at": now,
            "raw": {},
        }
        yield list(row.values())


def lead_rows(traffic: Traffic, clients: list[Client], ids: list[UUID]) -> Iterator[list[Any]]:
    row, now = blank(Lead), timezone.now()
    for lead in traffic.leads():
        client = clients[lead.client]
        row |= {
            "id": ids[lead.number],
            "agency_id": client.agency_id,
            "client_id": client.pk,
            "first_name": lead.first,
            "last_name": lead.last,
            "display_name": lead.name,
            "phone": lead.phone,
            "phone_e164": lead.phone,
            "email": lead.email,
            "company_name": lead.company,
            "status": STATUSES[lead.status],
            "last_call_at": lead.last_call_at,
            "created_at": lead.last_call_at or now,
            "updated_at": now,
        }
        yield list(row.values())


def main(calls: str) -> None:
    traffic = Traffic(int(calls))
    with platform_scope(PlatformUse.PROVISION):
        clients = make_tenants(traffic)
    ids = [uuid7() for _ in traffic.leads()]
    with psycopg.connect(os.environ["BENCH_ADMIN_URL"]) as admin:
        admin.execute("SET session_replication_role = replica")  # references are right by construction
        copy_rows(admin, "crm_call", list(blank(Call)), call_rows(traffic, clients, ids))
        copy_rows(admin, "crm_lead", list(blank(Lead)), lead_rows(traffic, clients, ids))
    with psycopg.connect(os.environ["BENCH_ADMIN_URL"], autocommit=True) as admin:
        admin.execute("VACUUM ANALYZE")
