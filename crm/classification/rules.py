from crm.classification.categories import STARS
from crm.classification.facts import CallFacts, Verdict

RULES_VERSION = "rules-1"


def classify(facts: CallFacts) -> Verdict:
    text = facts.transcript or facts.message_body
    category = (
        "unanswered" if facts.answered is False else "warm" if "schedule" in text.lower() else "neutral"
    )
    return Verdict(category, STARS[category], text[:120], 0.5, (), "placeholder")
