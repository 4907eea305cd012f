"""What is told of an import when it is over."""

from collections.abc import Iterator

from accounts.tenancy import Actor
from crm.importing.fields import REASON
from crm.models import ImportJob, ImportRow

NOT_IMPORTED = (ImportRow.Status.FAILED, ImportRow.Status.SUPPRESSED)


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
