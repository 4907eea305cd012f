from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET

from accounts import audit_page, gate, proof
from accounts.access import requires
from accounts.audit import CATEGORIES, EVENTS
from accounts.pages import layout_of
from accounts.services.audit import Origin, record_by
from accounts.tenancy import Actor
from lib.safe_csv import csv_lines


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
        "layout": layout_of(actor),
    }
    return render(request, "accounts/audit.html", context)


@require_GET
@requires("audit.read")
def audit_csv(request: HttpRequest) -> HttpResponseBase:
    """The same rows as a file; more than a thousand leave only after a fresh proof."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    chosen, now = audit_page.AuditFilter.parse(request.GET), timezone.now()
    if not proof.fresh(request, now) and audit_page.is_large(actor, chosen):
        return gate.ask_again(request)
    record_by(actor, "audit_exported", now=now, origin=Origin.of(request), details=chosen.params)
    # Read within the request: the stream outlives the transaction that says whose rows these are.
    lines = list(csv_lines(audit_page.CSV_HEADER, audit_page.csv_rows(actor, chosen)))
    response = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="audit.csv"'
    return response
