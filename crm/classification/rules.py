"""The deterministic classifier: rules in a fixed order, the first that has an answer gives it.

No clock, no network, no chance: the same facts always get the same verdict. Change `RULES_VERSION` with the rules.
"""

import re
from collections.abc import Callable

from crm.classification.facts import CallFacts, Verdict
from crm.classification.reading import Reading, place

RULES_VERSION = "rules-3"
SAYS_SOMETHING = 6  # words of a voicemail, fillers not counted
FILLER = re.compile(
    r"\b(?:hello|hi|hey|um+|uh+|oh|okay|ok|bye|goodbye|anybody|anyone|there|it’?'?s|the|machine|is|this|yes|yeah|no|thanks)\b",
    re.IGNORECASE,
)


def classify(facts: CallFacts) -> Verdict:
    """Judge one call, text, form or chat. ``converted`` never comes out: a sale is for people to confirm."""
    reading = Reading(facts)
    for rule in RULES:
        if verdict := rule(reading):
            return verdict
    return reading.verdict("neutral", 0.3, "Nothing said points anywhere else.")


def silence(reading: Reading) -> Verdict | None:
    """Nothing was said or written: the outcome of the call is all we know."""
    facts = reading.facts
    if reading.said:
        return None
    if facts.kind == "call" and facts.status == "voicemail":
        return reading.verdict("voicemail", 0.9, "The call went to voicemail and nobody spoke.")
    if facts.kind == "call" and facts.answered is False:
        return reading.verdict("unanswered", 0.98, "Nobody picked up.")
    return reading.verdict("unreviewed", 0.0, "There are no words to judge by.")


def unknown_kind(reading: Reading) -> Verdict | None:
    if reading.facts.kind == "other" and not reading.facts.transcript:
        return reading.verdict("unreviewed", 0.0, "This kind of contact has no words to judge by.")
    return None


def sent_by_us(reading: Reading) -> Verdict | None:
    if reading.facts.direction == "outbound" and reading.facts.kind in ("text", "form"):
        return reading.verdict("neutral", 0.8, "A message that we sent.")
    return None


def spam(reading: Reading) -> Verdict | None:
    strong, weak = reading.first("spam"), reading.first("pitch")
    if not strong and not reading.has("welcomes", "greeting"):
        strong = reading.first("keypad")
    refused = reading.first("pitch_refused")
    if strong:
        return reading.verdict("spam", 0.95 if refused or weak else 0.85, "Sells to the business.", strong)
    if weak and (refused or len(reading.signals["pitch"]) > 1):
        return reading.verdict("spam", 0.75, "Seems to sell to the business.", weak, refused)
    return None


def applicant(reading: Reading) -> Verdict | None:
    found = reading.first("applicant")
    more = len(reading.signals["applicant"]) > 1
    return reading.verdict("applicant", 0.9 if more else 0.8, "Asks for work.", found) if found else None


def wrong_number(reading: Reading) -> Verdict | None:
    found = reading.first("wrong_number")
    return reading.verdict("neutral", 0.85, "Dialled a wrong number.", found) if found else None


def voicemail(reading: Reading) -> Verdict | None:
    if not reading.is_voicemail:
        return None
    wish = reading.first("callback", "intends", "complains", "interested", "needs")
    words = FILLER.sub(" ", " ".join(each.text for each in reading.caller_said)).split()
    if reading.facts.direction != "outbound" and (wish or len(words) >= SAYS_SOMETHING):
        confidence = 0.9 if reading.has("callback") else 0.75
        return reading.verdict("needs_attention", confidence, "Left a message and waits for an answer.", wish)
    return reading.verdict("voicemail", 0.85, "A voicemail without a message.")


def complaint(reading: Reading) -> Verdict | None:
    found = reading.first("complains")
    return reading.verdict("needs_attention", 0.8, "Is unhappy with the business.", found) if found else None


def turned_away(reading: Reading) -> Verdict | None:
    """What they want is not offered here, and they did not agree on something else afterwards."""
    answered_no = reading.reply("says_no", to="asks_us")
    refused, declined = reading.first("not_offered") or answered_no, reading.first("declines")
    taken = reading.reply("accepts", to="offers_time")
    turned = max(reading.last_at("not_offered", "declines"), place(answered_no))
    if max(reading.last_at("commits", "booked", "defers"), place(taken)) > turned:
        return None
    if refused:
        left = declined or reading.first("looks_elsewhere")
        return reading.verdict(
            "not_a_fit", 0.9 if left else 0.75, "Wants what is not offered here.", refused, left
        )
    return reading.verdict("not_a_fit", 0.65, "Decided against it.", declined) if declined else None


def old_appointment(reading: Reading) -> Verdict | None:
    found = reading.first("moves_appointment", "confirms_old")
    return (
        reading.verdict("neutral", 0.8, "Is about an appointment or a job that exists.", found)
        if found
        else None
    )


def agreed(reading: Reading) -> Verdict | None:
    """They said yes to a date or a price and did not take it back."""
    commits, booked = reading.first("commits"), reading.first("booked")
    taken = reading.reply("accepts", to="offers_time")
    if reading.last_at("defers") > max(reading.last_at("commits", "agrees", "booked"), place(taken)):
        return None
    if commits:
        return reading.verdict("very_good", 0.95 if booked else 0.8, "Agreed to go ahead.", commits, booked)
    if reading.has("existing"):
        return None
    intends, agrees = reading.first("intends"), reading.first("agrees") or taken
    if agrees and (intends or (taken and reading.has("interested", "needs"))):
        return reading.verdict("very_good", 0.9 if booked else 0.75, "Agreed to a date.", agrees, booked)
    if intends and booked:
        return reading.verdict("very_good", 0.8, "Wanted a date and got one.", intends, booked)
    if taken and not reading.has("question"):
        return reading.verdict("very_good", 0.6, "Took the time that was offered.", taken)
    return None


def waits_for_call(reading: Reading) -> Verdict | None:
    found = reading.first("callback", "promised_call")
    if not found or reading.last_at("defers") > found.sentence.order:
        return None
    return reading.verdict("needs_attention", 0.7, "Waits for a call back.", found)


def known_matter(reading: Reading) -> Verdict | None:
    found = reading.first("existing")
    return reading.verdict("neutral", 0.75, "Is about something already under way.", found) if found else None


def interest(reading: Reading) -> Verdict | None:
    found = reading.first("intends", "interested")
    if found:
        deferred = reading.first("defers")
        return reading.verdict(
            "warm", 0.85 if deferred else 0.7, "Is interested, nothing agreed.", found, deferred
        )
    return None


def plain_question(reading: Reading) -> Verdict | None:
    found = reading.first("question")
    return reading.verdict("neutral", 0.7, "A question with no wish to buy.", found) if found else None


def asks_for_service(reading: Reading) -> Verdict | None:
    found = reading.first("asks_us")
    return reading.verdict("warm", 0.45, "Asks what the business does.", found) if found else None


def need(reading: Reading) -> Verdict | None:
    found = reading.first("needs")
    return reading.verdict("warm", 0.5, "Has a need that the business may meet.", found) if found else None


RULES: tuple[Callable[[Reading], Verdict | None], ...] = (
    unknown_kind,
    silence,
    sent_by_us,
    spam,
    applicant,
    wrong_number,
    voicemail,
    turned_away,
    complaint,
    old_appointment,
    agreed,
    waits_for_call,
    known_matter,
    interest,
    plain_question,
    need,
    asks_for_service,
)
