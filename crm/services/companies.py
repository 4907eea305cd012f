"""Companies of a client's leads: found by domain or name, made when there is none, changed by hand."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, connection, transaction
from django.db.models.functions import Lower

from accounts.services.audit import Origin, record_by
from accounts.tenancy import Actor
from crm.editing import changed_fields
from crm.models import Company, Lead

FIELDS = ("name", "domain", "website", "industry", "size", "city", "state", "country")


def as_text(company: Company) -> dict[str, str]:
    """What the form shows of ``company``, by field."""
    return {name: getattr(company, name) for name in FIELDS}


class DomainTaken(Exception):
    """Another company of the client has the domain. The text is its name."""


@transaction.atomic
def company_for(*, agency_id: UUID, client_id: UUID, name: str, domain: str = "") -> Company | None:
    """The company of that domain, else of that name, else a new one; None where neither is said.

    Two who ask for the same new name at once get the same company. A domain alone makes none.
    """
    rows = Company.unscoped.filter(agency_id=agency_id, client_id=client_id)
    of_domain: Company | None = rows.filter(domain=domain).first() if domain else None
    if of_domain and (not name or of_domain.name.casefold() == name.casefold()):
        return of_domain
    if not name:
        return of_domain
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock_shared(hashtextextended(%s, 0)),"
            " pg_advisory_xact_lock(hashtextextended(%s, 0))",
            [f"companies:{client_id}", f"company:{client_id}:{name.casefold()}"],
        )
    known: Company | None = (
        rows.annotate(plain=Lower("name")).filter(plain=name.lower()).order_by("created_at").first()
    )
    if known:
        return known
    made: Company = Company.unscoped.create(
        agency_id=agency_id, client_id=client_id, name=name, domain="" if of_domain else domain
    )
    return made


@transaction.atomic
def companies_named(
    *, agency_id: UUID, client_id: UUID, names: Iterable[str], mark: Mapping[str, str]
) -> dict[str, UUID]:
    """The oldest company of each name, by case-folded name. Those there are not are made, with ``mark`` in their
    enrichment; blank names are passed over. Nobody else makes one of this client until the transaction ends.
    """
    wanted = {name.casefold(): name for name in names if name}
    if not wanted:
        return {}
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"companies:{client_id}"])
    own: dict[str, Any] = {"agency_id": agency_id, "client_id": client_id}
    rows = Company.unscoped.filter(**own).annotate(plain=Lower("name"))
    held = rows.filter(plain__in=[name.lower() for name in wanted.values()]).order_by("-created_at", "-pk")
    found = {name.casefold(): pk for name, pk in held.values_list("name", "pk")}
    made = [
        Company(**own, name=name, enrichment=dict(mark))
        for plain, name in wanted.items()
        if plain not in found
    ]
    Company.unscoped.bulk_create(made, batch_size=1000)
    return found | {each.name.casefold(): each.pk for each in made}


@transaction.atomic
def save_company(
    *,
    actor: Actor,
    company_id: UUID,
    seen: Mapping[str, str],
    values: Mapping[str, Any],
    now: datetime,
    origin: Origin,
) -> Company:
    """Change a company where ``values`` differ from ``seen``, which is how the form first showed it; its people carry
    the new name.

    Raises `Company.DoesNotExist`, `DomainTaken`, `crm.editing.EditConflict`.
    """
    company: Company = Company.objects.for_actor(actor).select_for_update(of=("self",)).get(pk=company_id)
    mine = {name: values[name] for name in FIELDS}
    changed = changed_fields(seen=seen, mine=mine, current=as_text(company))
    if not changed:
        return company
    for name in changed:
        setattr(company, name, values[name])
    try:
        with transaction.atomic():
            company.save(update_fields=[*changed, "updated_at"])
    except IntegrityError:
        other = Company.objects.for_actor(actor).filter(client_id=company.client_id, domain=values["domain"])
        raise DomainTaken(str(other.first() or "Another company")) from None
    if "name" in changed:
        people = Lead.unscoped.filter(
            agency_id=company.agency_id, client_id=company.client_id, company=company
        )
        people.update(company_name=company.name, updated_at=now)
    details = {"fields": changed}
    record_by(
        actor, "company_changed", now=now, client_id=company.client_id, target=company.name, origin=origin,
        details=details,
    )  # fmt: skip
    return company
