"""Who of the agency works for which client. It decides what people see whose access is to assigned clients."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from accounts.models import ClientAssignment
from accounts.scope import agency_scope
from accounts.services.audit import Origin, record_by
from accounts.services.clients import hold_client
from accounts.staff import staff_of
from accounts.tenancy import Actor


class NotOfTheAgency(Exception):
    """The person does not work for the agency."""


@transaction.atomic
def assign_staff(
    *, actor: Actor, client_id: UUID, user_id: UUID, kind: str, now: datetime, origin: Origin
) -> ClientAssignment:
    """Let a person of the agency work for a client as ``kind``; once more is no change. Raises `NotOfTheAgency`."""
    client = hold_client(actor, client_id)
    with agency_scope(actor.agency_id):
        person = staff_of(actor.agency_id).filter(pk=user_id).first()
        if person is None:
            raise NotOfTheAgency
        assignment, made = ClientAssignment.unscoped.get_or_create(
            agency_id=client.agency_id, client=client, user=person, kind=kind
        )
    if made:
        record_by(actor, "client_assigned", now=now, client_id=client.pk, target=person.email,
                  origin=origin, details={"as": kind})  # fmt: skip
    return assignment


@transaction.atomic
def unassign_staff(*, actor: Actor, assignment_id: UUID, now: datetime, origin: Origin) -> None:
    """End one assignment. Who sees assigned clients only loses the client at once. Raises `DoesNotExist`."""
    found: ClientAssignment = (
        ClientAssignment.objects.for_actor(actor)
        .select_related("user")
        .select_for_update(of=("self",))
        .get(pk=assignment_id)
    )
    details = {"as": found.kind}
    found.delete()
    record_by(actor, "client_unassigned", now=now, client_id=found.client_id, target=found.user.email,
              origin=origin, details=details)  # fmt: skip
