"""GoHighLevel's words turned into ours. The only module that knows the vendor's field names.

A call is a message of a conversation. What belongs to it lies in several places of the vendor's API, so we read a
*bundle*: {message, contact, recording_url, transcription}, where all but the message may be missing still.
Source: the vendor's OpenAPI files and what their users report, collected 2026-11; see docs/providers/ghl.md.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from crm.providers.records import (
    YEARS,
    CallRecord,
    NotACall,
    Turn,
    content_hash,
    email_of,
    number_of,
    seconds_of,
    text_of,
)
from lib import phones

CALL_TYPES = (1, 10)  # call and voicemail, where no name of the type is given
STATUSES = {"pending": "in-progress", "cancelled": "canceled"}  # others are ours already
CONNECTED = {"answered", "completed"}
UNANSWERED = {"no-answer", "busy", "failed", "canceled", "voicemail"}
LONGEST_TURN = 400  # characters, after which the same speaker's next sentence begins a turn of its own

Bundle = Mapping[str, Any]


def message_of(entry: Any) -> Mapping[str, Any]:
    """The message in one entry of a list: bare, or wrapped as single messages are. Raises `NotACall`."""
    if isinstance(entry, Mapping) and isinstance(entry.get("message"), Mapping):
        entry = entry["message"]
    if not isinstance(entry, Mapping):
        raise NotACall("The entry is not an object.")
    return entry


def is_call(message: Mapping[str, Any]) -> bool:
    kind = text_of(message, "messageType", 60).upper()
    if kind:
        return kind.endswith("CALL") or "VOICEMAIL" in kind
    return message.get("type") in CALL_TYPES


def message_id(message: Mapping[str, Any]) -> str:
    return text_of(message, "id", 100)


def may_have_sound(message: Mapping[str, Any]) -> bool:
    """Whether anybody can have spoken: only then there is a recording to ask for."""
    status = _status(message)
    return status in CONNECTED or status == "voicemail" or (not status and _duration(message) > 0)


def call_record(bundle: Bundle, region: str = "US") -> CallRecord:
    """Read one call; a number without its country's code was dialled in ``region``. Raises `NotACall`."""
    message, contact = bundle["message"], bundle.get("contact") or {}
    external_id = message_id(message)
    if not external_id:
        raise NotACall("The entry has no id.")
    direction = "outbound" if text_of(message, "direction", 20).lower() == "outbound" else "inbound"
    status, duration, turns = _status(message), _duration(message), _turns(bundle.get("transcription"))
    theirs, ours = ("to", "from") if direction == "outbound" else ("from", "to")
    number = phones.parse(text_of(message, theirs, 40) or text_of(contact, "phone", 40), region)
    answered = True if status in CONNECTED else False if status in UNANSWERED else None
    return CallRecord(
        external_id=external_id,
        external_sid=text_of(message, "altId", 100),
        kind="call",
        direction=direction,
        from_number=number.given,
        from_e164=number.e164,
        to_number=text_of(message, ours, 40),
        tracking_label="",
        caller_name=_name(contact),
        email=email_of(contact),
        city=text_of(contact, "city", 100),
        state=text_of(contact, "state", 60),
        started_at=_moment(message.get("dateAdded")),
        duration_seconds=duration,
        talk_seconds=duration if answered else 0,
        status=status,
        answered=answered,
        rating=None,
        vendor_source=text_of(contact, "source", 200),
        vendor_summary="",
        recording_url=text_of(bundle, "recording_url", 500),
        transcript="\n".join(f"{turn.speaker}: {turn.text}" if turn.speaker else turn.text for turn in turns),
        turns=turns,
        message_body="",
        form=(),
        tags=(),
        notes="",
        redacted=False,
        raw=bundle,
        content_hash=content_hash(bundle),
    )


def started_at(message: Mapping[str, Any]) -> datetime:
    """When it began, in UTC. Raises `NotACall`."""
    return _moment(message.get("dateAdded"))


def _moment(value: Any) -> datetime:
    """ISO 8601, or milliseconds since 1970."""
    try:
        if isinstance(value, str):
            found = datetime.fromisoformat(value.strip())
            found = found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
        else:
            number = None if isinstance(value, bool) else number_of(value)
            if not number or number < 0:
                raise NotACall("The entry has no readable time.")
            found = datetime.fromtimestamp(number / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        raise NotACall("The entry has no readable time.") from None
    if found.year not in YEARS:
        raise NotACall("The entry has no believable time.")
    return found


def _meta(message: Mapping[str, Any]) -> Mapping[str, Any]:
    """Lists say ``callDuration`` and ``callStatus``; single messages put ``duration`` and ``status`` under ``call``."""
    meta = message.get("meta")
    if not isinstance(meta, Mapping):
        return {}
    inner = meta.get("call")
    if isinstance(inner, Mapping):
        return {"callDuration": inner.get("duration"), "callStatus": inner.get("status"), **meta}
    return meta


def _status(message: Mapping[str, Any]) -> str:
    """The call's own status in small letters with hyphens; the message's only where the call has none."""
    word = text_of(_meta(message), "callStatus", 30) or text_of(message, "status", 30)
    word = word.lower().replace(" ", "-").replace("_", "-")
    if "VOICEMAIL" in text_of(message, "messageType", 60).upper() or message.get("type") == 10:
        return "voicemail"
    return STATUSES.get(word, word)


def _duration(message: Mapping[str, Any]) -> int:
    return seconds_of(_meta(message).get("callDuration"))


def _name(contact: Mapping[str, Any]) -> str:
    whole = text_of(contact, "name", 200) or text_of(contact, "contactName", 200)
    return whole or f"{text_of(contact, 'firstName', 99)} {text_of(contact, 'lastName', 99)}".strip()


def _turns(sentences: Any) -> tuple[Turn, ...]:
    """Sentences in the order in which they were spoken; those of one speaker in a row make one turn.

    The vendor tells channels apart and not who speaks on which, so the speakers have numbers.
    """
    if not isinstance(sentences, list):
        return ()
    spoken = [each for each in sentences if isinstance(each, Mapping) and text_of(each, "transcript", 5000)]
    spoken.sort(key=_order)
    turns: list[Turn] = []
    for each in spoken:
        channel, words = text_of(each, "mediaChannel", 40), text_of(each, "transcript", 5000)
        speaker = f"Speaker {channel}" if channel else ""
        last = turns[-1] if turns else None
        if last and last.speaker == speaker and len(last.text) < LONGEST_TURN:
            turns[-1] = Turn(speaker, f"{last.text} {words}", last.start_s)
        else:
            start_ms = number_of(each.get("startTime"))
            turns.append(Turn(speaker, words, None if start_ms is None else max(0.0, start_ms / 1000)))
    return tuple(turns)


def _order(sentence: Mapping[str, Any]) -> tuple[float, float]:
    start, index = number_of(sentence.get("startTime")), number_of(sentence.get("sentenceIndex"))
    return (start if start is not None else index or 0, index or 0)
