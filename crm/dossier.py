"""All that is known around one call, for the drawer and the client's own page."""

from dataclasses import dataclass
from typing import Any

from accounts.tenancy import Actor
from crm.models import Activity, Call, Note, PipelineStage, Tag
from crm.presenting import caller_name
from crm.timeline import CONTACTS, Deed, deed_of

HISTORY = 20


@dataclass(frozen=True, slots=True)
class Dossier:
    name: str
    history: list[Call]  # other calls of the same person or number, newest first
    notes: list[Note]
    activity: list[Deed]
    stages: list[PipelineStage]
    tag_names: list[str]  # of the client, to choose from
    transcript: list[dict[str, Any]]
    evidence: list[dict[str, Any]]

    @property
    def has_more_history(self) -> bool:
        return len(self.history) == HISTORY


def dossier(actor: Actor, call: Call) -> Dossier:
    notes = Note.objects.for_actor(actor).select_related("author").order_by("-pinned", "-created_at")
    about = {"lead_id": call.lead_id} if call.lead_id else {"call_id": call.pk}
    activity = Activity.objects.for_actor(actor).filter(**about).select_related("actor").newest_first()
    activity = activity.exclude(action__in=CONTACTS)  # the history lists them
    stages = PipelineStage.objects.for_actor(actor).filter(client_id=call.client_id)
    tags = Tag.objects.for_actor(actor).filter(client_id=call.client_id)
    evidence = [] if call.redacted else call.ai_summary.get("evidence", [])
    name = caller_name(
        call.lead and call.lead.display_name, call.caller_name, call.from_e164, call.from_number
    )
    quotes = [each["quote"] for each in evidence]
    return Dossier(
        name=name,
        history=_history(actor, call),
        notes=list(notes.filter(**about)),
        activity=[deed_of(each) for each in activity[:HISTORY]],
        stages=list(stages),
        tag_names=list(tags.values_list("name", flat=True)),
        transcript=[] if call.redacted else transcript(call, quotes, caller=name),
        evidence=evidence,
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


OURS = ("agent", "assistant", "front desk", "receptionist")


def transcript(call: Call, quotes: list[str], *, caller: str) -> list[dict[str, Any]]:
    """The turns of ``call``, with the passages that the verdict rests on cut out as marked parts.

    Each turn is {speaker, ours, start_s, start, parts: [(text, marked)]}; ``start`` is in whole seconds. Without turns
    from the vendor, lines of the form ``Name: words`` make them. ``caller`` is the name that the vendor's word "caller"
    stands for.
    """
    turns = call.transcript_turns or [_line(line) for line in call.transcript.splitlines() if line.strip()]
    return [
        {
            "speaker": caller if turn["speaker"].casefold() == "caller" else turn["speaker"].capitalize(),
            "ours": turn["speaker"].casefold() in OURS,
            "start_s": turn["start_s"],
            "start": int(turn["start_s"] or 0),
            "parts": _marked(turn["text"], quotes),
        }
        for turn in turns
    ]


def _line(line: str) -> dict[str, Any]:
    speaker, colon, words = line.partition(": ")
    if colon and len(speaker) <= 40:
        return {"speaker": speaker, "text": words, "start_s": None}
    return {"speaker": "", "text": line, "start_s": None}


def _marked(text: str, quotes: list[str]) -> list[tuple[str, bool]]:
    for quote in quotes:
        before, found, after = text.partition(quote)
        if found:
            return [part for part in ((before, False), (quote, True), (after, False)) if part[0]]
    return [(text, False)]
