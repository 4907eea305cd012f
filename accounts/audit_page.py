"""The audit log as people read it: filtered by the address, newest first, paged by key."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import urlencode

from django.db.models import QuerySet

from accounts.audit import CATEGORIES, EVENTS
from accounts.models import AuditEvent
from accounts.newest import page_of
from accounts.tenancy import Actor

LARGE = 1000
CSV_HEADER = ("time (UTC)", "event", "outcome", "who", "client", "target", "address", "details")


@dataclass(frozen=True, slots=True)
class AuditFilter:
    event: str = ""
    category: str = ""
    failed: bool = False
    who: str = ""  # part of an e-mail address

    @classmethod
    def parse(cls, params: Mapping[str, str]) -> Self:
        """A value that means nothing is left out."""
        event, category = params.get("event", ""), params.get("category", "")
        return cls(
            event=event if event in EVENTS else "",
            category=category if category in CATEGORIES else "",
            failed=params.get("failed") == "1",
            who=params.get("who", "").replace("\x00", "").strip()[:100],
        )

    @property
    def params(self) -> dict[str, str]:
        every = {
            "event": self.event,
            "category": self.category,
            "failed": "1" if self.failed else "",
            "who": self.who,
        }
        return {name: value for name, value in every.items() if value}

    @property
    def query(self) -> str:
        return f"?{urlencode(self.params)}" if self.params else ""

    def events(self, actor: Actor) -> QuerySet[AuditEvent]:
        rows: QuerySet[AuditEvent] = AuditEvent.objects.for_actor(actor)
        if self.event:
            rows = rows.filter(event_type=self.event)
        if self.category:
            rows = rows.filter(category=self.category)
        if self.failed:
            rows = rows.filter(success=False)
        if self.who:
            rows = rows.filter(actor__email__icontains=self.who)
        return rows.select_related("actor", "on_behalf_of", "client").order_by("-occurred_at", "-pk")


def page(actor: Actor, chosen: AuditFilter, before: str) -> tuple[list[AuditEvent], str]:
    """One page, newest first; see `accounts.newest.page_of`."""
    return page_of(chosen.events(actor), "occurred_at", before)


def is_large(actor: Actor, chosen: AuditFilter) -> bool:
    """Whether an export would carry so much that it asks for a fresh proof."""
    return len(chosen.events(actor).values_list("pk")[: LARGE + 1]) > LARGE


def csv_rows(actor: Actor, chosen: AuditFilter) -> Iterator[list[str]]:
    """Every event that passes, newest first; times in UTC."""
    for each in chosen.events(actor).iterator(chunk_size=1000):
        yield [
            each.occurred_at.strftime("%Y-%m-%d %H:%M:%S"),
            each.event_type,
            "done" if each.success else f"refused: {each.failure_reason}",
            who(each),
            each.client.name if each.client else "",
            each.target,
            each.ip or "",
            "; ".join(f"{name}: {value}" for name, value in sorted(each.details.items())),
        ]


def who(event: AuditEvent) -> str:
    """The person, and for whom they acted when it was for somebody else."""
    name = event.actor.email if event.actor else "nobody signed in"
    return f"{name} as {event.on_behalf_of.email}" if event.on_behalf_of else name


def words(event: AuditEvent) -> dict[str, Any]:
    return {"event": event, "title": EVENTS[event.event_type][1], "who": who(event)}
