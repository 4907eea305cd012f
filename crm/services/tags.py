"""Tags of one client: put on leads and calls, made as they are needed, renamed and deleted by who sets up lists."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction

from accounts.models import Client
from accounts.services.audit import Origin, record_by
from accounts.tenancy import Actor
from crm.models import CallTag, Lead, LeadTag, Tag
from crm.services.timeline import line, tell_all

COUNTED = 1000  # uses of a tag, no further


class NameTaken(Exception):
    """The client has a tag of that name, capitals aside."""


def named_tag(*, agency_id: UUID, client_id: UUID, name: str) -> Tag:
    """The client's tag of that name (capitals don't matter), made when there is none."""
    rows = Tag.unscoped.filter(agency_id=agency_id, client_id=client_id, name__iexact=name)
    if tag := rows.first():
        return tag
    try:
        with transaction.atomic():
            return Tag.unscoped.create(agency_id=agency_id, client_id=client_id, name=name)
    except IntegrityError:  # somebody made it a moment ago
        return rows.get()


def named_tags(*, agency_id: UUID, client_id: UUID, names: Iterable[str]) -> dict[str, Tag]:
    """The client's tags by case-folded name; those of ``names`` that there are not are made."""
    own = {"agency_id": agency_id, "client_id": client_id}
    wanted, tags = {name.casefold(): name for name in names}, _by_name(own)
    missing = [Tag(**own, name=name) for plain, name in wanted.items() if plain not in tags]
    if not missing:
        return tags
    Tag.unscoped.bulk_create(missing, ignore_conflicts=True)  # somebody may be making the same one
    return _by_name(own)


def _by_name(own: dict[str, UUID]) -> dict[str, Tag]:
    return {tag.name.casefold(): tag for tag in Tag.unscoped.filter(**own)}


@transaction.atomic
def tag_lead(*, actor: Actor, lead_id: UUID, name: str, now: datetime) -> Tag:
    """Raises `Lead.DoesNotExist`."""
    lead: Lead = Lead.objects.for_actor(actor).filter(archived_at=None).get(pk=lead_id)
    tag = named_tag(agency_id=lead.agency_id, client_id=lead.client_id, name=name)
    put_on(actor=actor, tag=tag, leads=[lead], now=now)
    return tag


@transaction.atomic
def untag_lead(*, actor: Actor, lead_id: UUID, tag_id: UUID, now: datetime) -> None:
    """Raises `Lead.DoesNotExist`; a tag that is not on the lead is no error."""
    lead: Lead = Lead.objects.for_actor(actor).get(pk=lead_id)
    if tag := Tag.objects.for_actor(actor).filter(client_id=lead.client_id, pk=tag_id).first():
        take_off(actor=actor, tag=tag, leads=[lead], now=now)


def put_on(*, actor: Actor, tag: Tag, leads: Iterable[Lead], now: datetime) -> int:
    """Put ``tag`` on those of ``leads``, all of its client, that lack it; return how many. Their timelines tell."""
    wanted = {lead.pk: lead for lead in leads}
    having = LeadTag.unscoped.filter(tag=tag, lead_id__in=wanted).values_list("lead_id", flat=True)
    lacking = [lead for pk, lead in wanted.items() if pk not in set(having)]
    own = {"agency_id": tag.agency_id, "client_id": tag.client_id, "tag": tag}
    LeadTag.unscoped.bulk_create([LeadTag(**own, lead=lead) for lead in lacking], ignore_conflicts=True)
    _tell(actor, tag, lacking, "tag_added", now)
    return len(lacking)


def take_off(*, actor: Actor, tag: Tag, leads: Iterable[Lead], now: datetime) -> int:
    """Take ``tag`` off those of ``leads`` that have it; return how many."""
    wanted = {lead.pk: lead for lead in leads}
    rows = LeadTag.unscoped.filter(tag=tag, lead_id__in=wanted)
    having = [wanted[pk] for pk in rows.values_list("lead_id", flat=True)]
    rows.delete()
    _tell(actor, tag, having, "tag_removed", now)
    return len(having)


def _tell(actor: Actor, tag: Tag, leads: Iterable[Lead], action: str, now: datetime) -> None:
    tell_all(
        line(about=lead, lead_id=lead.pk, action=action, actor=actor, now=now, metadata={"name": tag.name})
        for lead in leads
    )


@transaction.atomic
def create_tag(*, actor: Actor, client_id: UUID, name: str, hue: str, now: datetime, origin: Origin) -> Tag:
    """Raises `NameTaken` and `Client.DoesNotExist`."""
    client: Client = Client.objects.for_actor(actor).get(pk=client_id)
    tag = Tag(agency_id=client.agency_id, client_id=client.pk, name=name, hue=hue)
    _save(tag)
    _record(actor, tag, "tag_changed", now, origin)
    return tag


@transaction.atomic
def change_tag(*, actor: Actor, tag_id: UUID, name: str, hue: str, now: datetime, origin: Origin) -> Tag:
    """Rename and recolour it wherever it is. Raises `NameTaken` and `Tag.DoesNotExist`."""
    tag: Tag = Tag.objects.for_actor(actor).select_for_update(of=("self",)).get(pk=tag_id)
    tag.name, tag.hue = name, hue
    _save(tag)
    _record(actor, tag, "tag_changed", now, origin)
    return tag


@transaction.atomic
def delete_tag(*, actor: Actor, tag_id: UUID, now: datetime, origin: Origin) -> None:
    """It goes from all leads and calls; what their timelines said of it stays. Raises `Tag.DoesNotExist`."""
    tag: Tag = Tag.objects.for_actor(actor).select_for_update(of=("self",)).get(pk=tag_id)
    _record(actor, tag, "tag_deleted", now, origin)
    tag.delete()


def uses(tag: Tag) -> tuple[int, int]:
    """How many leads and calls have it, neither counted further than ``COUNTED``."""
    leads, calls = (
        model.unscoped.filter(agency_id=tag.agency_id, tag=tag)[:COUNTED].count()
        for model in (LeadTag, CallTag)
    )
    return leads, calls


def _save(tag: Tag) -> None:
    try:
        with transaction.atomic():
            tag.save()
    except IntegrityError as error:
        raise NameTaken from error


def _record(actor: Actor, tag: Tag, event: str, now: datetime, origin: Origin) -> None:
    record_by(actor, event, now=now, client_id=tag.client_id, target=tag.name, origin=origin)
