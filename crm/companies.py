"""Companies as data: a list by name, and the calls of one company's people."""

from uuid import UUID

from django.db.models import Count, F, Q
from django.db.models.fields.tuple_lookups import TupleGreaterThan
from django.db.models.functions import Lower

from accounts.tenancy import Actor
from crm.models import Call, Company, Lead

PAGE = 50
CALLS = 20


def companies_page(actor: Actor, client_id: UUID | None, q: str, after: str) -> tuple[list[Company], str]:
    """One page by name, and the place where the next begins, "" on the last. ``q`` begins a name or a domain."""
    rows = Company.objects.for_actor(actor).annotate(plain=Lower("name"))
    if client_id:
        rows = rows.filter(client_id=client_id)
    if q:
        rows = rows.filter(Q(plain__startswith=q.lower()) | Q(domain__startswith=q.lower()))
    name, _, pk = after.rpartition("~")
    if place := _uuid(pk):
        rows = rows.filter(TupleGreaterThan((F("plain"), F("id")), (name.replace("\x00", ""), place)))
    found = list(rows.order_by("plain", "pk")[: PAGE + 1])
    shown = found[:PAGE]
    active = Lead.objects.for_actor(actor).filter(company__in=[each.pk for each in shown], archived_at=None)
    counts = dict(active.order_by().values_list("company").annotate(Count("pk")))
    for each in shown:
        each.people = counts.get(each.pk, 0)
    return shown, f"{shown[-1].plain}~{shown[-1].pk}" if len(found) > PAGE else ""


def company_calls(actor: Actor, company: Company) -> list[Call]:
    """The latest calls of the company's people."""
    calls = Call.objects.for_actor(actor).filter(client_id=company.client_id, lead__company=company)
    rows = calls.select_related("lead").defer("raw", "transcript", "transcript_turns").newest_first()
    return list(rows[:CALLS])


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
