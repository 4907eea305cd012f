"""Who may say what about a call, and what follows from it. Nothing here saves; the callers own the transaction.

A person's choice is never overwritten by a machine. ``converted`` is only ever a person's. Rating is the stars
of one call; it leads the category where nobody chose the category by hand.
"""

from datetime import datetime

from crm.classification import CallFacts, Verdict, classify
from crm.classification.categories import STARS
from crm.classification.rules import RULES_VERSION
from crm.models import Call, CallClassification
from crm.models.calls import Verdict as By
from crm.providers.records import CallRecord

CATEGORY_OF_STARS = {5: "very_good", 4: "very_good", 3: "warm", 2: "not_a_fit", 1: "spam"}


def machine_verdict(record: CallRecord, *, is_known: bool, previous_calls: int) -> Verdict:
    return classify(
        CallFacts(
            kind=record.kind,
            direction=record.direction,
            answered=record.answered,
            status=record.status,
            duration_s=record.duration_seconds,
            talk_s=record.talk_seconds,
            transcript=record.transcript,
            turns=record.turns,
            caller_name=record.caller_name,
            is_known=is_known,
            previous_calls=previous_calls,
            vendor_summary=record.vendor_summary,
            message_body=record.message_body,
            form_fields=record.form,
        )
    )


def judge_by_machine(call: Call, verdict: Verdict, *, auto_star: bool) -> CallClassification | None:
    """Put the machine's verdict on ``call``: its words always, its category and stars where no person has spoken.

    None when it says nothing new, or nothing that counts.
    """
    was = (call.category, call.summary, bool(call.ai_summary))
    evidence = [{"quote": each.quote, "start_s": each.start_s} for each in verdict.evidence]
    call.summary = verdict.summary
    call.ai_summary = {"evidence": evidence, "confidence": verdict.confidence, "reason": verdict.reason}
    if call.category_by == By.HUMAN:
        return None
    stars_lead = call.rating_by in (By.HUMAN, By.CTM) and call.rating
    category = category_for(call.rating, verdict.category) if stars_lead else verdict.category
    if auto_star and call.rating_by in ("", By.RULE, By.AI):
        call.rating = verdict.rating
        call.rating_by = By.RULE if verdict.rating else ""
    if was == (category, verdict.summary, True):
        return None
    call.category, call.category_by = category, By.RULE
    return CallClassification(
        agency_id=call.agency_id,
        client_id=call.client_id,
        call=call,
        by=By.RULE,
        category=category,
        rating=verdict.rating,
        summary=verdict.summary,
        confidence=verdict.confidence,
        evidence=evidence,
        reason=verdict.reason,
        version=RULES_VERSION,
    )


def category_for(stars: int | None, current: str) -> str:
    """The category that goes with ``stars``: the current one where they agree. Never ``converted``."""
    if stars is None or STARS[current] == stars or (stars == 5 and current == "very_good"):
        return current
    return CATEGORY_OF_STARS[stars]


def adopt_ctm_rating(call: Call, stars: int | None, now: datetime) -> None:
    """Take over stars that were changed in CTM."""
    call.rating, call.rating_by, call.rated_at = stars, By.CTM if stars else "", now
    if call.category_by != By.HUMAN:
        call.category = category_for(stars, call.category)
        call.category_by = By.CTM if stars else call.category_by


def adopt_human_rating(call: Call, stars: int | None, now: datetime) -> None:
    """Take over a person's stars. Five of them say the caller agreed to buy; taking them back unsays it."""
    call.rating, call.rating_by, call.rated_at = stars, By.HUMAN, now
    if stars == 5:
        call.category, call.category_by = "converted", By.HUMAN
    elif call.category == "converted" or call.category_by != By.HUMAN:
        base = "neutral" if call.category == "converted" else call.category
        call.category = category_for(stars, base)
        call.category_by = By.HUMAN if stars else By.RULE
