"""Lists of people: brought in, looked over, imported, and taken back."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, QueryDict, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_GET, require_POST

from accounts.access import requires
from accounts.directory import visible_clients
from accounts.models import Client
from accounts.newest import page_of
from accounts.pages import layout_of
from accounts.permissions import Level
from accounts.services.audit import Origin
from accounts.tenancy import Actor
from crm.forms.imports import ChoicesForm, UploadForm
from crm.import_report import OUTCOMES, UNDONE, failed_lines, stuck_rows, told_rows
from crm.importing.cells import Unreadable
from crm.importing.reading import MOST_BYTES
from crm.models import ImportJob
from crm.services import importing
from lib.safe_csv import csv_lines

TOO_LARGE = f"The file is larger than {MOST_BYTES // (1024 * 1024)} MB. Split it into parts."
AT_WORK = (ImportJob.Status.CHECKING, ImportJob.Status.RUNNING, ImportJob.Status.UNDOING)


@require_GET
@requires("leads.import", Level.WRITE)
def import_list(request: HttpRequest) -> HttpResponse:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    jobs = ImportJob.objects.for_actor(actor).select_related("client", "started_by").defer("shape", "mapping")
    rows, older = page_of(jobs.newest_first(), "created_at", request.GET.get("before", ""))
    return render(
        request,
        "crm/imports/list.html",
        {"jobs": rows, "older": older, "layout": layout_of(actor), "at_work": AT_WORK},
    )


@require_GET
@requires("leads.import", Level.WRITE)
def import_new(request: HttpRequest) -> HttpResponse:
    return _upload_page(request, UploadForm(clients=visible_clients(request)))


@csrf_exempt  # looked at below, once it is known that the body is worth reading
@require_POST
@requires("leads.import", Level.WRITE)
def import_upload(request: HttpRequest) -> HttpResponse:
    if int(request.headers.get("Content-Length") or 0) > MOST_BYTES + 64 * 1024:
        form = UploadForm(clients=visible_clients(request))
        form.refuse("file", TOO_LARGE)
        return _upload_page(request, form, status=413)
    return _take(request)


@csrf_protect
def _take(request: HttpRequest) -> HttpResponse:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    form = UploadForm(request.POST, request.FILES, clients=visible_clients(request))
    if form.is_valid():
        client = Client.objects.for_actor(actor).get(pk=form.cleaned_data["client"])
        file = form.cleaned_data["file"]
        try:
            job = importing.take_file(
                actor=actor, client=client, file=file.file, filename=file.name, size=file.size
            )
        except Unreadable as unreadable:
            form.add_error("file", str(unreadable))
        else:
            return redirect("crm:import", job.pk)
    return _upload_page(request, form, status=422)


def _upload_page(request: HttpRequest, form: UploadForm, status: int = 200) -> HttpResponse:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    return render(
        request,
        "crm/imports/new.html",
        {"form": form, "layout": layout_of(actor), "most": MOST_BYTES},
        status=status,
    )


@require_GET
@requires("leads.import", Level.WRITE)
def import_job(request: HttpRequest, job_id: UUID) -> HttpResponse:
    """Where the import stands; to htmx, which asks every second while it is at work, that part alone."""
    return _job_page(request, _find(request, job_id))


@require_POST
@requires("leads.import", Level.WRITE)
def import_check(request: HttpRequest, job_id: UUID) -> HttpResponse:
    job = _find(request, job_id)
    form = _choices(request, job, request.POST)
    if not form.is_valid():
        return _job_page(request, job, form, status=422)
    try:
        importing.check(actor=request.actor, job_id=job.pk, now=timezone.now(), **form.choices)  # type: ignore[attr-defined]
    except importing.ImportRefused as refused:
        form.add_error(None, str(refused))
        return _job_page(request, job, form, status=422)
    return redirect("crm:import", job.pk)


@require_POST
@requires("leads.import", Level.WRITE)
def import_start(request: HttpRequest, job_id: UUID) -> HttpResponse:
    return _go(request, job_id, importing.start)


@require_POST
@requires("leads.import", Level.WRITE)
def import_undo(request: HttpRequest, job_id: UUID) -> HttpResponse:
    return _go(request, job_id, importing.undo)


def _go(request: HttpRequest, job_id: UUID, deed: Any) -> HttpResponse:
    job = _find(request, job_id)
    try:
        deed(actor=request.actor, job_id=job.pk, now=timezone.now(), origin=Origin.of(request))  # type: ignore[attr-defined]
    except importing.ImportRefused as refused:
        messages.error(request, str(refused))
    return redirect("crm:import", job.pk)


@require_GET
@requires("leads.import", Level.WRITE)
def import_rows(request: HttpRequest, job_id: UUID) -> HttpResponse:
    """Row for row what became of the list."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    job, asked = _find(request, job_id), request.GET.get("show", "")
    rows, after = told_rows(actor, job, asked, request.GET.get("after", ""))
    filters = OUTCOMES | (UNDONE if job.undone_at or job.reversed or job.kept else {})
    context = {
        "job": job,
        "rows": rows,
        "after": after,
        "asked": asked,
        "filters": filters,
        "layout": layout_of(actor),
    }
    return render(request, "crm/imports/rows.html", context)


@require_GET
@requires("leads.import", Level.WRITE)
def import_failed(request: HttpRequest, job_id: UUID) -> HttpResponseBase:
    """The lines that were not imported, as they came, with the reason in front: to be mended and imported again."""
    job = _find(request, job_id)
    header, rows = failed_lines(request.actor, job)  # type: ignore[attr-defined]
    response = StreamingHttpResponse(list(csv_lines(header, rows)), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="not-imported-{job.pk}.csv"'
    return response


def _find(request: HttpRequest, job_id: UUID) -> ImportJob:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    job: ImportJob | None = (
        ImportJob.objects.for_actor(actor).select_related("client", "started_by").filter(pk=job_id).first()
    )
    if job is None:
        raise Http404
    return job


def _choices(request: HttpRequest, job: ImportJob, data: QueryDict | None = None) -> ChoicesForm:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    return ChoicesForm(data, job=job, campaigns=importing.open_campaigns(actor, job.client_id))


def _job_page(
    request: HttpRequest, job: ImportJob, form: ChoicesForm | None = None, status: int = 200
) -> HttpResponse:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    page = "crm/imports/_state.html" if request.htmx else "crm/imports/job.html"  # type: ignore[attr-defined]
    context = {
        "job": job,
        "form": form or (_choices(request, job) if job.may_be_checked else None),
        "at_work": job.status in AT_WORK,
        "stuck": stuck_rows(actor, job) if job.status == ImportJob.Status.UNDONE else 0,
        "layout": layout_of(actor),
    }
    return render(request, page, context, status=status)
