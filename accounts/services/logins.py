"""Switching off the login of a person who belongs to one agency alone, and on again."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.db import transaction

from accounts.models import ActionToken, Membership, User
from accounts.roles import Role
from accounts.scope import PlatformUse, platform_scope
from accounts.services.audit import Origin, record_by
from accounts.services.places import HELD, OutOfReach, check_reach, keep_an_owner, lock_people
from accounts.services.sessions import end_others
from accounts.tenancy import Actor

OWNER_ROLES = (Role.AGENCY_OWNER, Role.CLIENT_OWNER)


class ServesOthers(Exception):
    """The login is not the agency's alone. Told to the person who tried."""


@transaction.atomic
def deactivate(*, actor: Actor, user_id: UUID, now: datetime, origin: Origin) -> None:
    """Let the person sign in no longer; whoever is signed in as them is out at the next request.

    Raises `User.DoesNotExist`, `ServesOthers`, `OutOfReach` and `LastOwner`.
    """
    lock_people(actor.agency_id)
    person, rows = _of_this_house(actor, user_id)
    for row in rows:
        if row.role in OWNER_ROLES:
            keep_an_owner({"agency_id": row.agency_id, "client_id": row.client_id}, without=user_id)
    ActionToken.unscoped.filter(
        agency_id=actor.agency_id, created_by=person, consumed_at=None, revoked_at=None
    ).update(revoked_at=now)
    end_others(user_id=user_id, keep=None, reason="by_admin", now=now, origin=origin)
    _switch(actor, person, False, now, origin)


@transaction.atomic
def reactivate(*, actor: Actor, user_id: UUID, now: datetime, origin: Origin) -> None:
    """Let the person sign in again with what they had. Raises what `deactivate` raises."""
    lock_people(actor.agency_id)
    person, _ = _of_this_house(actor, user_id)
    _switch(actor, person, True, now, origin)


def person_of(actor: Actor, user_id: UUID) -> User | None:
    """Somebody who belongs to the actor's agency or one of its clients, None if they do not."""
    row = Membership.objects.for_actor(actor).filter(HELD, user_id=user_id).select_related("user").first()
    return row.user if row else None


def is_ours_alone(agency_id: UUID, user_id: UUID) -> bool:
    """Whether a login serves this agency and no other, and not the platform."""
    with platform_scope(PlatformUse.LOGIN):
        houses = set(Membership.unscoped.filter(HELD, user_id=user_id).values_list("agency_id", flat=True))
    return houses == {agency_id} and not User.objects.get(pk=user_id).is_superuser


def _of_this_house(actor: Actor, user_id: UUID) -> tuple[User, Collection[Membership]]:
    if actor.client_ids is not None:
        raise OutOfReach
    rows = list(Membership.objects.for_actor(actor).filter(HELD, user_id=user_id).order_by("client_id"))
    if not rows:
        raise User.DoesNotExist
    check_reach(actor, [row.role for row in rows])
    person = User.objects.select_for_update(no_key=True).get(pk=user_id)  # as when they join another house
    if user_id == actor.user_id or not is_ours_alone(actor.agency_id, user_id):
        raise ServesOthers("This login is not your agency’s alone. End its membership instead.")
    return person, rows


def _switch(actor: Actor, person: User, on: bool, now: datetime, origin: Origin) -> None:
    if person.is_active == on:
        return
    person.is_active = on
    person.save(update_fields=["is_active", "updated_at"])
    event = "person_reactivated" if on else "person_deactivated"
    record_by(actor, event, now=now, target=person.email, origin=origin)
