"""One page of leads, and the neighbours of one of them in it."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from accounts.tenancy import Actor
from crm.lead_columns import COLUMNS
from crm.lead_filter import FIRST_PAGE, SORTS, LeadFilter
from crm.models import Lead
from crm.paging import EPOCH, MICROSECOND, Page, Place, Source, read_page

TABLE = "crm_lead l"
BASE = {  # what every row has, whichever columns are shown
    "id": "l.id::text",
    "name": "l.display_name",
    "phone_e164": "l.phone_e164",
    "given_phone": "l.phone",
    "mail": "l.email",
}
KEYS = {
    "moment": "(extract(epoch FROM {column}) * 1000000)::bigint",
    "text": "{column}",
    "number": "{column}",
}


def lead_page(
    actor: Actor,
    chosen: LeadFilter,
    columns: Iterable[str],
    *,
    before: Place | None = None,
    after: Place | None = None,
) -> Page:
    """The first page of the filtered list, the rows after ``before``, or those above ``after``.

    A row is {the names of ``BASE``, "key", and ``columns``}.
    """
    order = chosen.order
    asked = BASE | {"key": KEYS[order.kind].format(column=order.column)}
    asked |= {f"of {name}": COLUMNS[name].sql for name in columns}
    names = tuple(asked)

    def row_of(values: tuple[Any, ...]) -> dict[str, Any]:
        return dict(zip(names, values, strict=True))

    def place_of(row: dict[str, Any]) -> Place:
        key = row["key"]
        if key is not None and order.kind == "moment":
            key = EPOCH + key * MICROSECOND
        return Place(key, UUID(row["id"]))

    first = before is None and after is None
    source = Source(TABLE, *chosen.conditions(actor, most=FIRST_PAGE if first else None))
    return read_page(source, ", ".join(asked.values()), order, row_of, place_of, before=before, after=after)


def lead_neighbours(actor: Actor, chosen: LeadFilter, lead: Lead) -> tuple[UUID | None, UUID | None]:
    """The leads next to ``lead`` in the filtered list: (the one above, the one below). It need not pass the filter."""
    source = Source(TABLE, *chosen.conditions(actor))
    return source.neighbours(chosen.order, Place(chosen.key_of(lead), lead.pk))


def is_more_than(actor: Actor, chosen: LeadFilter, most: int) -> bool:
    """Whether the filtered list holds more than ``most``, counted no further."""
    source = Source(TABLE, *chosen.conditions(actor))
    return len(source.read("1", SORTS[""][1], most=most + 1)) > most


def listed_leads(actor: Actor, chosen: LeadFilter, most: int) -> list[UUID]:
    """All leads of the filtered list, in its order; not more than ``most``."""
    source = Source(TABLE, *chosen.conditions(actor))
    return [pk for (pk,) in source.read("l.id", chosen.order, most=most)]
