"""Whom the lines of an import may be about: the client's leads, and who was put into the archive or merged away."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.db.models.functions import Lower

from accounts.statements import fetch
from crm.importing.people import KEYS, Known, Person
from crm.models import ImportJob, Lead, LeadTag

# The columns of a lead that a line can fill, and those that follow: company, wrong number, place on the board.
COLUMNS = (
    "first_name", "last_name", "display_name", "email", "phone", "phone_e164", "company_name", "title", "seniority",
    "linkedin_url", "industry", "location", "city", "state", "country", "external_ref", "stage_id", "value",
    "last_call_at", "notes", "company_id", "phone_is_wrong", "lost_reason", "board_rank",
)  # fmt: skip
STAMPS = ("updated_at", "stage_entered_at")
# What people were called before they were merged with others: the person who was kept may have had other ways, too.
BEFORE_MERGES = """
SELECT kept_id, b->>'email', b->>'phone_e164', b->>'linkedin_url', b->>'external_ref'
FROM (SELECT kept_id, before->'kept' AS b FROM crm_leadmerge
  WHERE agency_id = %s AND client_id = %s AND undone_at IS NULL) m
WHERE lower(b->>'email') = ANY(%s) OR b->>'phone_e164' = ANY(%s) OR lower(b->>'linkedin_url') = ANY(%s)
  OR b->>'external_ref' = ANY(%s)
"""
Ways = dict[str, set[str]]  # texts by column of KEYS


def known_to(job: ImportJob, people: Sequence[Person], *, lock: bool) -> list[Known]:
    """The client's leads that the lines may be about, those in the archive too, each with the ways by which people
    merged into them were known. ``lock`` holds them until the transaction ends, in one order.
    """
    leads = Lead.unscoped.filter(agency_id=job.agency_id, client_id=job.client_id)
    asked = {
        name: {key(text) for each in people if (text := each.given.get(name))} for name, key in KEYS.items()
    }
    found = {UUID(each.own_id) for each in people if each.own_id} | _found(leads, asked)
    also = _before_merges(job, asked)
    into, merged = _merged(leads, found | also.keys())
    for pk, ways in merged.items():
        _join(also[pk], ways)
    ids = {_end(pk, into) for pk in found | also.keys()}
    aliases: dict[UUID, Ways] = defaultdict(lambda: defaultdict(set))
    former: dict[UUID, list[str]] = defaultdict(list)
    for pk, ways in also.items():
        _join(aliases[_end(pk, into)], ways)
    for pk in into:
        former[_end(pk, into)].append(str(pk))
    held = leads.filter(pk__in=ids, merged_into=None).order_by("pk")
    if lock:
        held = held.select_for_update(of=("self",))
    tags = tags_on(ids)
    return [
        Known(
            pk, columns_of(values[len(STAMPS) :]), dict(custom), tags.get(pk, set()), _stamps(*values[: len(STAMPS)]),
            is_away=bool(archived or erased), also=aliases.get(pk, {}), former_ids=former.get(pk, []),
        )
        for pk, custom, archived, erased, *values in held.values_list(
            "pk", "enrichment_data", "archived_at", "erased_at", *STAMPS, *COLUMNS
        )
    ]  # fmt: skip


def _found(leads: QuerySet[Lead], asked: Ways) -> set[UUID]:
    found: set[UUID] = set()
    for name, texts in asked.items():
        if texts and name == "email":  # two questions, each with an index of its own
            rows = leads.exclude(email="").annotate(address=Lower("email")).filter(address__in=texts)
            for there in (rows.filter(archived_at=None), rows.filter(archived_at__isnull=False)):
                found.update(there.values_list("pk", flat=True))
        elif texts:
            found.update(leads.filter(**{f"{name}__in": texts}).values_list("pk", flat=True))
    return found


def _before_merges(job: ImportJob, asked: Ways) -> dict[UUID, Ways]:
    also: dict[UUID, Ways] = defaultdict(lambda: defaultdict(set))
    names = ("email", "phone_e164", "linkedin_url", "external_ref")
    if any(asked.values()):
        wanted = [sorted(asked[name]) for name in names]
        for kept, *texts in fetch(BEFORE_MERGES, [job.agency_id, job.client_id, *wanted]):
            _join(also[kept], {name: {text} for name, text in zip(names, texts, strict=True) if text})
    return also


def _merged(leads: QuerySet[Lead], ids: Iterable[UUID]) -> tuple[dict[UUID, UUID], dict[UUID, Ways]]:
    """(who was merged into whom, by what they were known) of ``ids`` and on to the end of each chain."""
    into: dict[UUID, UUID] = {}
    ways: dict[UUID, Ways] = {}
    fresh = set(ids)
    while fresh:
        rows = leads.filter(pk__in=fresh, merged_into__isnull=False).values_list(
            "pk", "merged_into_id", *KEYS
        )
        fresh = set()
        for pk, target, *texts in rows:
            into[pk] = target
            ways[pk] = {name: {text} for name, text in zip(KEYS, texts, strict=True) if text}
            fresh.add(target)
        fresh -= into.keys()
    return into, ways


def _end(pk: UUID, into: dict[UUID, UUID]) -> UUID:
    while pk in into:
        pk = into[pk]
    return pk


def _join(one: Ways, other: Ways) -> None:
    for name, texts in other.items():
        one[name] = one.get(name, set()) | texts


def _stamps(*values: datetime | None) -> dict[str, str | None]:
    return {name: value.isoformat() if value else None for name, value in zip(STAMPS, values, strict=True)}


def columns_of(values: Iterable[Any]) -> dict[str, str]:
    """The values of ``COLUMNS``, in that order, as texts by name."""
    return {name: _plain(value) for name, value in zip(COLUMNS, values, strict=True)}


def _plain(value: Any) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    return "" if value is None else str(value)


def tags_on(leads: Iterable[UUID]) -> dict[UUID, set[str]]:
    held: dict[UUID, set[str]] = defaultdict(set)
    for lead_id, name in LeadTag.unscoped.filter(lead_id__in=list(leads)).values_list("lead_id", "tag__name"):
        held[lead_id].add(name.casefold())
    return held
