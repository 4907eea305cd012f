"""Superusers on their way into a client's seat, from beside all agencies. Inside it they are like anybody who acts."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from accounts.models import Client, ImpersonationSession, User
from accounts.permissions import SUPERUSER
from accounts.scope import PlatformUse, platform_scope, scoped
from accounts.services.acting import clients_to_act_as, owner_of, start_acting
from accounts.services.audit import Origin
from accounts.tenancy import Actor


@dataclass(frozen=True, slots=True)
class Door:
    """What a superuser sees before they enter. ``elsewhere`` is the seat that they would leave."""

    client: Client
    is_open: bool
    owner: str
    elsewhere: ImpersonationSession | None


def platform_seat(user: User, agency_id: UUID) -> Actor | None:
    """A superuser beside the people of an agency, to enter portals of its clients from; None for others.

    Never anybody's ``request.actor``.
    """
    if not (user.is_superuser and user.is_active):
        return None
    return Actor(user.pk, agency_id, frozenset({SUPERUSER}), client_ids=None, is_staff=True)


@transaction.atomic
def door_to(*, user: User, client_id: UUID, now: datetime) -> Door:
    """Raises `Client.DoesNotExist`, also for who is no superuser."""
    client, seat = _client_and_seat(user, client_id)
    with scoped(seat.scope):
        is_open = clients_to_act_as(seat).filter(pk=client_id).exists()
        owner = owner_of(client)
    with platform_scope(PlatformUse.ACTING):
        elsewhere = ImpersonationSession.unscoped.filter(staff_id=user.pk, ended_at=None, ends_at__gt=now)
        return Door(client, is_open, owner.name if owner else "", elsewhere.select_related("client").first())


@transaction.atomic
def start_as_superuser(
    *, user: User, client_id: UUID, reason: str, now: datetime, origin: Origin
) -> ImpersonationSession:
    """Begin to look at the portal of a client of any agency, for ``reason``, which both houses can read.

    Raises `Client.DoesNotExist` also for who is no superuser, and `ReasonMissing` when the reason is blank.
    """
    client, seat = _client_and_seat(user, client_id)
    with scoped(seat.scope):
        return start_acting(actor=seat, client_id=client.pk, reason=reason, now=now, origin=origin)


def _client_and_seat(user: User, client_id: UUID) -> tuple[Client, Actor]:
    with platform_scope(PlatformUse.ACTING):
        client = Client.unscoped.select_related("agency").get(pk=client_id)
    seat = platform_seat(user, client.agency_id)
    if seat is None:
        raise Client.DoesNotExist
    return client, seat
