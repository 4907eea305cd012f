"""Accepting an invitation: the link is used up and the person belongs there from then on."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from accounts.models import ActionToken, Agency, Client, ClientAssignment, Membership, User
from accounts.roles import Role
from accounts.scope import agency_scope
from accounts.services import action_tokens
from accounts.services.action_tokens import LinkRefused
from accounts.services.audit import Origin, record
from accounts.services.places import lock_people

KINDS = {Role.BDR: ClientAssignment.Kind.BDR, Role.EDITOR: ClientAssignment.Kind.EDITOR}


class LoginExists(Exception):
    """The invited address signs in already: its person accepts after signing in."""


class WrongPerson(Exception):
    """Somebody else is signed in than the one who was invited."""


@transaction.atomic
def accept_as_new(*, secret: str, name: str, password: str, now: datetime, origin: Origin) -> Membership:
    """Make the login of the invited address and let it in. ``password`` has passed the policy.

    Raises `LinkRefused`, or `LoginExists` when the address came to have a login meanwhile.
    """
    token = _use_up(secret, now)
    try:
        with transaction.atomic():
            user = User.objects.create_user(
                token.email,
                password,
                display_name=name,
                email_verified_at=now,  # the link reached them there
                password_changed_at=now,
            )
    except IntegrityError:
        raise LoginExists from None
    return _admit(token, user, now, origin)


@transaction.atomic
def accept_as(*, secret: str, user_id: UUID, now: datetime, origin: Origin) -> Membership:
    """Let a person who is signed in accept. Raises `LinkRefused`, or `WrongPerson` unless they are who was invited."""
    token = _use_up(secret, now)
    user = User.objects.select_for_update(no_key=True).get(pk=user_id)
    if user.email.lower() != token.email.lower() or not user.is_active:
        raise WrongPerson
    if user.email_verified_at is None:
        user.email_verified_at = now
        user.save(update_fields=["email_verified_at", "updated_at"])
    return _admit(token, user, now, origin)


def _use_up(secret: str, now: datetime) -> ActionToken:
    """The house is locked before the link, as when an invitation is taken back, so that neither waits for the other."""
    invite = ActionToken.Purpose.INVITE
    token = action_tokens.find(purpose=invite, secret=secret, now=now)
    if token.agency_id is None:  # made for something else than a house
        raise LinkRefused("unknown", token)
    with agency_scope(token.agency_id):
        lock_people(token.agency_id)
    return action_tokens.consume(purpose=invite, secret=secret, now=now)


def _admit(token: ActionToken, user: User, now: datetime, origin: Origin) -> Membership:
    house: UUID = token.agency_id  # type: ignore[assignment]  # see _use_up
    with agency_scope(house):
        agency = Agency.objects.get(pk=house)
        client = Client.unscoped.filter(pk=token.client_id).first() if token.client_id else None
        if agency.status != agency.Status.ACTIVE or (client and client.archived_at):
            raise LinkRefused("closed", token)
        told = token.metadata
        membership, _ = Membership.unscoped.update_or_create(
            agency=agency,
            client=client,
            user=user,
            role=told["role"],
            defaults={
                "client_access": told.get("client_access", Membership.ClientAccess.ALL),
                "record_access": told.get("record_access", Membership.RecordAccess.ALL),
                "invited_by_id": token.created_by_id,
                "invited_at": token.created_at,
                "accepted_at": now,
                "revoked_at": None,
            },
        )
        _assign(membership, told)
    record(
        event_type="invitation_accepted",
        now=now,
        agency_id=token.agency_id,
        client_id=token.client_id,
        actor_id=user.pk,
        target=user.email,
        origin=origin,
        details={"role": told["role"]},
    )
    return membership


def _assign(membership: Membership, told: dict[str, Any]) -> None:
    kind = KINDS.get(Role(membership.role), ClientAssignment.Kind.MEMBER)
    for client in Client.unscoped.filter(pk__in=told.get("clients", [])):
        ClientAssignment.unscoped.get_or_create(
            agency_id=membership.agency_id, client=client, user_id=membership.user_id, kind=kind
        )
