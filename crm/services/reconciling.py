"""A call gets its stars in two places: here and in CTM. The later change wins, the other is remembered."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from crm.models import Activity, Call
from crm.models.calls import Verdict as By
from crm.services.judging import adopt_ctm_rating
from crm.services.timeline import line
from integrations.models import WriteLog

WEBHOOK_LAG = timedelta(minutes=15)  # CTM repeats deliveries that failed: what one says may be this old


@dataclass(frozen=True, slots=True)
class Reading:
    """When we began to read (aware), and how much older than that the words may be."""

    at: datetime
    lag: timedelta = timedelta(0)

    @property
    def since(self) -> datetime:
        return self.at - self.lag


def reconcile_rating(
    call: Call, theirs: int | None, writes: Sequence[WriteLog], reading: Reading, now: datetime
) -> tuple[list[Activity], bool]:
    """Decide between our stars and ``theirs``; return the history to keep, and whether that settles it.

    ``call.ctm_rating`` is what CTM last held as far as we know, by its own words or by our writing it there. What was
    said before our latest write arrived is no news; it is not settled either, and the next reading decides.
    """
    before, ours = call.ctm_rating, call.rating
    if theirs == before:
        return [], True
    if theirs == ours:
        call.ctm_rating = theirs
        if call.rating_by != By.HUMAN and theirs:
            call.rating_by = By.CTM
        return [], True
    event = _rated(call, now, {"kept": ours, "ctm": theirs})
    told = any(write.value == theirs for write in writes)  # by ourselves
    if any(write.status == WriteLog.Status.PENDING for write in writes):
        call.ctm_rating = theirs
        return [] if told else [event], True
    ours_is_later = call.rating_by == By.HUMAN and call.rated_at is not None and call.rated_at >= reading.at
    if ours_is_later or any(write.sent_at and write.sent_at >= reading.since for write in writes):
        return [event] if ours_is_later and not told else [], False
    call.ctm_rating = theirs
    adopt_ctm_rating(call, theirs, now)
    return [_rated(call, now, {"from": ours, "to": theirs, "by": "ctm"})], True


def _rated(call: Call, now: datetime, metadata: dict[str, object]) -> Activity:
    return line(
        about=call, lead_id=call.lead_id, call_id=call.pk, action="rating_changed", metadata=metadata, now=now
    )
