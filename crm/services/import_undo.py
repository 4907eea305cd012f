"""Taking an import back: whom it made goes, whom it changed is as before. Whoever was touched since stays."""

import logging
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import IntegrityError, connection, transaction
from django.db.models import ForeignKey, GeneratedField

from crm.merging import DERIVED
from crm.models import (
    Activity,
    CampaignMember,
    Channel,
    Company,
    ImportJob,
    ImportRow,
    Lead,
    LeadScore,
    LeadTag,
)
from crm.services.import_campaign import JOINED, hold_campaign, leave, untouched
from crm.services.import_known import COLUMNS, columns_of, tags_on
from crm.services.import_rows import BLANK, MADE_BY, TYPES, hold_stages, moved
from crm.services.statuses import refresh_status
from crm.services.timeline import line, tell_all

log = logging.getLogger(__name__)
BATCH = 1000
Undo, Status = ImportRow.Undo, ImportJob.Status
CHANGED = "Somebody has changed this person since."
TOUCHED = "Somebody has worked with this person since."
GONE = "This person is gone already."
WHY = {  # by the rule of the database that stands against it
    "lead_email_once_per_client": "Somebody else has their former e-mail address by now.",
    "crm_lead_stage_id_tenant_fk": "The stage they were in is gone.",
}
UNFORESEEN = "This row could not be taken back. Look at the person and change by hand what is wrong."
# Columns that say nothing of what people did: they follow from others, or belong to the row itself.
BY_ITSELF = {*DERIVED, "id", "agency_id", "client_id", "created_at", "updated_at", "source", "currency", "email_status",
             "stage_entered_at", "board_rank"}  # fmt: skip


@transaction.atomic
def take_back_some(*, job_id: UUID, now: datetime, lease: timedelta) -> bool:
    """Take back up to ``BATCH`` lines, the last first. False when nothing is left.

    A line that can't be taken back says so, and all others go.
    """
    job = ImportJob.unscoped.select_for_update(of=("self",)).get(pk=job_id)
    if job.status != Status.UNDOING:
        return False
    hold_campaign(job)
    hold_stages(job)
    left = ImportRow.unscoped.filter(job=job, undo="", status__in=("created", "updated"))
    rows = list(left.order_by("-line")[:BATCH])
    if not rows:
        _close_empty_companies(job)
        ImportJob.unscoped.filter(pk=job_id).update(status=Status.UNDONE, undone_at=now, lease_until=None)
        return False
    try:
        with transaction.atomic():
            _take_back(job, rows, now)
    except Exception:
        log.exception("%s rows of import %s are taken back one by one", len(rows), job_id)
        rows = list(left.order_by("-line")[:BATCH])
        for row in rows:
            _take_back_alone(job, row, now)
    ends = [row.undo for row in rows]
    ImportJob.unscoped.filter(pk=job_id).update(
        reversed=job.reversed + ends.count(Undo.REVERSED), kept=job.kept + ends.count(Undo.KEPT),
        lease_until=now + lease, attempts=0,
    )  # fmt: skip
    return True


def _take_back_alone(job: ImportJob, row: ImportRow, now: datetime) -> None:
    try:
        with transaction.atomic():
            _take_back(job, [row], now)
    except Exception as error:
        log.exception("line %s of import %s can't be taken back", row.line, job.pk)
        known = (why for rule, why in WHY.items() if isinstance(error, IntegrityError) and rule in str(error))
        row.undo, row.reason = Undo.FAILED, next(known, UNFORESEEN)
        row.save(update_fields=["undo", "reason", "updated_at"])


def _take_back(job: ImportJob, rows: Sequence[ImportRow], now: datetime) -> None:
    made = [row for row in rows if row.status == ImportRow.Status.CREATED]
    changed = [row for row in rows if row.status == ImportRow.Status.UPDATED]
    _restore(job, changed, now)
    _take_away(job, made)
    ImportRow.unscoped.bulk_update(rows, ["undo", "reason"])
    enriched = [row.lead_id for row in changed if "custom" in (row.after or {})]
    joined = leave(job, [row for row in changed if row.undo == Undo.REVERSED])
    refresh_status(agency_id=job.agency_id, lead_ids=[*enriched, *joined])


def _close_empty_companies(job: ImportJob) -> None:
    """Delete the companies that the import made, save those that have people or news or were changed since."""
    made = Company.unscoped.filter(
        agency_id=job.agency_id,
        client_id=job.client_id,
        enrichment={MADE_BY: str(job.pk)},
        leads=None,
        signals=None,
    )
    if job.finished_at:
        made = made.filter(updated_at__lte=job.finished_at)
    Company.unscoped.filter(pk__in=list(made.values_list("pk", flat=True))).delete()


def _leads(rows: Iterable[ImportRow]) -> dict[UUID, Lead]:
    wanted = {row.lead_id for row in rows if row.lead_id}
    return {
        lead.pk: lead
        for lead in Lead.unscoped.filter(pk__in=wanted).order_by("pk").select_for_update(of=("self",))
    }


def _stands(lead: Lead, row: ImportRow) -> bool:
    """Whether what the line wrote is there still. The place on the board moves when others are moved."""
    columns = columns_of(getattr(lead, name) for name in COLUMNS)
    after = row.after or {}
    return lead.archived_at is None and all(
        (lead.enrichment_data == text if name == "custom" else columns[name] == text)
        for name, text in after.items()
        if name not in ("tags", "board_rank", JOINED)
    )


def _is_as_made(lead: Lead, row: ImportRow) -> bool:
    """Whether every column that people fill is as the line left it: not everything they say of somebody is told in
    the timeline.
    """
    after = row.after or {}
    columns = columns_of(getattr(lead, name) for name in COLUMNS)
    ours = {
        name: after.get(name, BLANK[name] or "") for name in COLUMNS if name not in BY_ITSELF or name in after
    }
    others = (
        field
        for field in Lead._meta.concrete_fields
        if field.attname not in (*BY_ITSELF, *COLUMNS, "enrichment_data")
        and not isinstance(field, GeneratedField)
    )
    return (
        all(columns[name] == text for name, text in ours.items() if name != "board_rank")
        and lead.enrichment_data == after.get("custom", {})
        and all(getattr(lead, field.attname) == field.get_default() for field in others)
    )


def _restore(job: ImportJob, rows: list[ImportRow], now: datetime) -> None:
    leads, told = _leads(rows), []
    free = _free_places(job, rows)
    moves: list[tuple[UUID | None, str, str]] = []
    for row in rows:
        lead = leads.get(row.lead_id) if row.lead_id else None
        if lead is None or not _stands(lead, row):
            row.undo, row.reason = Undo.KEPT, CHANGED if lead else GONE
            continue
        before = row.before or {}
        if "stage_id" in before:
            moves.append((lead.pk, str(lead.stage_id or ""), before["stage_id"]))
        _put_back(lead, before, row.created_at, now)
        if before.get("board_rank") and (before["stage_id"], before["board_rank"]) not in free:
            lead.board_rank = ""
        row.undo = Undo.REVERSED
        told.append(
            line(
                about=job, action="import_undone", now=now, user_id=job.started_by_id, channel=Channel.OTHER,
                lead_id=lead.pk, metadata={"job": str(job.pk), "file": job.filename, "line": row.line},
            )
        )  # fmt: skip
        names = [each.casefold() for each in (row.after or {}).get("tags", ())]
        if names:
            on = LeadTag.unscoped.filter(lead=lead).select_related("tag")
            LeadTag.unscoped.filter(
                pk__in=[each.pk for each in on if each.tag.name.casefold() in names]
            ).delete()
    fields = [
        *(name.removesuffix("_id") for name in COLUMNS),
        "enrichment_data",
        "updated_at",
        "stage_entered_at",
    ]
    Lead.unscoped.bulk_update(leads.values(), fields, batch_size=500)
    tell_all([*told, *moved(job, moves, now)])


def _put_back(lead: Lead, before: dict[str, Any], changed_at: datetime, now: datetime) -> None:
    """Give the lead the columns of ``before``. Its times go back with them, save where somebody changed it since
    ``changed_at`` in other ways.
    """
    for name, text in before.items():
        if name == "custom":
            lead.enrichment_data = text
        elif name != "stamps":
            setattr(lead, name, None if text == "" and name in TYPES else text)
    stamps = {name: at and datetime.fromisoformat(at) for name, at in before.get("stamps", {}).items()}
    if "stage_id" in before:
        lead.stage_entered_at = stamps.get("stage_entered_at")
    if was := stamps.get("updated_at"):
        lead.updated_at = was if lead.updated_at in (changed_at, was) else now


def _free_places(job: ImportJob, rows: Iterable[ImportRow]) -> set[tuple[str, str]]:
    """Those places on the board to which people go back that nobody was given meanwhile."""
    wanted = {
        (row.before["stage_id"], row.before["board_rank"])
        for row in rows
        if row.before and row.before.get("board_rank") and row.before.get("stage_id")
    }
    if not wanted:
        return set()
    there = Lead.unscoped.filter(
        agency_id=job.agency_id, client_id=job.client_id, archived_at=None,
        stage_id__in={stage for stage, _ in wanted}, board_rank__in={rank for _, rank in wanted},
    )  # fmt: skip
    return wanted - {(str(stage), rank) for stage, rank in there.values_list("stage_id", "board_rank")}


def _take_away(job: ImportJob, rows: list[ImportRow]) -> None:
    """Delete the leads that the lines made, save those that anything else has come to point at."""
    leads = _leads(rows)
    loose = {
        row.lead_id: row for row in rows if row.lead_id in leads and _is_as_made(leads[row.lead_id], row)
    }
    tags = tags_on(loose)
    touched = _pointed_at(job, loose) | {
        pk
        for pk, row in loose.items()
        if tags.get(pk, set()) != {each.casefold() for each in (row.after or {}).get("tags", ())}
    }
    going = [pk for pk in loose if pk not in touched]
    leave(job, [row for row in loose.values() if row.lead_id in going])
    LeadTag.unscoped.filter(lead_id__in=going).delete()
    LeadScore.unscoped.filter(lead_id__in=going).delete()
    with connection.cursor() as cursor:
        cursor.execute("SELECT crm_forget_import(%s, %s)", [going, job.pk])
        if going:
            cursor.execute("DELETE FROM crm_lead WHERE id = ANY(%s)", [going])
    for row in rows:
        if row.lead_id in going:
            row.undo = Undo.REVERSED
        else:
            row.undo, row.reason = Undo.KEPT, TOUCHED if row.lead_id in leads else GONE


def _pointed_at(job: ImportJob, leads: Iterable[UUID]) -> set[UUID]:
    """Those of ``leads`` that have anything beside what the import itself gave them."""
    wanted, found = list(leads), set()
    for relation in Lead._meta.related_objects:
        if relation.related_model is LeadTag or not isinstance(relation.field, ForeignKey):
            continue
        model: Any = relation.related_model
        rows = model.unscoped.filter(**{f"{relation.field.name}__in": wanted})
        if relation.related_model is Activity:
            rows = rows.exclude(metadata__contains={"job": str(job.pk)})  # a missing key is no match either
        if relation.related_model is CampaignMember and job.campaign_id:
            rows = rows.exclude(pk__in=untouched(job, wanted).values("pk"))
        if relation.related_model is LeadScore:
            rows = rows.exclude(scored_by=None)  # added up by itself
        found |= set(rows.values_list(relation.field.attname, flat=True))
    return found
