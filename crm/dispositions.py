"""How a call ended, in the nine words of the house, and what each of them asks for and brings about.

Plain values. The words are kept with a call exactly as they stand here; old data may hold others, which are kept and
shown as they are. The crosswalk to the categories of inbound calls is a proposal: neither side overwrites the other.
"""

from dataclasses import dataclass
from typing import Any

ACCESS, CONVERSATION, OPPORTUNITY, HARD_STOP = "Access", "Conversation", "Opportunity", "Hard stop"
CATEGORIES = (ACCESS, CONVERSATION, OPPORTUNITY, HARD_STOP)
OTHER = "Other words"  # the category of what is none of the nine

NO_ANSWER, VOICEMAIL, GATEKEEPER = "No Answer", "Voicemail", "Gatekeeper"
INCORRECT_NUMBER, NOT_INTERESTED = "Incorrect Number", "Not Interested"
CALLBACK_REQUESTED, FUTURE_POTENTIAL = "Callback Requested", "Future Potential"
MEETING_BOOKED, DO_NOT_CONTACT = "Meeting Booked", "Do Not Contact"

REST_AFTER, REST_DAYS, RETRY_HOURS = 3, 14, 20  # of a campaign that says nothing else


@dataclass(frozen=True, slots=True)
class Disposition:
    words: str
    category: str
    proposes: str  # category of the call, as in crm.classification.categories
    icon: str
    brings: str  # what follows, told to who chooses
    ends: bool = False  # nobody calls about this campaign again
    unanswered: bool = False


DISPOSITIONS = (
    Disposition(
        NO_ANSWER, ACCESS, "unanswered", "phone-missed", "They come up again another day.", unanswered=True
    ),
    Disposition(
        VOICEMAIL, ACCESS, "voicemail", "voicemail", "They come up again another day.", unanswered=True
    ),
    Disposition(GATEKEEPER, ACCESS, "neutral", "door-closed", "They come up again another day."),
    Disposition(
        INCORRECT_NUMBER, ACCESS, "neutral", "phone-off", "The number is marked wrong, not the person."
    ),
    Disposition(
        NOT_INTERESTED, CONVERSATION, "not_a_fit", "thumbs-down", "The campaign is over for them.", ends=True
    ),
    Disposition(
        CALLBACK_REQUESTED, CONVERSATION, "needs_attention", "phone-forwarded", "Needs the time they named."
    ),
    Disposition(FUTURE_POTENTIAL, OPPORTUNITY, "warm", "sprout", "They come up again another day."),
    Disposition(
        MEETING_BOOKED, OPPORTUNITY, "very_good", "calendar-check", "Needs where it was booked.", ends=True
    ),
    Disposition(
        DO_NOT_CONTACT, HARD_STOP, "not_a_fit", "ban", "Nobody contacts them again, in any way.", ends=True
    ),
)
BY_WORDS = {each.words: each for each in DISPOSITIONS}
CHOICES = [(each.words, each.words) for each in DISPOSITIONS]
FROM_CATEGORY = {
    "unanswered": NO_ANSWER,
    "voicemail": VOICEMAIL,
    "needs_attention": CALLBACK_REQUESTED,
    "warm": FUTURE_POTENTIAL,
    "very_good": CALLBACK_REQUESTED,
    "not_a_fit": NOT_INTERESTED,
    "converted": MEETING_BOOKED,
}


def category_of(words: str) -> str:
    """The one of the four, ``OTHER`` for words that are none of ours, "" for none."""
    if not words:
        return ""
    return BY_WORDS[words].category if words in BY_WORDS else OTHER


def proposed_disposition(category: str, *, has_meeting: bool = False) -> str:
    """What the category of a call suggests; "" where it suggests nothing."""
    if category == "very_good" and has_meeting:
        return MEETING_BOOKED
    return FROM_CATEGORY.get(category, "")


@dataclass(frozen=True, slots=True)
class Rules:
    """What one campaign does about people who cannot be reached."""

    rest_after: int = REST_AFTER  # times no answer in a row
    rest_days: int = REST_DAYS
    retry_hours: int = RETRY_HOURS  # until somebody comes up again

    @classmethod
    def of(cls, settings: dict[str, Any]) -> "Rules":
        """A value that makes no sense, in old or imported settings, counts as none."""
        return cls(
            _whole(settings.get("rest_after"), 1, 20, REST_AFTER),
            _whole(settings.get("rest_days"), 1, 365, REST_DAYS),
            _whole(settings.get("retry_hours"), 0, 24 * 30, RETRY_HOURS),
        )


def _whole(value: Any, least: int, most: int, otherwise: int) -> int:
    return value if type(value) is int and least <= value <= most else otherwise
