"""All that is known of one person, for their page."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from accounts.models import Agency
from accounts.newest import page_of
from accounts.tenancy import Actor
from crm.local_time import LocalTime, local_time
from crm.models import (
    Activity,
    CampaignMember,
    Customer,
    Journey,
    Lead,
    LeadMerge,
    LeadTag,
    Note,
    Signal,
)
from crm.pairs import pairs, readable
from crm.presenting import channel
from crm.services.stops import Stops, stops_of_lead
from crm.speed import Speed, speed_to_lead
from crm.timeline import KINDS, action_of, names_of, who_did
from lib.ui.times import length

FEW = 20  # of each list beside the timeline
PINNED = 20
DIALERS = ("https://", "tel:", "sip:", "callto:")
ORIGINS = {
    "source": "Source",
    "medium": "Medium",
    "campaign": "Campaign",
    "keyword": "Keyword",
    "landing_page": "Landing page",
    "referrer": "Came from",
    "gclid": "Google click",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the timeline as it stands now: a contact with its call, a note with its words."""

    icon: str
    words: str
    who: str
    occurred_at: datetime
    call: Any = None
    length: str = ""
    note: Note | None = None


@dataclass(frozen=True, slots=True)
class Person:
    lead: Lead
    tags: list[LeadTag]
    local: LocalTime
    speed: Speed | None
    pinned: list[Note]
    entries: list[Entry]
    older: str  # where the next page of the timeline begins
    kind: str
    signals: list[Signal]
    campaigns: list[CampaignMember]
    journeys: list[Journey]
    customer: Customer | None
    merges: list[LeadMerge]  # that can still be undone
    stops: Stops
    dial: str  # "" where nobody is to be called
    extras: list[tuple[str, str]]
    research: list[tuple[str, str]]
    attribution: list[tuple[str, str]]


def find_lead(actor: Actor, lead_id: UUID) -> Lead:
    """Raises `Lead.DoesNotExist` for what is not the actor's."""
    rows = Lead.objects.for_actor(actor).select_related("client", "company", "stage", "owner")
    found: Lead = rows.get(pk=lead_id)
    return found


def person(actor: Actor, lead: Lead, *, kind: str, before: str, now: datetime) -> Person:
    entries, older = timeline(actor, lead, kind=kind, before=before)
    stops = stops_of_lead(actor=actor, lead=lead, now=now)
    about = {"client_id": lead.client_id, "lead_id": lead.pk}
    notes = Note.objects.for_actor(actor).filter(**about, pinned=True).select_related("author")
    members = CampaignMember.objects.for_actor(actor).filter(**about).select_related("campaign")
    journeys = Journey.objects.for_actor(actor).filter(**about)
    merges = LeadMerge.objects.for_actor(actor).filter(client_id=lead.client_id, kept=lead, undone_at=None)
    return Person(
        lead=lead,
        tags=list(_tags(actor, lead)),
        local=local_time(lead, lead.client.timezone, now),
        speed=speed_to_lead(lead.first_inbound_at, lead.first_response_at, now),
        pinned=list(notes.order_by("-created_at")[:PINNED]),
        entries=entries,
        older=older,
        kind=kind,
        signals=list(_signals(actor, lead)),
        campaigns=list(members.order_by("-added_at")[:FEW]),
        journeys=list(journeys.select_related("service").newest_first()[:FEW]),
        customer=Customer.objects.for_actor(actor).filter(**about).first(),
        merges=list(merges.select_related("merged", "merged_by").order_by("-merged_at")[:FEW]),
        stops=stops,
        dial="" if stops.call else dial_address(dialer_of(actor), lead.phone_e164),
        extras=pairs(lead.enrichment_data),
        research=[(readable(name), words) for name, words in pairs(lead.deep_research_data)],
        attribution=[(ORIGINS.get(name, name), words) for name, words in pairs(lead.attribution)],
    )


def _tags(actor: Actor, lead: Lead) -> QuerySet[LeadTag]:
    rows = LeadTag.objects.for_actor(actor).filter(lead=lead).select_related("tag")
    ordered: QuerySet[LeadTag] = rows.order_by("tag__name")
    return ordered


def _signals(actor: Actor, lead: Lead) -> QuerySet[Signal]:
    """News of the person, and of the company where they work."""
    about = Q(lead=lead.pk)
    if lead.company_id:
        about |= Q(company=lead.company_id, lead=None)
    found: QuerySet[Signal] = (
        Signal.objects.for_actor(actor).filter(about, client_id=lead.client_id).fresh()[:FEW]
    )
    return found


def timeline(actor: Actor, lead: Lead, *, kind: str, before: str) -> tuple[list[Entry], str]:
    """One page of what happened, newest first, and the place where the next begins."""
    rows = Activity.objects.for_actor(actor).filter(client_id=lead.client_id, lead=lead)
    if kind in KINDS:
        rows = rows.filter(action__in=names_of(kind))
    rows = rows.select_related("actor", "call").defer(
        "call__raw", "call__transcript", "call__transcript_turns"
    )
    found, older = page_of(rows.newest_first(), "occurred_at", before)
    wanted = [
        each.metadata["note_id"]
        for each in found
        if each.action == "note_added" and "note_id" in each.metadata
    ]
    notes = Note.objects.for_actor(actor).filter(pk__in=wanted).select_related("author") if wanted else []
    by_id = {str(note.pk): note for note in notes}
    return [_entry(each, by_id) for each in found], older


def _entry(activity: Activity, notes: dict[str, Note]) -> Entry:
    action = action_of(activity.action)
    call = activity.call if action.is_contact else None
    if call is not None:
        icon, words = channel(call.kind, call.direction, call.answered)
        lasted = length(call.duration_seconds) if call.kind == "call" and call.answered is not False else ""
        return Entry(icon, words, call.tracking_label, activity.occurred_at, call, lasted)
    note = notes.get(activity.metadata.get("note_id", "")) if activity.action == "note_added" else None
    words = note.get_note_type_display() if note else action.said(activity.metadata)
    return Entry(action.icon, words, who_did(activity, action), activity.occurred_at, note=note)


def dialer_of(actor: Actor) -> str:
    found = Agency.objects.filter(pk=actor.agency_id).values_list("settings__dialer_url", flat=True).first()
    return found if isinstance(found, str) else ""


def dial_address(template: str, e164: str) -> str:
    """Where a click on the number leads: the agency's own dialer (``{number}`` in its address), else the telephone."""
    if not e164:
        return ""
    if "{number}" in template and template.startswith(DIALERS):
        return template.replace("{number}", e164.replace("+", "%2B") if "?" in template else e164)
    return f"tel:{e164}"
