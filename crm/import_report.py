"""What is told of an import: what became of each row, and which were not imported."""

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from accounts.tenancy import Actor
from crm.importing.fields import REASON
from crm.models import ImportJob, ImportRow, Lead

NOT_IMPORTED = (ImportRow.Status.FAILED, ImportRow.Status.SUPPRESSED)
PAGE = 50
# What a person may ask for: the outcome of the import, then that of its undo.
OUTCOMES = dict(ImportRow.Status.choices)
UNDONE = {f"undo-{value}": label for value, label in ImportRow.Undo.choices}


@dataclass(frozen=True, slots=True)
class Told:
    row: ImportRow
    who: str
    lead_id: UUID | None  # of somebody who is here still


def told_rows(actor: Actor, job: ImportJob, asked: str, after: str) -> tuple[list[Told], int | None]:
    """(one page of rows in the file's order, the line after which the next begins). ``asked`` is a key of `OUTCOMES` or
    `UNDONE`, or anything for all; ``after`` a line of the file, or anything for the first page.
    """
    rows = ImportRow.objects.for_actor(actor).filter(job=job).order_by("line")
    if asked in OUTCOMES:
        rows = rows.filter(status=asked)
    elif asked in UNDONE:
        rows = rows.filter(undo=asked.removeprefix("undo-"))
    if after.isascii() and after.isdecimal() and len(after) < 10:
        rows = rows.filter(line__gt=int(after))
    found = list(rows[: PAGE + 1])
    here = set(
        Lead.objects.for_actor(actor)
        .filter(pk__in=[row.lead_id for row in found if row.lead_id], merged_into=None, erased_at=None)
        .values_list("pk", flat=True)
    )
    page = [Told(row, _who(row), row.lead_id if row.lead_id in here else None) for row in found[:PAGE]]
    return page, found[PAGE - 1].line if len(found) > PAGE else None


def stuck_rows(actor: Actor, job: ImportJob) -> int:
    """How many rows could not be taken back."""
    found: int = ImportRow.objects.for_actor(actor).filter(job=job, undo=ImportRow.Undo.FAILED).count()
    return found


def _who(row: ImportRow) -> str:
    """The first few cells that say anything."""
    return " · ".join([each[:40] for each in row.raw if each][:3])


def failed_lines(actor: Actor, job: ImportJob) -> tuple[list[str], Iterator[list[str]]]:
    """(headings, rows) of the lines that were not imported, in the file's order, their reason in a column of its own.

    The reason's column has no meaning to an import, so that the file can be mended and imported as it is.
    """
    rows = ImportRow.objects.for_actor(actor).filter(job=job, status__in=NOT_IMPORTED).order_by("line")
    told = rows.values_list("raw", "reason").iterator(chunk_size=1000)
    width = len(job.shape["headings"])
    return [*job.shape["headings"], REASON], (
        [*raw, *[""] * (width - len(raw)), reason] for raw, reason in told
    )
