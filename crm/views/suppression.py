"""The do-not-contact list: of the agency and its clients for staff, of their own client for its people."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts import gate, proof
from accounts.access import requires
from accounts.directory import reader_zone, visible_clients
from accounts.pages import layout_of
from accounts.permissions import Level
from accounts.services.audit import Origin, record_by
from accounts.tenancy import Actor
from crm import suppression_page as lists
from crm.forms.suppression import TOO_LARGE, SuppressFileForm, SuppressForm, scopes
from crm.models import Channel, Suppression
from crm.services import suppression, suppression_import
from crm.suppression import Kind, Reason
from lib.safe_csv import csv_lines


@require_GET
@requires("suppression.add")
def suppression_list(request: HttpRequest) -> HttpResponse:
    return _show(request)


@require_POST
@requires("suppression.add", Level.WRITE)
def suppression_add(request: HttpRequest) -> HttpResponse:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    form = SuppressForm(request.POST, **_needs(request))
    if not form.is_valid():
        return _show(request, form=form, code=422)
    added = suppression.add_by_hand(
        actor=actor, client_id=form.client_id, entry=form.entry, channels=form.cleaned_data["channels"],
        expires_at=form.expires_at, now=timezone.now(), origin=Origin.of(request),
    )  # fmt: skip
    if added.fresh:
        messages.success(request, "Added. From now on nobody is contacted there.")
    else:
        messages.info(request, "That one was on the list already. It stays there.")
    return redirect("crm:suppression")


@csrf_exempt  # looked at below, once it is known that the body is worth reading
@require_POST
@requires("suppression.add", Level.WRITE)
def suppression_import_file(request: HttpRequest) -> HttpResponse:
    if int(request.headers.get("Content-Length") or 0) > suppression_import.MOST_BYTES + 64 * 1024:
        form = SuppressFileForm(None, prefix="import", **_own(request))
        form.refuse("file", TOO_LARGE)
        return _show(request, file_form=form, code=413)
    return _take_list(request)


def _own(request: HttpRequest) -> dict[str, Any]:
    return {"actor": request.actor, "clients": visible_clients(request)}  # type: ignore[attr-defined]


@csrf_protect
def _take_list(request: HttpRequest) -> HttpResponse:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    form = SuppressFileForm(request.POST, request.FILES, prefix="import", **_own(request))
    if not form.is_valid():
        return _show(request, file_form=form, code=422)
    try:
        done = suppression_import.import_list(
            actor=actor, client_id=form.client_id, raw=form.cleaned_data["file"], now=timezone.now(),
            origin=Origin.of(request),
        )  # fmt: skip
    except suppression_import.BadFile as reason:
        form.add_error("file", str(reason))
        return _show(request, file_form=form, code=422)
    if done.refused:
        return _show(request, imported=done)
    over = f" {done.over:,} left out, as their last day has passed." if done.over else ""
    messages.success(request, f"Imported: {done.fresh:,} new, {done.known:,} known already.{over}")
    return redirect("crm:suppression")


@require_GET
@requires("leads.export", Level.WRITE)
def suppression_csv(request: HttpRequest) -> HttpResponseBase:
    """The rows of the list as a file; more than a thousand leave only after a fresh proof."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    chosen, now = _chosen(request), timezone.now()
    if not proof.fresh(request, now) and lists.is_large(actor, chosen):
        return gate.ask_again(request)
    told = {**chosen.params, "q": "…"} if chosen.q else chosen.params
    record_by(actor, "suppression_exported", now=now, origin=Origin.of(request), details=told)
    # Read within the request: the stream outlives the transaction that says whose rows these are.
    lines = list(csv_lines(lists.CSV_HEADER, lists.csv_rows(actor, chosen)))
    response = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="do-not-contact.csv"'
    return response


@require_http_methods(["GET", "POST"])
@requires("suppression.remove", Level.ADMINISTER)
def suppression_remove(request: HttpRequest, suppression_id: UUID) -> HttpResponse:
    """Ask first; a POST is the answer."""
    row = _find(request, suppression_id)
    if request.method == "GET":
        return _ask(request, row)
    try:
        suppression.remove(
            actor=request.actor,  # type: ignore[attr-defined]
            suppression_id=row.pk, now=timezone.now(), origin=Origin.of(request),
        )  # fmt: skip
    except Suppression.DoesNotExist:
        pass  # somebody else was faster, and it is as it was wished
    except suppression.Stays as refused:
        return _ask(request, row, refused=str(refused), code=422)
    messages.success(request, "Removed. That one can be contacted again.")
    return redirect("crm:suppression")


def _find(request: HttpRequest, suppression_id: UUID) -> Suppression:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    rows = Suppression.objects.for_actor(actor).select_related("client")
    row: Suppression | None = rows.filter(pk=suppression_id).first()
    if row is None:
        raise Http404
    return row


def _ask(request: HttpRequest, row: Suppression, *, refused: str = "", code: int = 200) -> HttpResponse:
    layout = layout_of(request.actor)  # type: ignore[attr-defined]
    context = {"row": row, "layout": layout, "refused": refused, "list_url": reverse("crm:suppression")}
    return render(request, "crm/suppression/remove.html", context, status=code)


def _chosen(request: HttpRequest) -> lists.ListFilter:
    return lists.ListFilter.parse(request.GET, visible_clients(request))


def _needs(request: HttpRequest) -> dict[str, Any]:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    return {
        "actor": actor, "clients": visible_clients(request), "zone": reader_zone(request), "now": timezone.now(),
    }  # fmt: skip


def _show(
    request: HttpRequest,
    *,
    form: forms.Form | None = None,
    file_form: forms.Form | None = None,
    imported: suppression_import.Imported | None = None,
    code: int = 200,
) -> HttpResponse:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    clients, chosen = visible_clients(request), _chosen(request)
    rows, older = lists.page(actor, chosen, request.GET.get("before", ""))
    here = reverse("crm:suppression")
    own: dict[str, Any] = {"actor": actor, "clients": clients}
    begin = {"client": chosen.client or None}
    context = {
        "rows": rows,
        "chosen": chosen,
        "kinds": Kind.choices,
        "reasons": Reason.choices,
        "scopes": scopes(actor, clients),
        "channel_words": dict(Channel.choices),
        "form": form or SuppressForm(initial=begin, **_needs(request)),
        "file_form": file_form or SuppressFileForm(initial=begin, prefix="import", **own),
        "imported": imported,
        "shown": suppression_import.SHOWN,
        "older_url": chosen.address(here, before=older) if older else "",
        "csv_url": chosen.address(reverse("crm:suppression_csv")),
        "clear_url": here,
        "may_stay": actor.can("suppression.remove", Level.ADMINISTER),
        "may_add": actor.can("suppression.add", Level.WRITE),
        "may_remove": actor.can("suppression.remove", Level.ADMINISTER),
        "may_export": actor.can("leads.export", Level.WRITE),
        "layout": layout_of(actor),
    }
    return render(request, "crm/suppression/list.html", context, status=code)
