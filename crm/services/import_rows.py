"""One batch of an import in the database: what was decided, written in a few statements.

Row-level security refuses COPY to the runtime role, so rows are copied into temporary tables and go on from there.
"""

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import GeneratedField
from psycopg.types.json import Jsonb

from crm.importing.people import Book, Known, Person
from crm.importing.planning import CREATED, FAILED, SUPPRESSED, UPDATED, Deed
from crm.models import Activity, Campaign, Channel, ImportJob, Lead, LeadTag, PipelineStage
from crm.services.companies import companies_named
from crm.services.import_campaign import enrol
from crm.services.import_known import COLUMNS
from crm.services.statuses import refresh_status
from crm.services.suppression import suppressed
from crm.services.tags import named_tags
from crm.services.timeline import line, tell_all
from crm.suppression import Kind, normalised
from lib.uuid7 import uuid7

TYPES = {
    "value": "numeric", "last_call_at": "timestamptz", "stage_id": "uuid", "company_id": "uuid",
    "phone_is_wrong": "boolean",
}  # fmt: skip
BLANK = {**dict.fromkeys(COLUMNS, ""), **dict.fromkeys(TYPES, None), "phone_is_wrong": "False"}
STAGED = ("id", *COLUMNS, "custom")
NOTED = ("id", "line", "raw", "status", "reason", "lead_id", "before", "after")
WAYS = {
    Kind.EMAIL: "email",
    Kind.PHONE: "phone_e164",
    Kind.LINKEDIN: "linkedin_url",
}  # who is reached by which column
MADE_BY = "import"  # in a company's enrichment: the job that needed it
MET_SOMEBODY = "Somebody added this person at the same moment. Import the row again."


def prepare() -> None:
    """Make this transaction's temporary tables, empty."""
    columns = ", ".join(f"{name} {TYPES.get(name, 'text')}" for name in COLUMNS)
    with connection.cursor() as cursor:
        cursor.execute(
            f"CREATE TEMP TABLE IF NOT EXISTS staged_lead (id uuid, {columns}, custom jsonb) ON COMMIT DROP"
        )
        cursor.execute(
            "CREATE TEMP TABLE IF NOT EXISTS staged_row (id uuid, line integer, raw text[], status text, reason text, "
            "lead_id uuid, before jsonb, after jsonb) ON COMMIT DROP"
        )
        cursor.execute("TRUNCATE staged_lead, staged_row")


def write(
    job: ImportJob, deeds: Sequence[Deed], known: dict[str, Known], campaign: Campaign | None, now: datetime
) -> None:
    """Carry ``deeds`` out and note each. A line whose person somebody else added meanwhile is noted as failed.

    ``known`` holds every lead of the deeds as the batch leaves it, by id; ``campaign`` is held.
    """
    changed = [deed for deed in deeds if deed.status in (CREATED, UPDATED)]
    _employ(job, changed, known)
    last = {deed.lead_id: deed for deed in changed}  # two lines may be about one person
    fresh = {deed.lead_id for deed in changed if deed.status == CREATED}
    made = _insert(job, [known[str(pk)] for pk in last if pk in fresh], now)
    for deed in changed:
        if deed.lead_id in fresh - made:
            deed.status, deed.reason, deed.lead_id, deed.after = FAILED, MET_SOMEBODY, None, {}
    _update([known[str(pk)] for pk in last if pk not in fresh], now)
    changed = [deed for deed in changed if deed.lead_id is not None]
    _put_tags_on(job, changed)
    _tell(job, changed, now)
    joined = enrol(job, campaign, changed, now)
    _note(job, deeds, now)
    enriched = [deed.lead_id for deed in changed if "custom" in deed.after]
    refresh_status(agency_id=job.agency_id, lead_ids=[*enriched, *joined])


def _employ(job: ImportJob, deeds: Sequence[Deed], known: dict[str, Known]) -> None:
    """Let the company row follow its name, and the mark of a wrong number go with the number."""
    companies = companies_named(
        agency_id=job.agency_id,
        client_id=job.client_id,
        names=(deed.after.get("company_name", "") for deed in deeds),
        mark={MADE_BY: str(job.pk)},
    )
    for deed in deeds:
        follows = {}
        if name := deed.after.get("company_name"):
            follows["company_id"] = str(companies[name.casefold()])
        if deed.status == UPDATED and "phone" in deed.after:
            follows["phone_is_wrong"] = "False"
        held = known[str(deed.lead_id)].columns
        for column, text in follows.items():
            # Of a person whom an earlier line has made nothing but that line's cells is known.
            was = held.get(column, "False" if column == "phone_is_wrong" else "")
            if was != text:
                deed.before[column], deed.after[column] = was, text
                held[column] = text


def _stage(people: Sequence[Known]) -> None:
    with (
        connection.cursor() as cursor,
        cursor.copy(f"COPY staged_lead ({', '.join(STAGED)}) FROM STDIN") as copy,
    ):
        for each in people:
            values = (each.columns.get(name) or BLANK[name] for name in COLUMNS)
            copy.write_row((each.id, *values, Jsonb(each.custom)))


@cache
def _constants() -> dict[str, Any]:
    """What a new lead has in the columns that no line fills."""
    filled = {
        *COLUMNS,
        "id",
        "agency_id",
        "client_id",
        "created_at",
        "updated_at",
        "enrichment_data",
        "source",
    }
    fields = [each for each in Lead._meta.concrete_fields if not isinstance(each, GeneratedField)]
    return {
        str(each.column): each.get_db_prep_save(each.get_default(), connection)
        for each in fields
        if each.column not in filled and each.get_default() is not None
    }


def _insert(job: ImportJob, people: Sequence[Known], now: datetime) -> set[UUID]:
    """Return the ids of those that were new indeed."""
    if not people:
        return set()
    _stage(people)
    constant = {
        **_constants(), "agency_id": job.agency_id, "client_id": job.client_id, "created_at": now, "updated_at": now,
        "source": job.source,
    }  # fmt: skip
    own = (*COLUMNS, "id", "enrichment_data", *constant, "stage_entered_at")
    given = (
        *COLUMNS,
        "id",
        "custom",
        *(["%s"] * len(constant)),
        "CASE WHEN stage_id IS NOT NULL THEN %s END",
    )
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO crm_lead ({', '.join(own)}) SELECT {', '.join(given)} FROM staged_lead "  # noqa: S608
            "ON CONFLICT DO NOTHING RETURNING id",
            [*constant.values(), now],
        )
        made = {row[0] for row in cursor.fetchall()}
        cursor.execute("TRUNCATE staged_lead")
    return made


def _update(people: Sequence[Known], now: datetime) -> None:
    """Write ``people``, whose rows the batch holds."""
    if not people:
        return
    _stage(people)
    changes = ", ".join(f"{name} = s.{name}" for name in COLUMNS)
    moved = "CASE WHEN l.stage_id IS DISTINCT FROM s.stage_id THEN %s ELSE l.stage_entered_at END"
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE crm_lead l SET {changes}, enrichment_data = s.custom, updated_at = %s, "  # noqa: S608
            f"stage_entered_at = {moved} FROM staged_lead s WHERE l.id = s.id",
            [now, now],
        )
        cursor.execute("TRUNCATE staged_lead")


def _put_tags_on(job: ImportJob, deeds: Sequence[Deed]) -> None:
    names = [name for deed in deeds for name in deed.after.get("tags", ())]
    if not names:
        return
    own: dict[str, Any] = {"agency_id": job.agency_id, "client_id": job.client_id}
    tags = named_tags(**own, names=names)
    LeadTag.unscoped.bulk_create(
        (
            LeadTag(**own, lead_id=str(deed.lead_id), tag=tags[name.casefold()])
            for deed in deeds
            for name in deed.after.get("tags", ())
        ),
        ignore_conflicts=True,
        batch_size=2000,
    )


def hold_stages(job: ImportJob) -> None:
    """Let nobody be moved on the client's board until the transaction ends, where the list says stages."""
    if "stage" in job.mapping:
        stages = PipelineStage.unscoped.filter(agency_id=job.agency_id, client_id=job.client_id)
        list(stages.order_by("pk").select_for_update(of=("self",), no_key=True))


def moved(job: ImportJob, moves: Sequence[tuple[UUID | None, str, str]], now: datetime) -> list[Activity]:
    """The lines of who went (lead, from, to) through the stages, which are said by name, too."""
    if not moves:
        return []
    stages = PipelineStage.unscoped.filter(pk__in={pk for _, *both in moves for pk in both if pk})
    names = {str(pk): name for pk, name in stages.values_list("pk", "name")}
    return [
        line(
            about=job, action="stage_changed", now=now, user_id=job.started_by_id, lead_id=lead_id,
            metadata={
                "from": was, "to": to, "from_name": names.get(was, ""), "to_name": names.get(to, ""),
                "job": str(job.pk),
            },
        )
        for lead_id, was, to in moves
    ]  # fmt: skip


def _tell(job: ImportJob, deeds: Sequence[Deed], now: datetime) -> None:
    moves = [
        (deed.lead_id, deed.before["stage_id"], deed.after["stage_id"])
        for deed in deeds
        if deed.status == UPDATED and "stage_id" in deed.after
    ]
    tell_all(moved(job, moves, now))
    tell_all(
        line(
            about=job,
            action="imported" if deed.status == CREATED else "import_changed",
            now=now,
            user_id=job.started_by_id,
            channel=Channel.OTHER,
            lead_id=deed.lead_id,
            metadata={"job": str(job.pk), "file": job.filename, "line": deed.person.line},
        )
        for deed in deeds
    )


def _note(job: ImportJob, deeds: Sequence[Deed], now: datetime) -> None:
    with connection.cursor() as cursor:
        with cursor.copy(f"COPY staged_row ({', '.join(NOTED)}) FROM STDIN") as copy:
            for deed in deeds:
                before, after = (
                    Jsonb(deed.before) if deed.before else None,
                    Jsonb(deed.after) if deed.after else None,
                )
                copy.write_row(
                    (
                        uuid7(), deed.person.line, deed.person.cells, deed.status, deed.reason[:300], deed.lead_id,
                        before, after,
                    )
                )  # fmt: skip
        own = ", ".join(("agency_id", "client_id", "job_id", "created_at", "updated_at", "undo", *NOTED))
        cursor.execute(
            f"INSERT INTO crm_importrow ({own}) SELECT %s, %s, %s, %s, %s, '', {', '.join(NOTED)} FROM staged_row",  # noqa: S608
            [job.agency_id, job.client_id, job.pk, now, now],
        )
        cursor.execute("TRUNCATE staged_row")


def suppressed_lines(job: ImportJob, people: Sequence[Person], book: Book, now: datetime) -> dict[int, Deed]:
    """The lines about people who must not be contacted, by whatever channel: they are neither added nor changed.

    A person is one: who is found by one way and stands on the list by another must not be contacted either.
    """
    ways = {each.line: _ways(each, book) for each in people if not each.problem}
    asked = {kind: {text for each in ways.values() for text in each[kind]} for kind in WAYS}
    stopped = suppressed(
        agency_id=job.agency_id, client_id=job.client_id, channel=None, now=now,
        emails=asked[Kind.EMAIL], phones=asked[Kind.PHONE], linkedin=asked[Kind.LINKEDIN],
    )  # fmt: skip
    lines = {}
    for each in people:
        texts = (text for kind in WAYS for text in ways[each.line][kind]) if each.line in ways else ()
        if way := next((text for text in texts if text in stopped), ""):
            lines[each.line] = Deed(each, SUPPRESSED, f"“{way}” stands on the list of whom not to contact.")
    return lines


def _ways(person: Person, book: Book) -> dict[str, list[str]]:
    """By what the person of the line is reached, as it says and then as we know them."""
    found = book.find(person)
    ways: dict[str, list[str]] = {}
    for kind, name in WAYS.items():
        ours = sorted(each for each in found[0].ways(name) if normalised(kind, each)) if found else ()
        ways[kind] = [*filter(None, [person.given.get(name, "")]), *ours]
    return ways
