from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from accounts import audit_page
from accounts.access import requires, signed_in
from accounts.audit import CATEGORIES, EVENTS
from accounts.permissions import MATRIX, NOTES, Level, level
from accounts.roles import AGENCY_ROLES, CLIENT_ROLES, Role
from accounts.services.audit import Origin, record
from accounts.tenancy import Actor
from lib.safe_csv import csv_lines

LEVEL_WORDS = {
    Level.ADMINISTER: "Everything, deletion and settings included",
    Level.WRITE: "Create and change",
    Level.OWN: "Their own, or what is assigned to them",
    Level.READ: "See",
    Level.ACTING: "Only while acting as the client",
}


@require_GET
@requires("own.security")
def roles(request: HttpRequest) -> HttpResponse:
    """What each role may do, from the table that decides it. Client people see the roles of their own side."""
    actor = request.actor  # type: ignore[attr-defined]
    columns = [*(AGENCY_ROLES if actor.is_staff else ()), *CLIENT_ROLES]
    context = {
        "columns": [(role, role.label, role in actor.roles) for role in columns],
        "rows": list(_rows(columns)),
        "levels": [(each.name.lower(), words) for each, words in LEVEL_WORDS.items()],
        "layout": _layout(actor),
    }
    return render(request, "accounts/roles.html", context)


def _rows(columns: list[Role]) -> Iterator[dict[str, Any]]:
    """Capabilities that at least one of ``columns`` has, in the order of the table."""
    for capability, (words, _) in MATRIX.items():
        cells = [level([role], capability) for role in columns]
        if any(cells):
            yield {
                "words": words,
                "note": NOTES.get(capability, ""),
                "cells": [(cell.name.lower(), LEVEL_WORDS.get(cell, "")) for cell in cells],
            }


@require_POST
@signed_in
def take_seat(request: HttpRequest) -> HttpResponse:
    """Act from another of one's own seats from now on; a seat that is not one's own does not exist."""
    seat = request.POST.get("seat", "")
    if seat not in request.principal.seats:  # type: ignore[attr-defined]
        raise Http404
    request.session["seat"] = seat
    actor = request.principal.seats[seat]  # type: ignore[attr-defined]
    _audit(request, actor, "seat_taken")
    return redirect("portal:start")


@require_GET
@requires("audit.read")
def audit(request: HttpRequest) -> HttpResponse:
    """Who did what, when and from where; client people see what concerns their own client."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    chosen = audit_page.AuditFilter.parse(request.GET)
    events, older = audit_page.page(actor, chosen, request.GET.get("before", ""))
    here = reverse("accounts:audit")
    context = {
        "rows": [audit_page.words(each) for each in events],
        "chosen": chosen,
        "events": [(key, words) for key, (_, words) in EVENTS.items()],
        "categories": CATEGORIES,
        "older_url": f"{here}?{urlencode({**chosen.params, 'before': older})}" if older else "",
        "clear_url": here,
        "layout": _layout(actor),
    }
    return render(request, "accounts/audit.html", context)


@require_GET
@requires("audit.read")
def audit_csv(request: HttpRequest) -> StreamingHttpResponse:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    chosen = audit_page.AuditFilter.parse(request.GET)
    _audit(request, actor, "audit_exported", chosen.params)
    # Read within the request: the stream outlives the transaction that says whose rows these are.
    lines = list(csv_lines(audit_page.CSV_HEADER, audit_page.csv_rows(actor, chosen)))
    response = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="audit.csv"'
    return response


def _layout(actor: Actor) -> str:
    return "layouts/app.html" if actor.is_staff else "layouts/portal.html"


def _audit(
    request: HttpRequest, actor: Actor, event_type: str, details: dict[str, Any] | None = None
) -> None:
    record(
        event_type=event_type,
        now=timezone.now(),
        agency_id=actor.agency_id,
        client_id=None if actor.is_staff or not actor.client_ids else actor.client_ids[0],
        actor_id=actor.user_id,
        origin=Origin.of(request),
        details=details,
    )
