"""What the timeline says of each deed. Whoever tells of a new action (``crm.services.timeline``) adds it here."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from crm.classification.categories import LABELS
from crm.models import Activity, Call, Lead, OutcomeMilestone

Told = Mapping[str, Any]  # the metadata of an activity
KINDS = {
    "calls": "Calls",
    "messages": "Messages",
    "meetings": "Meetings",
    "notes": "Notes",
    "stages": "Stage moves",
    "journeys": "Journeys",
    "imports": "Imports",
    "merges": "Merges",
    "changes": "Other changes",
}
TRACKER, HOUSE = "CallTrackingMetrics", "Switchboard"


@dataclass(frozen=True, slots=True)
class Action:
    kind: str  # of KINDS
    icon: str
    words: str | Callable[[Told], str]
    by_itself: str = HOUSE  # who did it when no person did
    is_contact: bool = False

    def said(self, told: Told) -> str:
        """In words; of an erased person nothing was kept to be told."""
        if isinstance(self.words, str):
            return self.words
        try:
            return self.words(told)
        except (KeyError, IndexError):
            return "Erased"


@dataclass(frozen=True, slots=True)
class Deed:
    """One line of the timeline, in words."""

    icon: str
    words: str
    who: str
    occurred_at: datetime


def _stars(n: int | None) -> str:
    return "no stars" if not n else f"{n} star{'s' if n > 1 else ''}"


def _rating(told: Told) -> str:
    if "kept" in told:
        return f"Kept {_stars(told['kept'])}; CallTrackingMetrics said {_stars(told['ctm'])}"
    return f"Rating changed from {_stars(told['from'])} to {_stars(told['to'])}"


def _category(told: Told) -> str:
    return f"Category changed from {LABELS[told['from']]} to {LABELS[told['to']]}"


JOURNEY_STATES = {
    "pending": "pending",
    "in_progress": "in progress",
    "active_client": "became a customer",
    "won": "won",
    "lost": "lost",
    "archived": "archived",
}


def _journey(told: Told) -> str:
    return f"Journey went from {JOURNEY_STATES[told['from']]} to {JOURNEY_STATES[told['to']]}"


def _template(told: Told) -> str:
    n = told["steps"]
    return f"Template applied: {n} step{'' if n == 1 else 's'}"


def _redacted(told: Told) -> str:
    return f"Words destroyed, {told['days']} days after closing"


def _milestone(told: Told) -> str:
    return OutcomeMilestone.Stage(told["stage"]).label.lower()


def _stage(told: Told) -> str:
    """Lines from before stages were told by name say less."""
    if told.get("to_name"):
        return f"Moved to {told['to_name']}" + (f" from {told['from_name']}" if told.get("from_name") else "")
    return f"Taken out of {told['from_name']}" if told.get("from_name") else "Moved to another stage"


def _disposition(told: Told) -> str:
    if not told["to"]:
        return f"No longer {told['from']}"
    words = f"{told['from']} changed to {told['to']}" if told["from"] else f"Call ended: {told['to']}"
    return f"{words}. {' '.join(told['stays'])}" if told.get("stays") else words


def _status(told: Told) -> str:
    to = Lead.Status(told["to"]).label if told["to"] else ""
    return f"Marked as {to.lower()}" if to else "Status left to the facts again"


LISTED = {"phone": "number", "email": "e-mail address", "linkedin": "LinkedIn profile"}
MEMBER = {
    "active": "is called again in",
    "paused": "paused in",
    "completed": "done with",
    "opted_out": "opted out of",
}


def _listed(told: Told) -> str:
    return f"Their {LISTED[told['kind']]} was put on the do-not-contact list"


def _unlisted(told: Told) -> str:
    return f"Their {LISTED[told['kind']]} was taken off the do-not-contact list"


def _member(told: Told) -> str:
    words = MEMBER[told["to"]]
    return f"{words[0].upper()}{words[1:]} the campaign {told['name']}"


def _sentiment(told: Told) -> str:
    to, before = (Lead.Sentiment(told[each]).label.lower() if told[each] else "" for each in ("to", "from"))
    if not to:
        return "Sentiment taken off"
    return f"Sentiment changed from {before} to {to}" if before else f"Sentiment: {to}"


def _fields(told: Told) -> str:
    """Names alone: what stood there is nobody's business once it is changed."""
    names = told.get("fields", [])
    return f"Changed {', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else f"Changed {names[0]}"


def _owner(told: Told) -> str:
    return f"Given to {told['name']}" if told.get("name") else "Left without an owner"


def _number(score: int | None) -> str:
    return "none" if score is None else str(score)


def _merged(told: Told) -> str:
    return f"Merged with {told['name']}"


# An action that is a contact is shown with its call as it stands now.
ACTIONS: dict[str, Action] = {
    "call_received": Action("calls", "phone-incoming", "Inbound call", TRACKER, is_contact=True),
    "call_made": Action("calls", "phone-outgoing", "Outbound call", TRACKER, is_contact=True),
    "message_received": Action("messages", "message-square", "Message received", TRACKER, is_contact=True),
    "message_sent": Action("messages", "message-square", "Message sent", TRACKER, is_contact=True),
    "form_received": Action("messages", "file-text", "Web form", TRACKER, is_contact=True),
    "lead_created": Action("changes", "user-plus", "Added"),
    "lead_changed": Action("changes", "pencil", _fields),
    "lead_archived": Action("changes", "archive", "Archived"),
    "lead_restored": Action("changes", "archive-restore", "Taken out of the archive"),
    "lead_erased": Action("changes", "eraser", "Erased"),
    "status_set": Action("changes", "circle-check", _status),
    "sentiment_set": Action("changes", "smile", _sentiment),
    "owner_changed": Action("changes", "user-round-check", _owner),
    "score_set": Action(
        "changes", "gauge", lambda told: f"Score set by hand from {_number(told['from'])} to {told['to']}"
    ),
    "score_lifted": Action("changes", "gauge", lambda told: f"Score left to the sum again: {told['to']}"),
    "lead_merged": Action("merges", "merge", _merged),
    "merge_undone": Action("merges", "split", "Merge undone"),
    "told_apart": Action("merges", "users", "Said to be somebody else than who looks the same"),
    "told_apart_undone": Action("merges", "undo-2", "May be the same as who looks so, after all"),
    "rating_changed": Action("calls", "star", _rating, TRACKER),
    "category_changed": Action("calls", "tag", _category, TRACKER),
    "stage_changed": Action("stages", "square-kanban", _stage),
    "imported": Action(
        "imports", "upload", lambda told: f"Imported from {told['file']}, line {told['line']}"
    ),
    "import_changed": Action(
        "imports", "upload", lambda told: f"Updated from {told['file']}, line {told['line']}"
    ),
    "import_undone": Action("imports", "rotate-ccw", lambda told: f"Import of {told['file']} was undone"),
    "journey_started": Action("journeys", "route", "Journey begun"),
    "journey_status": Action("journeys", "route", _journey),
    "journey_paused": Action("journeys", "pause", "Journey paused"),
    "journey_resumed": Action("journeys", "play", "Journey goes on"),
    "journey_archived": Action("journeys", "archive", "Journey put into the archive"),
    "journey_restored": Action("journeys", "archive-restore", "Journey taken out of the archive"),
    "template_applied": Action("journeys", "list-checks", _template),
    "step_done": Action("journeys", "circle-check", lambda told: f"Step {told['number']} done"),
    "step_undone": Action("journeys", "undo-2", lambda told: f"Step {told['number']} not done after all"),
    "step_moved": Action(
        "journeys", "calendar-clock", lambda told: f"Step {told['number']} put off: {told['reason']}"
    ),
    "agreed": Action("journeys", "handshake", "Agreed to service: a customer now"),
    "agreement_undone": Action("journeys", "undo-2", "Agreed to service was taken back"),
    "redacted": Action("journeys", "eye-off", _redacted),
    "customer_changed": Action("changes", "pencil", "Customer changed"),
    "customer_status": Action("changes", "user-round-check", lambda told: f"Customer is {told['to']} now"),
    "call_linked": Action("calls", "link", "Call linked to the customer"),
    "call_unlinked": Action("calls", "unlink", "Call no longer linked to the customer"),
    "agreement_added": Action("changes", "file-text", "Agreement added"),
    "agreement_changed": Action("changes", "file-text", "Agreement changed"),
    "agreement_removed": Action("changes", "file-text", "Agreement removed"),
    "outcome_added": Action("changes", "coins", "Money written down"),
    "milestone_reached": Action("changes", "circle-check", lambda told: f"Milestone: {_milestone(told)}"),
    "milestone_removed": Action("changes", "undo-2", lambda told: f"Milestone taken off: {_milestone(told)}"),
    "outcome_removed": Action("changes", "coins", "Money taken off again"),
    "campaign_joined": Action("changes", "megaphone", lambda told: f"Added to the campaign {told['name']}"),
    "campaign_member": Action("changes", "megaphone", _member),
    "campaign_left": Action("changes", "megaphone", lambda told: f"Taken out of the campaign {told['name']}"),
    "suppression_added": Action("changes", "ban", _listed),
    "suppression_removed": Action("changes", "undo-2", _unlisted),
    "call_tagged": Action("calls", "tag", lambda told: f"Call tagged {told['name']}"),
    "call_untagged": Action("calls", "tag", lambda told: f"Tag {told['name']} taken off a call"),
    "signal_added": Action("changes", "radio", "Signal written down"),
    "signal_seen": Action("changes", "eye", "Signal seen"),
    "tag_added": Action("changes", "tag", lambda told: f"Tagged {told['name']}"),
    "tag_removed": Action("changes", "tag", lambda told: f"Tag {told['name']} taken off"),
    "disposition_set": Action("calls", "phone-forwarded", _disposition),
    "callback_kept": Action("calls", "phone-outgoing", "Called back as promised"),
    "callback_reopened": Action("calls", "undo-2", "Not called back after all"),
    "callback_moved": Action("calls", "calendar-clock", lambda told: f"Callback put off: {told['reason']}"),
    "number_cleared": Action(
        "changes", "phone", lambda told: f"The number is right after all: {told['reason']}"
    ),
    "note_added": Action("notes", "pencil", "Note added"),
    "note_deleted": Action("notes", "trash-2", "Note deleted"),
}

CONTACTS = [name for name, action in ACTIONS.items() if action.is_contact]


def action_of(name: str) -> Action:
    """What is known of an action; one that nobody describes any more is said by its name."""
    return ACTIONS.get(name) or Action("changes", "activity", name.replace("_", " ").capitalize())


def contact_action(kind: str, direction: str) -> str:
    """The action of a contact, as a call's ``kind`` and ``direction`` name it."""
    if kind == Call.Kind.FORM:
        return "form_received"
    noun = "call" if kind == Call.Kind.CALL else "message"
    if direction == Call.Direction.INBOUND:
        return f"{noun}_received"
    return "call_made" if noun == "call" else "message_sent"


def names_of(kind: str) -> list[str]:
    return [name for name, action in ACTIONS.items() if action.kind == kind]


def deed_of(activity: Activity) -> Deed:
    action = action_of(activity.action)
    return Deed(action.icon, action.said(activity.metadata), who_did(activity, action), activity.occurred_at)


def who_did(activity: Activity, action: Action) -> str:
    who = activity.actor.name if activity.actor else action.by_itself
    return f"{who}, acting for the client" if "acting" in activity.metadata else who
