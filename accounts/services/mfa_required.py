"""Who is asked at every sign-in: switches that administrators set for a person, and owners for their agency."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from accounts.authority import may_touch
from accounts.models import Agency, Membership, MFASettings
from accounts.principal import load_principal
from accounts.services.audit import Origin, record_by
from accounts.services.places import HELD, OutOfReach
from accounts.tenancy import Actor


class AlsoElsewhere(Exception):
    """The person works for another agency as well, which may rely on the switch."""


@transaction.atomic
def require_of_person(
    *, actor: Actor, user_id: UUID, required: bool, now: datetime, origin: Origin
) -> str | None:
    """Ask the person at every sign-in, or by risk again. Returns their name; None when they are not there.

    Raises `OutOfReach` over people whom the actor may not touch, `AlsoElsewhere` when another agency shares them.
    """
    held = list(Membership.objects.for_actor(actor).filter(HELD, user_id=user_id).select_related("user"))
    if not held:
        return None
    if not may_touch(actor.roles, [each.role for each in held]):
        raise OutOfReach
    principal = load_principal(user_id)
    if not required and principal and set(principal.agencies) - {actor.agency_id}:
        raise AlsoElsewhere
    MFASettings.objects.update_or_create(user_id=user_id, defaults={"require_mfa_always": required})
    user = held[0].user
    details = {"always": required}
    record_by(actor, "mfa_required", now=now, target=user.email, origin=origin, details=details)
    return str(user.name)


@transaction.atomic
def set_agency_rules(
    *, actor: Actor, always: bool, by_risk: bool, staff_email: bool, now: datetime, origin: Origin
) -> None:
    """What all people of the agency are asked for, from their next sign-in on."""
    agency = Agency.objects.select_for_update().get(pk=actor.agency_id)
    rules = {"always": always, "risk": by_risk, "staff_email": staff_email}
    agency.settings = {**agency.settings, "mfa": rules}
    agency.save(update_fields=["settings", "updated_at"])
    record_by(actor, "mfa_required", now=now, target=agency.name, origin=origin, details=rules)
