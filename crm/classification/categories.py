"""The categories of a call, with their stars and colours."""

from typing import Literal, get_args

MachineCategory = Literal[
    "warm",
    "very_good",
    "needs_attention",
    "voicemail",
    "unanswered",
    "not_a_fit",
    "spam",
    "neutral",
    "applicant",
    "unreviewed",
]
Category = Literal["converted"] | MachineCategory  # that somebody bought is for people to say
MACHINE: frozenset[str] = frozenset(get_args(MachineCategory))

LABELS: dict[str, str] = {
    "converted": "Converted",
    "warm": "Warm",
    "very_good": "Very good",
    "needs_attention": "Needs attention",
    "voicemail": "Voicemail",
    "unanswered": "Unanswered",
    "not_a_fit": "Not a fit",
    "spam": "Spam",
    "neutral": "Neutral",
    "applicant": "Applicant",
    "unreviewed": "Unreviewed",
}
HUES: dict[str, str] = {
    "converted": "green",
    "very_good": "teal",
    "warm": "blue",
    "needs_attention": "red",
    "voicemail": "amber",
    "unanswered": "orange",
    "not_a_fit": "gray",
    "spam": "gray",
    "neutral": "violet",
    "applicant": "pink",
    "unreviewed": "gray",
}
STARS: dict[str, int | None] = {
    "converted": 5,
    "warm": 3,
    "very_good": 4,
    "needs_attention": 3,
    "voicemail": None,
    "unanswered": None,
    "not_a_fit": 2,
    "spam": 1,
    "neutral": None,
    "applicant": None,
    "unreviewed": None,
}
