"""Who of the agency was in a client's seat, and when: for their owners and for the client's own."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import F, QuerySet
from django.db.models.fields.tuple_lookups import TupleLessThan

from accounts.models import ImpersonationSession
from accounts.tenancy import Actor

PAGE = 50


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
    """Return one page, latest first, and the place where the next begins, "" on the last."""
    rows = visits(actor)
    if place := _place(before):
        rows = rows.filter(TupleLessThan((F("started_at"), F("id")), place))
    found = list(rows[: PAGE + 1])
    last = found[PAGE - 1] if len(found) > PAGE else None
    shown = [Visit.of(each, now) for each in found[:PAGE]]
    return shown, f"{last.started_at.isoformat()}~{last.pk}" if last else ""


def _place(text: str) -> tuple[datetime, UUID] | None:
    moment, _, pk = text.partition("~")
    try:
        at = datetime.fromisoformat(moment)
        return (at, UUID(pk)) if at.tzinfo else None
    except ValueError:
        return None
