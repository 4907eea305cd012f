"""Calls written down by hand."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from django.db import connection, transaction
from django.db.models import Q
from django.db.models.functions import Greatest

from accounts.models import Client
from accounts.tenancy import Actor
from crm.models import Call, CampaignMember, Lead, Note
from crm.models.calls import Verdict
from crm.services.disposing import Choice, Disposed, dispose
from crm.services.merged_away import kept_people, last_of
from crm.services.sequences import count_sequences
from crm.services.statuses import refresh_status
from crm.services.timeline import tell
from lib import phones

ONE_AT_A_TIME = "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))"  # as for the calls of a sync


@dataclass(frozen=True, slots=True)
class Told:
    """A call as a person tells of it. ``phone`` is the other side's number, as it was typed; may be blank."""

    direction: str
    phone: str
    started_at: datetime
    duration_seconds: int
    called_by: UUID | None
    notes: str = ""
    name: str = ""  # for somebody who is new
    email: str = ""


@transaction.atomic
def log_call(
    *,
    actor: Actor,
    client_id: UUID,
    told: Told,
    now: datetime,
    lead_id: UUID | None = None,
    campaign_id: UUID | None = None,
    choice: Choice | None = None,
) -> Disposed:
    """Write down a call with a person, or with whoever has its number, who is made when nobody has. Of a person who was
    merged away it is the kept one's.

    A call demands no disposition and promises no callback by itself. Raises `Lead.DoesNotExist`, and
    `crm.services.disposing.Refused` before anything is written.
    """
    if choice:
        choice.check(now)
    region = Client.unscoped.get(pk=client_id).phone_country
    with connection.cursor() as cursor:
        cursor.execute(ONE_AT_A_TIME, [f"ingest:{client_id}"])
    if lead_id:
        lead = _kept(actor, client_id, lead_id)
    else:
        lead = _known(actor, client_id, told, region) or _new(actor, client_id, told, region)
    call = _write(actor, lead, told, campaign_id, choice, region)
    _remember(actor, call, lead, told, now)
    if campaign_id:
        _count_attempt(call, lead, choice, now)
    done = dispose(actor=actor, call=call, choice=choice, now=now) if choice else Disposed(call)
    refresh_status(agency_id=lead.agency_id, lead_ids=[lead.pk])  # the speed-to-lead clock too
    return done


def _kept(actor: Actor, client_id: UUID, lead_id: UUID) -> Lead:
    ends = last_of(agency_id=actor.agency_id, client_id=client_id, lead_ids=[lead_id])
    kept = ends[lead_id].pk if lead_id in ends else lead_id
    lead: Lead = Lead.objects.for_actor(actor).select_for_update(of=("self",)).get(pk=kept, erased_at=None)
    return lead


def _known(actor: Actor, client_id: UUID, told: Told, region: str) -> Lead | None:
    """The person of the client with this number or address, longest known first, then who had it before a merge.
    Another address is another person.
    """
    e164, email = phones.parse(told.phone, region).e164, told.email.lower()
    same = (Q(phone_e164=e164) if e164 else Q(pk=None)) | (Q(email__iexact=email) if email else Q(pk=None))
    merged = kept_people(
        agency_id=actor.agency_id, client_id=client_id, asked={"phone_e164": [e164], "email": [email]}
    )
    kept_email, kept_number = merged["email"].get(email), merged["phone_e164"].get(e164)
    also = Q(pk__in=[pk for pk in (kept_email, kept_number) if pk])
    rows = Lead.unscoped.filter(same | also, agency_id=actor.agency_id, client_id=client_id, archived_at=None)
    found = list(rows.order_by("created_at", "pk").select_for_update(of=("self",))[:20])
    by_email = [lead for lead in found if email and lead.email.lower() == email]
    by_email += [lead for lead in found if lead.pk == kept_email]
    if by_email:
        return by_email[0]
    fits = [lead for lead in found if not (email and lead.email)]
    fits.sort(key=lambda lead: lead.phone_e164 != e164)  # stable: the longest known first
    return fits[0] if fits else None


def _new(actor: Actor, client_id: UUID, told: Told, region: str) -> Lead:
    first, _, last = told.name.partition(" ")
    lead: Lead = Lead.unscoped.create(
        agency_id=actor.agency_id, client_id=client_id, source=Lead.Source.MANUAL, display_name=told.name[:200],
        first_name=first[:100], last_name=last[:100], email=told.email, phone=told.phone[:40],
        phone_e164=phones.parse(told.phone, region).e164, owner_id=actor.user_id if actor.own_records else None,
    )  # fmt: skip
    return lead


def _write(
    actor: Actor, lead: Lead, told: Told, campaign_id: UUID | None, choice: Choice | None, region: str
) -> Call:
    outbound = told.direction == Call.Direction.OUTBOUND
    given = told.phone or lead.phone
    e164 = phones.parse(given, region).e164
    theirs = {"to_number": e164 or given, "phone_number": given} if outbound else {
        "from_number": given, "from_e164": e164,
    }  # fmt: skip
    call: Call = Call.unscoped.create(
        agency_id=lead.agency_id, client_id=lead.client_id, lead=lead, campaign_id=campaign_id,
        source=Call.Source.MANUAL, external_id=str(uuid4()), direction=told.direction, caller_name=lead.display_name,
        started_at=told.started_at, duration_seconds=told.duration_seconds, called_by_id=told.called_by,
        status="completed", answered=_was_answered(told, choice), category_by=Verdict.RULE,
        seen_at=told.started_at if actor.is_staff else None, seen_by_id=actor.user_id if actor.is_staff else None,
        **theirs,
    )  # fmt: skip
    if not outbound:
        count_sequences(agency_id=lead.agency_id, client_id=lead.client_id, numbers=[e164])
    return call


def _was_answered(told: Told, choice: Choice | None) -> bool | None:
    """What is known of it; nobody is made to say."""
    if choice and choice.words:
        return choice.words not in ("No Answer", "Voicemail")
    return True if told.duration_seconds else None


def _remember(actor: Actor, call: Call, lead: Lead, told: Told, now: datetime) -> None:
    Lead.unscoped.filter(pk=lead.pk).update(
        last_call_at=Greatest("last_call_at", told.started_at), updated_at=now
    )
    tell(
        about=call, call_id=call.pk, lead_id=lead.pk, campaign_id=call.campaign_id, actor=actor, now=told.started_at,
        action="call_made" if call.direction == Call.Direction.OUTBOUND else "call_received",
        metadata={"source": "manual"},
    )  # fmt: skip
    if told.notes:
        note: Note = Note.unscoped.create(
            agency_id=call.agency_id, client_id=call.client_id, lead=lead, call=call, author_id=actor.user_id,
            note_type=Note.NoteType.CALL, body=told.notes,
        )  # fmt: skip
        tell(
            about=call, call_id=call.pk, lead_id=lead.pk, campaign_id=call.campaign_id, actor=actor, now=now,
            action="note_added", metadata={"note_id": str(note.pk)},
        )  # fmt: skip


def _count_attempt(call: Call, lead: Lead, choice: Choice | None, now: datetime) -> None:
    """The person was tried, and is nobody's any more until they come up again."""
    rows = CampaignMember.unscoped.filter(agency_id=call.agency_id, campaign=call.campaign_id, lead=lead)
    member = rows.select_for_update(of=("self",)).first()
    if member is None:
        return
    member.attempts += 1
    member.last_attempt_at = now
    member.last_disposition = choice.words if choice else ""
    member.held_by, member.held_until = None, None
    member.save(
        update_fields=[
            "attempts",
            "last_attempt_at",
            "last_disposition",
            "held_by",
            "held_until",
            "updated_at",
        ]
    )
