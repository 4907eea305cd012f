"""Who of the agency was in a client's seat, and when: for their owners and for the client's own."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from accounts.models import ImpersonationSession
from accounts.newest import page_of
from accounts.tenancy import Actor


@dataclass(frozen=True, slots=True)
class Visit:
    """One row in words. ``over_at`` is None while it runs."""

    row: ImpersonationSession
    over_at: datetime | None
    minutes: int

    @classmethod
    def of(cls, row: ImpersonationSession, now: datetime) -> "Visit":
        over_at = row.was_over_at(now)
        lasted = (over_at or now) - row.started_at
        return cls(row, over_at, max(1, round(lasted.total_seconds() / 60)))


def visits(actor: Actor) -> QuerySet[ImpersonationSession]:
    rows: QuerySet[ImpersonationSession] = ImpersonationSession.objects.for_actor(actor)
    return rows.select_related("staff", "subject", "client").order_by("-started_at", "-pk")


def page(actor: Actor, before: str, now: datetime) -> tuple[list[Visit], str]:
    """One page, latest first; see `accounts.newest.page_of`."""
    found, older = page_of(visits(actor), "started_at", before)
    return [Visit.of(each, now) for each in found], older
