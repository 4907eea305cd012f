"""Who may read what people told in confidence: the concerns of a journey, until they are redacted."""

from uuid import UUID

from accounts.models import ClientProfile
from accounts.permissions import Level
from accounts.tenancy import Actor

MOST, LONGEST = 20, 80


def may_read_concerns(actor: Actor, client_id: UUID) -> bool:
    """A client's own people by their role; the agency's only while that client lets them."""
    if not actor.can("journeys.concerns"):
        return False
    if not actor.is_staff:
        return True
    lets: bool = (
        ClientProfile.objects.for_actor(actor).filter(client_id=client_id, shares_concerns=True).exists()
    )
    return lets


def may_write_concerns(actor: Actor, client_id: UUID) -> bool:
    return actor.can("journeys.edit", Level.WRITE) and may_read_concerns(actor, client_id)
