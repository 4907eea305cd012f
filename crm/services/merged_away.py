"""Where somebody is found who was merged into somebody else: a merge lasts beyond the rows that it moved."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Lower

from crm.models import Lead, LeadMerge

SIDES = ("kept", "merged")
LONGEST_CHAIN = 50  # links; a longer one is followed no further


def kept_people(
    *, agency_id: UUID, client_id: UUID, asked: Mapping[str, Collection[str]]
) -> dict[str, dict[str, UUID]]:
    """Return whose each number, address, profile or reference is now that a merge took from the person it was of.

    ``asked`` names, by column (``phone_e164``, ``email``, ``linkedin_url``, ``external_ref``), the values that are
    looked for, addresses in small letters; the answer has the same keys, with the active lead of those that were
    found. Whoever has the value in their own row comes first: ask there before. Reads the client's standing merges
    once, however much is asked.
    """
    wanted = {column: {each for each in values if each} for column, values in asked.items()}
    found: dict[str, dict[str, UUID]] = {column: {} for column in asked}
    if not any(wanted.values()):
        return found
    rows = list(_merges(agency_id, client_id, wanted))
    ends = last_of(agency_id=agency_id, client_id=client_id, lead_ids={kept for kept, _ in rows})
    for kept, before in rows:
        lead = ends.get(kept)
        if lead is None or lead.archived_at or lead.erased_at:
            continue
        for column, values in wanted.items():
            for value in _taken(before, column) & values:
                found[column].setdefault(value, lead.pk)
    return found


def last_of(*, agency_id: UUID, client_id: UUID, lead_ids: Iterable[UUID]) -> dict[UUID, Lead]:
    """Return for each lead the one it is merged into, link by link: itself when it is merged into nobody."""
    people = Lead.unscoped.filter(agency_id=agency_id, client_id=client_id)
    known: dict[UUID, Lead] = {}
    fresh = set(lead_ids)
    for _ in range(LONGEST_CHAIN):
        if not fresh:
            break
        known |= people.in_bulk(fresh)
        fresh = {each.merged_into_id for each in known.values() if each.merged_into_id} - known.keys()
    ends = {}
    for pk in set(lead_ids) & known.keys():
        lead = known[pk]
        while lead.merged_into_id in known:
            lead = known[lead.merged_into_id]
        ends[pk] = lead
    return ends


def merged_into(lead: Lead) -> list[Lead]:
    """Everybody who was merged into ``lead``, link by link, and not taken apart since."""
    people = Lead.unscoped.filter(agency_id=lead.agency_id, client_id=lead.client_id)
    found: dict[UUID, Lead] = {}
    fresh = {lead.pk}
    while fresh:
        links = people.filter(merged_into__in=fresh).exclude(pk__in=found).in_bulk()
        found |= links
        fresh = set(links)
    return [found[pk] for pk in sorted(found)]


def _merges(
    agency_id: UUID, client_id: UUID, wanted: Mapping[str, set[str]]
) -> Iterable[tuple[UUID, dict[str, Any]]]:
    """Of the merges that stand, those in which one of the values was somebody's; the oldest first."""
    rows = LeadMerge.unscoped.filter(agency_id=agency_id, client_id=client_id, undone_at=None)
    same = Q()
    for column, values in wanted.items():
        for side in SIDES if values else ():
            name = f"{side}_{column}"
            text = KeyTextTransform(column, KeyTextTransform(side, "before"))
            rows = rows.alias(**{name: Lower(text) if column == "email" else text})
            same |= Q(**{f"{name}__in": values})
    found: Iterable[tuple[UUID, dict[str, Any]]] = (
        rows.filter(same).order_by("merged_at", "pk").values_list("kept_id", "before")
    )
    return found


def _taken(before: Mapping[str, Any], column: str) -> set[str]:
    """What the two had there, but for what the merge left in the kept one's row: of that the row itself speaks."""
    told = {_plain(before.get(side), column) for side in SIDES}
    return told - {_plain(before.get("after"), column)}


def _plain(snapshot: Mapping[str, Any] | None, column: str) -> str:
    value = str((snapshot or {}).get(column) or "")
    return value.lower() if column == "email" else value
