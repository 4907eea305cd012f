"""Taking an import back: whom it made goes, whom it changed is as before. Whoever was touched since stays."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import ForeignKey

from crm.models import Activity, Channel, Company, ImportJob, ImportRow, Lead, LeadScore, LeadTag
from crm.services.import_known import COLUMNS, STAMPS, columns_of, tags_on
from crm.services.import_rows import MADE_BY, TYPES
from crm.services.statuses import refresh_status
from crm.services.timeline import line, tell_all

BATCH = 1000
Undo, Status = ImportRow.Undo, ImportJob.Status


@transaction.atomic
def take_back_some(*, job_id: UUID, now: datetime, lease: timedelta) -> bool:
    """Take back up to ``BATCH`` lines, the last first. False when nothing is left."""
    job = ImportJob.unscoped.select_for_update(of=("self",)).get(pk=job_id)
    if job.status != Status.UNDOING:
        return False
    rows = list(
        ImportRow.unscoped.filter(job=job, undo="", status__in=("created", "updated")).order_by("-line")[
            :BATCH
        ]
    )
    if not rows:
        _close_empty_companies(job)
        ImportJob.unscoped.filter(pk=job_id).update(status=Status.UNDONE, undone_at=now, lease_until=None)
        return False
    made = [row for row in rows if row.status == ImportRow.Status.CREATED]
    changed = [row for row in rows if row.status == ImportRow.Status.UPDATED]
    _restore(job, changed, now)
    _take_away(job, made)
    ImportRow.unscoped.bulk_update(rows, ["undo", "reason"])
    enriched = [row.lead_id for row in changed if "custom" in (row.after or {})]
    refresh_status(agency_id=job.agency_id, lead_ids=enriched)
    done = sum(row.undo == Undo.REVERSED for row in rows)
    ImportJob.unscoped.filter(pk=job_id).update(
        reversed=job.reversed + done, kept=job.kept + len(rows) - done, lease_until=now + lease, attempts=0
    )
    return True


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
    """Whether what the line wrote is there still."""
    columns = columns_of(getattr(lead, name) for name in COLUMNS)
    after = row.after or {}
    return lead.archived_at is None and all(
        (lead.enrichment_data == text if name == "custom" else columns[name] == text)
        for name, text in after.items()
        if name != "tags"
    )


def _restore(job: ImportJob, rows: list[ImportRow], now: datetime) -> None:
    leads, told = _leads(rows), []
    for row in rows:
        lead = leads.get(row.lead_id) if row.lead_id else None
        if lead is None or not _stands(lead, row):
            row.undo, row.reason = Undo.KEPT, "Somebody has changed this person since."
            continue
        for name, text in (row.before or {}).items():
            if name == "custom":
                lead.enrichment_data = text
            elif name == "stamps":
                for stamp, at in text.items():
                    setattr(lead, stamp, at and datetime.fromisoformat(at))
            else:
                setattr(lead, name, None if text == "" and name in TYPES else text)
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
    fields = [*(name.removesuffix("_id") for name in COLUMNS), "enrichment_data", *STAMPS]
    Lead.unscoped.bulk_update(leads.values(), fields, batch_size=500)
    tell_all(told)


def _take_away(job: ImportJob, rows: list[ImportRow]) -> None:
    """Delete the leads that the lines made, save those that anything else has come to point at."""
    leads = _leads(rows)
    loose = {row.lead_id: row for row in rows if row.lead_id in leads and _stands(leads[row.lead_id], row)}
    tags = tags_on(loose)
    touched = _pointed_at(job, loose) | {
        pk
        for pk, row in loose.items()
        if tags.get(pk, set()) != {each.casefold() for each in (row.after or {}).get("tags", ())}
    }
    going = [pk for pk in loose if pk not in touched]
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
            row.undo, row.reason = (
                Undo.KEPT,
                (
                    "Somebody has worked with this person since."
                    if row.lead_id in leads
                    else "This person is gone already."
                ),
            )


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
        if relation.related_model is LeadScore:
            rows = rows.exclude(scored_by=None)  # added up by itself
        found |= set(rows.values_list(relation.field.attname, flat=True))
    return found
