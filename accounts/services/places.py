"""Where people belong: the agency itself, or one of its clients. What every deed about them checks and locks first."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db.models import Q

from accounts.authority import may_touch, owner_role
from accounts.models import Agency, Client, Membership
from accounts.tenancy import Actor

HELD = Q(accepted_at__isnull=False, revoked_at__isnull=True)


class OutOfReach(PermissionDenied):
    """The actor may not give, change or take these roles."""


class LastOwner(Exception):
    """Nobody would be left to own the place. Told to the person who tried."""


@dataclass(frozen=True, slots=True)
class Place:
    """``client`` None is the agency itself."""

    agency_id: UUID
    agency_name: str
    client: Client | None = None

    @property
    def client_id(self) -> UUID | None:
        return self.client.pk if self.client else None

    @property
    def where(self) -> dict[str, Any]:
        """What rows of the place are found by."""
        return {"agency_id": self.agency_id, "client_id": self.client_id}

    @property
    def name(self) -> str:
        return self.client.name if self.client else self.agency_name

    @property
    def seat(self) -> str:
        return f"{self.agency_id}/{self.client_id or ''}"


def place_of(actor: Actor, client: Client | None) -> Place:
    """The place as ``actor`` may manage it. Raises `OutOfReach` for the agency's own people if they lack a client:
    somebody who works for some clients could otherwise invite a person to all.
    """
    agency = Agency.objects.get(pk=actor.agency_id)
    if client is None and (not actor.is_staff or actor.client_ids is not None):
        raise OutOfReach
    if client is not None and not Client.objects.for_actor(actor).filter(pk=client.pk).exists():
        raise OutOfReach
    return Place(agency.pk, agency.name, client)


def check_reach(actor: Actor, roles: Iterable[str]) -> None:
    """Raises `OutOfReach` unless ``actor`` may give and take every one of ``roles``."""
    if not may_touch(actor.roles, roles):
        raise OutOfReach


def lock_people(agency_id: UUID) -> Agency:
    """Let one deed about the people of an agency happen at a time, until the transaction ends."""
    return Agency.objects.select_for_update(no_key=True).get(pk=agency_id)


def held_at(place: Place, user_id: UUID) -> list[Membership]:
    return list(Membership.unscoped.filter(HELD, **place.where, user_id=user_id).order_by("role"))


def keep_an_owner(where: dict[str, Any], *, without: UUID) -> None:
    """Raises `LastOwner` unless somebody else who can sign in owns the ``where`` of a place.

    Call it behind `lock_people`.
    """
    owner = owner_role(at_client=where["client_id"] is not None)
    others = Membership.unscoped.filter(HELD, **where, role=owner)
    if not others.filter(user__is_active=True).exclude(user_id=without).exists():
        raise LastOwner("This is the only owner. Make somebody else an owner first.")
