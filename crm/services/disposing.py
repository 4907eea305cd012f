"""What follows when somebody says how a call ended, and what is taken back when they say otherwise.

The consequences are written with the disposition, in one transaction. What was done stands in the timeline's line of
it, which is how a change knows what to take back.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction

from accounts.tenancy import Actor
from crm import dispositions as known
from crm.callee import zone_of
from crm.models import Activity, Call, Callback, Campaign, CampaignMember, Lead
from crm.services import callbacks
from crm.services.statuses import refresh_status
from crm.services.suppression import suppress_lead
from crm.services.timeline import tell
from crm.suppression import Reason

SET = "disposition_set"
STAYS = "They stay on the do-not-contact list. If that was a mistake, remove them there."
RUNNING = (CampaignMember.Status.ACTIVE, CampaignMember.Status.PAUSED)
OF_MEMBER = ("status", "hold_until", "hold_reason")


class Refused(Exception):
    """Something is missing. ``field`` is the form's, the message for the person."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


@dataclass(frozen=True, slots=True)
class Choice:
    """How a call ended. ``callback_at`` is an instant, for `CALLBACK_REQUESTED` alone; so are the words beside it."""

    words: str
    callback_at: datetime | None = None
    callback_note: str = ""
    callback_for: UUID | None = None  # who calls; whoever says so unless given
    booked_elsewhere: str = ""

    def check(self, now: datetime) -> None:
        if self.words and self.words not in known.BY_WORDS:
            raise Refused("disposition", "Choose one of the nine.")
        if self.words == known.CALLBACK_REQUESTED and self.callback_at is None:
            raise Refused("callback_at", "When do they want to be called?")
        if self.words == known.CALLBACK_REQUESTED and self.callback_at and self.callback_at <= now:
            raise Refused("callback_at", "This time has passed. Choose one that is still to come.")
        if self.words == known.MEETING_BOOKED and not self.booked_elsewhere.strip():
            raise Refused(
                "booked_elsewhere", "Say where the meeting is booked, such as “Practice calendar, Tue 3 PM”."
            )


@dataclass(frozen=True, slots=True)
class Disposed:
    call: Call
    stays: list[str] = field(default_factory=list)  # of the former one, what could not be taken back


@transaction.atomic
def set_disposition(*, actor: Actor, call_id: UUID, choice: Choice, now: datetime) -> Disposed:
    """Say how a call ended, or end that it was said (no words). Raises `Call.DoesNotExist` and `Refused`.

    Two who say so at once come one after the other, and the later takes back what the earlier brought about. A
    suppression is never taken back this way.
    """
    choice.check(now)
    call: Call = (
        Call.objects.for_actor(actor)
        .defer("raw", "transcript")
        .select_for_update(of=("self",))
        .get(pk=call_id)
    )
    return dispose(actor=actor, call=call, choice=choice, now=now)


def dispose(*, actor: Actor, call: Call, choice: Choice, now: datetime) -> Disposed:
    """As `set_disposition`, for a call whose row the transaction holds already."""
    lead = _held(call)
    was = _latest(call)
    if call.disposition == choice.words and was is not None and _same(was.metadata, choice):
        return Disposed(call)
    stays = _take_back(call, lead, was.metadata.get("did", {})) if was is not None else []
    did = _bring_about(actor, call, lead, choice, now) if choice.words else {}
    before = call.disposition
    call.disposition, call.disposed_at = choice.words, now if choice.words else None
    call.booked_elsewhere = (
        choice.booked_elsewhere.strip()[:200] if choice.words == known.MEETING_BOOKED else ""
    )
    call.save(update_fields=["disposition", "disposed_at", "booked_elsewhere", "updated_at"])
    _remember_in_campaign(call)
    told = {"from": before, "to": choice.words, "asked": _asked(choice), "did": did, "stays": stays}
    tell(
        about=call, call_id=call.pk, lead_id=call.lead_id, campaign_id=call.campaign_id, actor=actor, action=SET,
        metadata=told, now=now,
    )  # fmt: skip
    refresh_status(agency_id=call.agency_id, lead_ids=[call.lead_id])
    return Disposed(call, stays)


def _remember_in_campaign(call: Call) -> None:
    """The campaign tells how the latest of its calls with somebody ended."""
    if not call.campaign_id:
        return
    of_pair = {"agency_id": call.agency_id, "campaign": call.campaign_id, "lead": call.lead_id}
    if not Call.unscoped.filter(**of_pair, started_at__gt=call.started_at).exists():
        CampaignMember.unscoped.filter(**of_pair).update(last_disposition=call.disposition)


def _held(call: Call) -> Lead | None:
    if call.lead_id is None:
        return None
    lead: Lead = Lead.unscoped.select_for_update(of=("self",)).get(agency_id=call.agency_id, pk=call.lead_id)
    return lead


def _latest(call: Call) -> Activity | None:
    """The newest line: identifiers rise with time, also within one instant."""
    lines = Activity.unscoped.filter(
        agency_id=call.agency_id, client_id=call.client_id, call_id=call.pk, action=SET
    )
    found: Activity | None = lines.order_by("-occurred_at", "-pk").first()
    return found


def _asked(choice: Choice) -> dict[str, str]:
    at = choice.callback_at.isoformat() if choice.callback_at else ""
    asked = {"at": at, "note": choice.callback_note, "for": str(choice.callback_for or ""),
             "elsewhere": choice.booked_elsewhere.strip()}  # fmt: skip
    return {name: value for name, value in asked.items() if value}


def _same(told: Mapping[str, Any], choice: Choice) -> bool:
    """Whether nothing is said that was not said already: pressing twice does nothing twice."""
    return told.get("to") == choice.words and told.get("asked", {}) == _asked(choice)


def _bring_about(
    actor: Actor, call: Call, lead: Lead | None, choice: Choice, now: datetime
) -> dict[str, Any]:
    if lead is None:
        if choice.words in (known.DO_NOT_CONTACT, known.CALLBACK_REQUESTED):
            raise Refused(
                "disposition", "We don’t know who this was: the call has no person to keep that with."
            )
        return {}
    did: dict[str, Any] = {}
    match choice.words:
        case known.DO_NOT_CONTACT:
            did["suppressed"] = _suppress(actor, call, lead, now)
        case known.INCORRECT_NUMBER if not lead.phone_is_wrong and _was_tried(call, lead):
            lead.phone_is_wrong = True
            lead.save(update_fields=["phone_is_wrong", "updated_at"])
            did["marked"] = lead.phone_e164
        case known.CALLBACK_REQUESTED if choice.callback_at:
            did["callback"] = str(_promise(actor, call, lead, choice.callback_at, choice).pk)
    if members := _move_members(call, lead, choice, now):
        did["members"] = members
    if met := callbacks.met_by(call, words=choice.words, actor=actor, now=now):
        did["met"] = met
    return did


def _was_tried(call: Call, lead: Lead) -> bool:
    """Whether the call was with the number that stands with the person. A call without one says nothing else."""
    return not call.their_number or call.their_number in (lead.phone_e164, lead.phone)


def _suppress(actor: Actor, call: Call, lead: Lead, now: datetime) -> list[str]:
    if not (call.their_number or lead.phone_e164 or lead.email or lead.linkedin_url):
        raise Refused(
            "disposition", "This person has no number or address that could be stopped. Add one first."
        )
    added = suppress_lead(
        lead=lead, reason=Reason.DO_NOT_CONTACT, source="disposition", added_by=actor.user_id, now=now,
        numbers=[call.their_number] if call.their_number else [],
    )  # fmt: skip
    return [str(pk) for pk in added.fresh]


def _promise(actor: Actor, call: Call, lead: Lead, due_at: datetime, choice: Choice) -> Callback:
    zone = zone_of(lead.timezone, lead.phone_e164, lead.client.timezone)
    made: Callback = Callback.unscoped.create(
        agency_id=call.agency_id, client_id=call.client_id, lead=lead, call=call, campaign_id=call.campaign_id,
        assigned_to_id=choice.callback_for or actor.user_id, due_at=due_at, timezone=zone,
        note=choice.callback_note[:500],
    )  # fmt: skip
    return made


def _move_members(call: Call, lead: Lead, choice: Choice, now: datetime) -> list[dict[str, Any]]:
    """End, rest or hold the person's place in the call's campaign, or in all of them when the call was for none."""
    rows = CampaignMember.unscoped.filter(agency_id=lead.agency_id, lead=lead, status__in=RUNNING)
    if call.campaign_id:
        rows = rows.filter(campaign_id=call.campaign_id)
    moved = []
    for member in rows.select_related("campaign").order_by("pk").select_for_update(of=("self",)):
        before = _as_words(member)
        _move(member, call, choice, now)
        if _as_words(member) != before:
            member.save(update_fields=[*OF_MEMBER, "updated_at"])
            moved.append({"id": str(member.pk), "before": before, "after": _as_words(member)})
    return moved


def _move(member: CampaignMember, call: Call, choice: Choice, now: datetime) -> None:
    if choice.words == known.NOT_INTERESTED or (choice.words == known.MEETING_BOOKED and call.campaign_id):
        member.status = CampaignMember.Status.COMPLETED
    elif choice.words == known.CALLBACK_REQUESTED:
        member.hold_until, member.hold_reason = choice.callback_at, "They asked to be called then"
    elif choice.words == known.NO_ANSWER and call.campaign_id:
        rules = known.Rules.of(member.campaign.settings)
        if _unanswered_in_a_row(member.campaign, call, rules.rest_after) >= rules.rest_after:
            member.hold_until = now + timedelta(days=rules.rest_days)
            times = "once" if rules.rest_after == 1 else f"{rules.rest_after} times"
            member.hold_reason = f"No answer {times}"


def _unanswered_in_a_row(campaign: Campaign, call: Call, most: int) -> int:
    """How often nobody answered lately, ``call`` included, and nothing else was said in between."""
    others = Call.unscoped.filter(agency_id=call.agency_id, campaign=campaign, lead=call.lead_id)
    words = others.exclude(pk=call.pk).exclude(disposition="").filter(started_at__lte=call.started_at)
    latest = words.order_by("-started_at", "-pk").values_list("disposition", flat=True)[: most - 1]
    count = 1
    for each in latest:
        if each != known.NO_ANSWER:
            break
        count += 1
    return count


def _as_words(member: CampaignMember) -> dict[str, str]:
    until = member.hold_until.isoformat() if member.hold_until else ""
    return {"status": member.status, "hold_until": until, "hold_reason": member.hold_reason}


def _take_back(call: Call, lead: Lead | None, did: Mapping[str, Any]) -> list[str]:
    """Undo what a former disposition brought about, as far as nobody has changed it since; return what stays."""
    stays = []
    if "suppressed" in did:
        stays.append(STAYS)
    if lead and did.get("marked") == lead.phone_e164 and did.get("marked") and lead.phone_is_wrong:
        lead.phone_is_wrong = False
        lead.save(update_fields=["phone_is_wrong", "updated_at"])
    if did.get("callback"):
        promised = Callback.unscoped.filter(agency_id=call.agency_id, pk=did["callback"])
        removed, _ = promised.filter(done_at=None).delete()
        if not removed and promised.exists():
            stays.append("The callback has been made already; it stays in the history.")
    if did.get("met"):
        callbacks.open_again(call.agency_id, did["met"])
    for each in did.get("members", ()):
        member = (
            CampaignMember.unscoped.select_for_update()
            .filter(agency_id=call.agency_id, pk=each["id"])
            .first()
        )
        if member is not None and _as_words(member) == each["after"]:
            before = each["before"]
            member.status, member.hold_reason = before["status"], before["hold_reason"]
            until = before["hold_until"]
            member.hold_until = datetime.fromisoformat(until) if until else None
            member.save(update_fields=[*OF_MEMBER, "updated_at"])
    return stays
