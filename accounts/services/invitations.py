"""Inviting people by mail, sending an invitation again, taking it back."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.urls import reverse

from accounts.models import ActionToken, Client, Membership, User
from accounts.services import action_tokens
from accounts.services.audit import Origin, record_by
from accounts.services.mailing import send_mail
from accounts.services.places import HELD, Place, check_reach, lock_people, place_of
from accounts.tenancy import Actor

OPEN = {"purpose": ActionToken.Purpose.INVITE, "consumed_at": None, "revoked_at": None}


class AlreadyThere(Exception):
    """The address belongs to somebody who is in the team, or who is invited to it. Told beside the field."""


@transaction.atomic
def invite(
    *,
    actor: Actor,
    place: Place,
    email: str,
    role: str,
    client_access: str = Membership.ClientAccess.ALL,
    record_access: str = Membership.RecordAccess.ALL,
    clients: Collection[UUID] = (),
    now: datetime,
    origin: Origin,
) -> ActionToken:
    """Send an invitation to ``email``, an address that is clean. ``clients`` are those assigned where access is so.

    Whether anybody signs in with the address already makes no difference. Raises `AlreadyThere` and `OutOfReach`.
    """
    lock_people(actor.agency_id)
    place_of(actor, place.client)
    check_reach(actor, [role])
    _refuse_double(place, email)
    known = Client.objects.for_actor(actor).filter(pk__in=clients).values_list("pk", flat=True)
    token, secret = action_tokens.issue(
        purpose=ActionToken.Purpose.INVITE,
        email=email,
        now=now,
        agency_id=place.agency_id,
        client_id=place.client_id,
        created_by=actor.user_id,
        metadata={
            "role": role,
            "client_access": client_access,
            "record_access": record_access,
            "clients": [str(pk) for pk in known],
        },
    )
    _mail(actor, place, token, secret)
    record_by(
        actor,
        "invited",
        now=now,
        client_id=place.client_id,
        target=email,
        origin=origin,
        details={"role": role, "client_access": client_access, "record_access": record_access},
    )
    return token


@transaction.atomic
def send_again(*, actor: Actor, place: Place, token_id: UUID, now: datetime, origin: Origin) -> ActionToken:
    """Mail a new link, with a new week to use it; the old one is dead. Raises what `find_open` raises."""
    lock_people(actor.agency_id)
    token = find_open(actor, place, token_id)
    secret = action_tokens.renew(token=token, now=now, created_by=actor.user_id)
    _mail(actor, place, token, secret)
    record_by(
        actor,
        "invitation_sent_again",
        now=now,
        client_id=place.client_id,
        target=token.email,
        origin=origin,
    )
    return token


@transaction.atomic
def revoke(*, actor: Actor, place: Place, token_id: UUID, now: datetime, origin: Origin) -> ActionToken:
    lock_people(actor.agency_id)
    token = find_open(actor, place, token_id)
    ActionToken.objects.for_actor(actor).filter(pk=token.pk, **OPEN).update(revoked_at=now)
    record_by(
        actor, "invitation_revoked", now=now, client_id=place.client_id, target=token.email, origin=origin
    )
    return token


def find_open(actor: Actor, place: Place, token_id: UUID) -> ActionToken:
    """An invitation to ``place`` that nobody accepted yet, also one that is too old.

    Raises `ActionToken.DoesNotExist`, and `OutOfReach` for the invitation of somebody above the actor.
    """
    rows = ActionToken.objects.for_actor(actor).filter(client_id=place.client_id, **OPEN)
    token: ActionToken = rows.get(pk=token_id)
    check_reach(actor, [token.metadata["role"]])
    return token


def take_back_of(*, user_id: UUID, place: Place, roles: Collection[str], now: datetime) -> None:
    """Take back the open invitations to ``roles`` that a person sent from ``place``, which they may give no longer.

    From the agency people invite to all of its clients as well.
    """
    at = {"agency_id": place.agency_id} if place.client is None else {"client_id": place.client_id}
    rows = ActionToken.unscoped.filter(**at, created_by_id=user_id, metadata__role__in=list(roles), **OPEN)
    rows.update(revoked_at=now)


def _refuse_double(place: Place, email: str) -> None:
    if Membership.unscoped.filter(HELD, **place.where, user__email=email).exists():
        raise AlreadyThere("This person is in the team already. Change their role there.")
    if ActionToken.unscoped.filter(**place.where, **OPEN, email=email).exists():
        raise AlreadyThere(
            "This address has an open invitation already. Send it again or take it back below."
        )


def _mail(actor: Actor, place: Place, token: ActionToken, secret: str) -> None:
    sender = User.objects.filter(pk=actor.user_id).first()  # type: ignore[misc]
    send_mail(
        template="invitation",
        to=token.email,
        agency_id=actor.agency_id,
        context={
            "sender": sender.name if sender else place.agency_name,
            "place": place.name,
            "agency": place.agency_name,
            "at_client": place.client is not None,
            "role": Membership(role=token.metadata["role"]).get_role_display(),
            "url": settings.PUBLIC_URL + reverse("accounts:invitation", args=[secret]),
            "days": action_tokens.life_of(token.purpose).days,
            "action": "See the invitation",
        },
    )
