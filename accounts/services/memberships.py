"""Changing what people may do at a place, ending it, and leaving oneself."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.db import transaction

from accounts.authority import may_manage, owner_role
from accounts.models import Client, ClientAssignment, Membership, User
from accounts.roles import Role
from accounts.services.audit import Origin, record_by
from accounts.services.invitations import take_back_of
from accounts.services.places import Place, check_reach, held_at, keep_an_owner, lock_people, place_of
from accounts.tenancy import Actor


@transaction.atomic
def change_person(
    *,
    actor: Actor,
    place: Place,
    user_id: UUID,
    roles: Collection[str],
    client_access: str = Membership.ClientAccess.ALL,
    record_access: str = Membership.RecordAccess.ALL,
    clients: Collection[UUID] = (),
    now: datetime,
    origin: Origin,
) -> None:
    """Give the person exactly ``roles`` at ``place``; ``clients`` replaces their assignments where access is so.

    An agency's owners reach all clients. Raises `Membership.DoesNotExist`, `OutOfReach` and `LastOwner`.
    """
    held = _held(actor, place, user_id)
    before, after = {row.role for row in held}, set(roles)
    check_reach(actor, before | after)
    owner = owner_role(at_client=place.client is not None)
    if owner in before - after:
        keep_an_owner(place.where, without=user_id)
    if place.client or Role.AGENCY_OWNER in after:
        client_access = Membership.ClientAccess.ALL
    access = {"client_access": client_access, "record_access": record_access}
    for role in after:
        Membership.unscoped.update_or_create(
            **place.where,
            user_id=user_id,
            role=role,
            defaults=access | ({} if role in before else _given(actor, now)),
        )
    _revoke([row for row in held if row.role not in after], now)
    if client_access == Membership.ClientAccess.ASSIGNED:
        _assign(actor, user_id, clients)
    _forget_invitations(place, user_id, after, now)
    record_by(
        actor,
        "role_changed",
        now=now,
        client_id=place.client_id,
        target=held[0].user.email,
        origin=origin,
        details={"before": sorted(before), "after": sorted(after), **access},
    )


@transaction.atomic
def end_membership(*, actor: Actor, place: Place, user_id: UUID, now: datetime, origin: Origin) -> None:
    """Take every role the person has at ``place``. Raises what `change_person` raises."""
    held = _held(actor, place, user_id)
    check_reach(actor, [row.role for row in held])
    _end(actor, place, held, now, origin)


@transaction.atomic
def leave(*, actor: Actor, place: Place, now: datetime, origin: Origin) -> None:
    """Give up one's own roles in the present seat, whatever they are. Raises `LastOwner` to the only owner."""
    lock_people(actor.agency_id)
    held = held_at(place, actor.user_id) if actor.user_id else []
    if held:
        _end(actor, place, held, now, origin)


def _held(actor: Actor, place: Place, user_id: UUID) -> list[Membership]:
    lock_people(actor.agency_id)
    place_of(actor, place.client)
    held = held_at(place, user_id)
    if not held:
        raise Membership.DoesNotExist
    return held


def _end(actor: Actor, place: Place, held: list[Membership], now: datetime, origin: Origin) -> None:
    person: User = held[0].user
    roles = [row.role for row in held]
    if owner_role(at_client=place.client is not None) in roles:
        keep_an_owner(place.where, without=person.pk)
    _revoke(held, now)
    if place.client is None:
        ClientAssignment.unscoped.filter(agency_id=place.agency_id, user=person).delete()
    _forget_invitations(place, person.pk, set(), now)
    record_by(
        actor,
        "membership_ended",
        now=now,
        client_id=place.client_id,
        target=person.email,
        origin=origin,
        details={"roles": sorted(roles), "by_themselves": person.pk == actor.user_id},
    )


def _given(actor: Actor, now: datetime) -> dict[str, object]:
    return {"accepted_at": now, "revoked_at": None, "invited_at": now, "invited_by_id": actor.user_id}


def _revoke(rows: list[Membership], now: datetime) -> None:
    Membership.unscoped.filter(pk__in=[row.pk for row in rows]).update(revoked_at=now, updated_at=now)


def _assign(actor: Actor, user_id: UUID, clients: Collection[UUID]) -> None:
    """Hold the person to ``clients``, of those that ``actor`` reaches; what they are there stays as it is."""
    wanted = list(Client.objects.for_actor(actor).filter(pk__in=clients, archived_at=None))
    mine = ClientAssignment.objects.for_actor(actor).filter(user_id=user_id)
    mine.exclude(client__in=wanted).delete()
    kept = set(mine.values_list("client_id", flat=True))
    for client in wanted:
        if client.pk not in kept:
            ClientAssignment.unscoped.create(agency_id=actor.agency_id, client=client, user_id=user_id)


def _forget_invitations(place: Place, user_id: UUID, roles: Collection[str], now: datetime) -> None:
    """An invitation counts on who sent it: what they may no longer give nobody gets from them."""
    lost = [role for role in Role if not may_manage(roles, role)]
    take_back_of(user_id=user_id, place=place, roles=lost, now=now)
