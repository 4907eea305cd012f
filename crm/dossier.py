"""All that is known around one call, for the drawer and the client's own page."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from accounts.tenancy import Actor
from crm.models import Activity, Call, Note, PipelineStage, Tag
from crm.person import dial_address, dialer_of
from crm.presenting import caller_name
from crm.services.stops import Stops, stops_of_call
from crm.timeline import CONTACTS, Deed, deed_of
from crm.transcripts import Transcript, read

HISTORY = 20


@dataclass(frozen=True, slots=True)
class Dossier:
    name: str
    number: str  # of the other side, E.164; "" where there is none
    given: str  # the same as it came
    dial: str  # where a click on it leads; "" where nobody may call
    stops: Stops
    history: list[Call]  # other calls of the same person or number, newest first
    notes: list[Note]
    activity: list[Deed]
    stages: list[PipelineStage]
    tag_names: list[str]  # of the client, to choose from
    transcript: Transcript
    find: str  # what is looked for in it
    hit: int  # the one that is looked at, from 1; 0 when there is none
    evidence: list[dict[str, Any]]  # {quote, start_s, turn}

    @property
    def previous_hit(self) -> int:
        """The one before, or the last one when there is none before."""
        return self.hit - 1 or self.transcript.hits

    @property
    def next_hit(self) -> int:
        return self.hit % self.transcript.hits + 1 if self.hit else 0

    @property
    def has_more_history(self) -> bool:
        return len(self.history) == HISTORY


def dossier(actor: Actor, call: Call, *, now: datetime, find: str = "", hit: int = 1) -> Dossier:
    number = call.their_number
    stops = stops_of_call(actor=actor, call=call, now=now)
    notes = Note.objects.for_actor(actor).select_related("author").order_by("-pinned", "-created_at")
    about = {"lead_id": call.lead_id} if call.lead_id else {"call_id": call.pk}
    activity = Activity.objects.for_actor(actor).filter(**about).select_related("actor").newest_first()
    activity = activity.exclude(action__in=CONTACTS)  # the history lists them
    stages = PipelineStage.objects.for_actor(actor).filter(client_id=call.client_id)
    tags = Tag.objects.for_actor(actor).filter(client_id=call.client_id)
    evidence = [] if call.redacted else call.ai_summary.get("evidence", [])
    name = caller_name(
        call.lead and call.lead.display_name, call.caller_name, call.from_e164, call.from_number or number
    )
    said = Transcript(())
    if not call.redacted:
        quotes = [each["quote"] for each in evidence]
        said = read(call.transcript_turns, call.transcript, quotes=quotes, caller=name, find=find)
    return Dossier(
        name=name,
        number=number,
        given=call.from_number or call.phone_number,
        dial="" if stops.call or not number.startswith("+") else dial_address(dialer_of(actor), number),
        stops=stops,
        history=_history(actor, call),
        notes=list(notes.filter(**about)),
        activity=[deed_of(each) for each in activity[:HISTORY]],
        stages=list(stages),
        tag_names=list(tags.values_list("name", flat=True)),
        transcript=said,
        find=find,
        hit=min(max(hit, 1), said.hits),
        evidence=[{**each, "turn": said.turn_of(each["quote"])} for each in evidence],
    )


def _history(actor: Actor, call: Call) -> list[Call]:
    others = Call.objects.for_actor(actor).filter(client_id=call.client_id).exclude(pk=call.pk)
    if call.lead_id:
        others = others.filter(lead_id=call.lead_id)
    elif call.from_e164:
        others = others.filter(from_e164=call.from_e164)
    else:
        return []
    return list(others.newest_first().defer("raw", "transcript", "transcript_turns")[:HISTORY])
