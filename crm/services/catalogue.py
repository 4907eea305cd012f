"""What a client sells."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from accounts.services.audit import Origin, record_by
from accounts.services.clients import hold_client
from accounts.tenancy import Actor
from crm.models import Service

SERVICE_FIELDS = ("name", "description", "base_price", "currency", "active")


class ServiceNameTaken(Exception):
    """The client has another service of this name."""


@transaction.atomic
def save_service(
    *,
    actor: Actor,
    client_id: UUID,
    service_id: UUID | None,
    values: Mapping[str, Any],
    now: datetime,
    origin: Origin,
) -> Service:
    """Add a service, or change one; ``values`` holds every one of ``SERVICE_FIELDS``. Raises `ServiceNameTaken`.

    What somebody agreed to before keeps its name and price.
    """
    client = hold_client(actor, client_id)
    if service_id is None:
        service = Service(agency_id=client.agency_id, client=client)
    else:
        service = (
            Service.objects.for_actor(actor).select_for_update(of=("self",)).get(pk=service_id, client=client)
        )
    for name in SERVICE_FIELDS:
        setattr(service, name, values[name])
    try:
        with transaction.atomic():
            service.save()
    except IntegrityError:
        raise ServiceNameTaken from None
    record_by(actor, "service_changed", now=now, client_id=client_id, target=service.name, origin=origin)
    return service
