"""A new client and what its calls need from the first day."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from accounts.models import Client
from accounts.scope import agency_scope
from accounts.services.audit import Origin
from accounts.services.clients import create_client
from accounts.tenancy import Actor
from crm.models import ClassificationPolicy, PipelineStage

# name, hue, won, lost, chance in per cent: a first guess, so that the forecast says something from the first day on
STAGES = (
    ("New", "blue", False, False, 10),
    ("Contacted", "violet", False, False, 20),
    ("Quoted", "amber", False, False, 50),
    ("Won", "green", True, False, None),
    ("Lost", "gray", False, True, None),
)


@transaction.atomic
def new_client(*, actor: Actor, values: Mapping[str, Any], now: datetime, origin: Origin) -> Client:
    """Create a client (see `accounts.services.clients.create_client`) with a pipeline and a policy of its own."""
    client = create_client(actor=actor, values=values, now=now, origin=origin)
    with agency_scope(client.agency_id):
        ClassificationPolicy.unscoped.create(agency_id=client.agency_id, client=client)
        add_stages(client)
    return client


def add_stages(client: Client) -> None:
    """Give ``client`` the pipeline that every client begins with."""
    PipelineStage.unscoped.bulk_create(
        PipelineStage(
            agency_id=client.agency_id, client=client, name=name, hue=hue, position=at, is_won_stage=won,
            is_lost_stage=lost, chance=chance,
        )
        for at, (name, hue, won, lost, chance) in enumerate(STAGES)
    )  # fmt: skip
