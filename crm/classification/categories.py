LABELS = {
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
HUES = dict.fromkeys(LABELS, "gray")
STARS = {
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
