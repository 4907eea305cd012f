"""The people who work for an agency, for pages and deeds that choose among them."""

from uuid import UUID

from django.db.models import QuerySet

from accounts.models import ClientAssignment, Membership, User
from accounts.scope import agency_scope
from accounts.tenancy import Actor


def staff_of(agency_id: UUID) -> QuerySet[User]:
    """Active people with an accepted role in the agency, by address. The scope in force must show memberships."""
    held = Membership.unscoped.filter(agency_id=agency_id, client=None, revoked_at=None)
    return User.objects.filter(
        is_active=True, pk__in=held.exclude(accepted_at=None).values("user_id")
    ).order_by("email")


def staff_choices(actor: Actor) -> list[tuple[str, str]]:
    """(id, name and address) of everybody who works for the actor's agency, also when the actor sees few clients."""
    with agency_scope(actor.agency_id):
        return [
            (str(each.pk), each.email if each.name == each.email else f"{each.name} ({each.email})")
            for each in staff_of(actor.agency_id)
        ]


def assigned_to(actor: Actor, client_id: UUID) -> list[ClientAssignment]:
    """Who works for a client of ``actor``, managers first."""
    rows = ClientAssignment.objects.for_actor(actor).filter(client_id=client_id).select_related("user")
    return sorted(rows, key=lambda each: (each.kind != each.Kind.ACCOUNT_MANAGER, each.user.name, each.kind))
