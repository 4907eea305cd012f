"""Templates of journeys: of the agency for all its clients, or of one client."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from accounts.models import Client
from accounts.tenancy import Actor
from crm.models import JourneyTemplate, JourneyTemplateStep


class TemplateNameTaken(Exception):
    """There is another template of this name in the same place."""


class NotYours(Exception):
    """A template for all clients, in the hands of somebody who does not see them all: they adapt a copy."""


class ChangedMeanwhile(Exception):
    """Somebody else saved the template since it was shown."""


def may_keep(actor: Actor, client_id: UUID | None) -> bool:
    """Whether ``actor`` may change templates of that client, or of the agency where it is None."""
    return client_id is not None or (actor.is_staff and actor.client_ids is None)


@transaction.atomic
def save_template(
    *,
    actor: Actor,
    template_id: UUID | None,
    client: Client | None,
    values: Mapping[str, Any],
    steps: Sequence[Mapping[str, Any]],
    seen: datetime | None = None,
) -> JourneyTemplate:
    """Create a template of ``client``, or of the agency when it is None; or change one, which stays where it is.

    ``steps`` replace those it had; each holds label, channel, message and offset_weeks. Raises `TemplateNameTaken`,
    `NotYours`, and `ChangedMeanwhile` when it was saved after ``seen``.
    """
    if template_id is None:
        if not may_keep(actor, client.pk if client else None):
            raise NotYours
        template = JourneyTemplate(agency_id=actor.agency_id, client=client)
    else:
        template = _hold(actor, template_id)
        if seen and template.updated_at != seen:
            raise ChangedMeanwhile
    template.name, template.description = values["name"], values["description"]
    _save(template)
    _replace_steps(template, steps)
    return template


@transaction.atomic
def archive_template(*, actor: Actor, template_id: UUID, archived: bool, now: datetime) -> JourneyTemplate:
    """Offer the template no longer, or again. Journeys made of it stay. Raises `TemplateNameTaken`, `NotYours`."""
    template = _hold(actor, template_id)
    template.archived_at = now if archived else None
    _save(template)
    return template


@transaction.atomic
def adapt_template(*, actor: Actor, template_id: UUID, client: Client) -> JourneyTemplate:
    """Make a copy for ``client`` to adapt, under a name that is free there."""
    source: JourneyTemplate = JourneyTemplate.objects.for_actor(actor).get(pk=template_id)
    own = JourneyTemplate.unscoped.filter(client=client, archived_at=None)
    taken = {name.casefold() for name in own.values_list("name", flat=True)}
    names = (source.name, *(f"{source.name[:110]} ({n})" for n in range(2, len(taken) + 3)))
    copy = JourneyTemplate(
        agency_id=client.agency_id, client=client, description=source.description,
        name=next(name for name in names if name.casefold() not in taken),
    )  # fmt: skip
    _save(copy)
    rows = JourneyTemplateStep.unscoped.filter(template=source).order_by("position")
    _replace_steps(copy, list(rows.values("label", "channel", "message", "offset_weeks")))
    return copy


def _hold(actor: Actor, template_id: UUID) -> JourneyTemplate:
    rows = JourneyTemplate.objects.for_actor(actor)
    template: JourneyTemplate = rows.get(pk=template_id)
    if not may_keep(actor, template.client_id):
        raise NotYours
    held: JourneyTemplate = rows.select_for_update(of=("self",)).get(pk=template_id)
    return held


def _save(template: JourneyTemplate) -> None:
    try:
        with transaction.atomic():
            template.save()
    except IntegrityError:
        raise TemplateNameTaken from None


def _replace_steps(template: JourneyTemplate, steps: Sequence[Mapping[str, Any]]) -> None:
    JourneyTemplateStep.unscoped.filter(template=template).delete()
    JourneyTemplateStep.unscoped.bulk_create(
        JourneyTemplateStep(
            agency_id=template.agency_id,
            client_id=template.client_id,
            template=template,
            position=position,
            **step,
        )
        for position, step in enumerate(steps)
    )
