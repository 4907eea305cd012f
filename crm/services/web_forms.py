"""Making and changing the web forms of a client."""

import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from accounts.models import Client
from accounts.services.audit import Origin, record_by
from accounts.tenancy import Actor
from crm.models import InboundForm


@transaction.atomic
def save_form(
    *,
    actor: Actor,
    client: Client,
    form_id: UUID | None,
    name: str,
    fields: Sequence[Mapping[str, Any]],
    recipients: Sequence[str],
    thanks: str,
    active: bool,
    now: datetime,
    origin: Origin,
) -> InboundForm:
    """Make a form (``form_id`` None) or change one. Its address stays. Raises `InboundForm.DoesNotExist`."""
    if form_id is None:
        form = InboundForm(agency_id=client.agency_id, client=client, token=secrets.token_urlsafe(24))
    else:
        form = InboundForm.objects.for_actor(actor).select_for_update(of=("self",)).get(pk=form_id)
    form.name, form.fields, form.recipients = name, [dict(each) for each in fields], list(recipients)
    form.thanks, form.active = thanks, active
    form.save()
    record_by(
        actor, "form_saved", now=now, origin=origin, client_id=form.client_id, target=name,
        details={"form": str(form.pk), "recipients": len(form.recipients), "active": active},
    )  # fmt: skip
    return form


@transaction.atomic
def renew_address(*, actor: Actor, form_id: UUID, now: datetime, origin: Origin) -> InboundForm:
    """Give the form another address; the former one stops working. Raises `InboundForm.DoesNotExist`."""
    held = InboundForm.objects.for_actor(actor).select_for_update(of=("self",))
    form: InboundForm = held.get(pk=form_id)
    form.token = secrets.token_urlsafe(24)
    form.save(update_fields=["token", "updated_at"])
    record_by(
        actor, "form_address_renewed", now=now, origin=origin, client_id=form.client_id, target=form.name,
        details={"form": str(form.pk)},
    )  # fmt: skip
    return form
