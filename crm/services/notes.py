"""Notes, wherever they are written. Whoever wrote one changes it and takes it away; anybody who may write pins it."""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.urls import reverse

from accounts.models import User
from accounts.tenancy import Actor
from crm.mentions import mentioned
from crm.models import Call, Customer, Journey, Lead, Note
from crm.services.readers import colleagues, sees_lead
from crm.services.timeline import tell
from notifications.services.notices import notify

MOST_MENTIONS = 20
EXCERPT = 200


class NotYours(Exception):
    """Somebody else wrote the note."""


class Destroyed(Exception):
    """What was said on the journey has been destroyed; new words want a new journey."""


@transaction.atomic
def add_note(
    *,
    actor: Actor,
    body: str,
    now: datetime,
    lead_id: UUID | None = None,
    call_id: UUID | None = None,
    journey_id: UUID | None = None,
    customer_id: UUID | None = None,
    note_type: str = Note.NoteType.NOTE,
    pinned: bool = False,
) -> Note:
    """Add a note about a lead; or about a call, a journey or a customer, and with it about their lead. Who is mentioned
    and may see the lead is told.

    Raises `Lead.DoesNotExist` and the like for what is not the actor's, `Destroyed` for a redacted journey.
    """
    about: Lead | Call | Journey | Customer
    if call_id:
        call: Call = Call.objects.for_actor(actor).defer("raw", "transcript").get(pk=call_id)
        about, lead_id = call, call.lead_id
    elif journey_id:
        journey: Journey = Journey.objects.for_actor(actor).select_for_update(of=("self",)).get(pk=journey_id)
        if journey.symptoms_redacted:
            raise Destroyed
        about, lead_id = journey, journey.lead_id
    elif customer_id:
        customer: Customer = Customer.objects.for_actor(actor).get(pk=customer_id)
        about, lead_id = customer, customer.lead_id
    else:
        about = Lead.objects.for_actor(actor).get(pk=lead_id, erased_at=None, merged_into=None)
    note: Note = Note.unscoped.create(
        agency_id=about.agency_id, client_id=about.client_id, lead_id=lead_id, call_id=call_id, journey_id=journey_id,
        customer_id=customer_id, author_id=actor.user_id, note_type=note_type, body=body, pinned=pinned,
    )  # fmt: skip
    tell(
        about=about, lead_id=lead_id, call_id=call_id, journey_id=journey_id, customer_id=customer_id, actor=actor,
        action="note_added", metadata={"note_id": str(note.pk)}, now=now,
    )  # fmt: skip
    _notify(actor, note)
    return note


@transaction.atomic
def edit_note(*, actor: Actor, note_id: UUID, body: str, note_type: str, now: datetime) -> Note:
    """Change one's own note; who is mentioned in it for the first time is told. Raises `NotYours`."""
    note = _own(actor, note_id)
    if (note.body, note.note_type) == (body, note_type):
        return note
    note.body, note.note_type = body, note_type
    note.metadata = {**note.metadata, "edited_at": now.isoformat()}
    note.save(update_fields=["body", "note_type", "metadata", "updated_at"])
    _notify(actor, note)
    return note


@transaction.atomic
def delete_note(*, actor: Actor, note_id: UUID, now: datetime) -> Note:
    """Take one's own note away for good; that there was one stays on the timeline. Raises `NotYours`."""
    note = _own(actor, note_id)
    tell(
        about=note, lead_id=note.lead_id, call_id=note.call_id, journey_id=note.journey_id,
        customer_id=note.customer_id, actor=actor, action="note_deleted", metadata={"note_id": str(note.pk)}, now=now,
    )  # fmt: skip
    note.delete()
    return note


@transaction.atomic
def pin_note(*, actor: Actor, note_id: UUID, pinned: bool) -> Note:
    note = _held(actor, note_id)
    note.pinned = pinned
    note.save(update_fields=["pinned", "updated_at"])
    return note


def _held(actor: Actor, note_id: UUID) -> Note:
    """Lock a note about something that ``actor`` may see. Raises `Note.DoesNotExist`."""
    note: Note = Note.objects.for_actor(actor).select_for_update(of=("self",)).get(pk=note_id)
    if note.lead_id and not Lead.objects.for_actor(actor).filter(pk=note.lead_id).exists():
        raise Note.DoesNotExist
    return note


def _own(actor: Actor, note_id: UUID) -> Note:
    note = _held(actor, note_id)
    if note.author_id != actor.user_id:
        raise NotYours
    return note


def _notify(actor: Actor, note: Note) -> None:
    lead_id: UUID | None = note.lead_id
    if "@" not in note.body or lead_id is None:
        return
    meant = mentioned(note.body, colleagues(actor, note.client_id)) - {actor.user_id}
    if not meant:
        return
    lead: Lead = Lead.unscoped.get(pk=lead_id)
    told = [each for each in sorted(meant)[:MOST_MENTIONS] if sees_lead(each, lead)]
    author = User.objects.filter(pk=actor.user_id).first() if actor.user_id else None
    notify(
        agency_id=note.agency_id,
        client_id=note.client_id,
        user_ids=told,
        event="mention",
        title=f"{author.name if author else 'Somebody'} mentioned you about {lead.name}",
        body="" if note.journey_id else note.body[:EXCERPT],  # where redaction would not find it
        link_url=reverse("crm:lead", args=[lead.pk]),
        dedupe_key=f"mention:{note.pk}",
    )
