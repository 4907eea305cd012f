"""CallTrackingMetrics' words turned into ours. The only module that knows the vendor's field names.

Source: the vendor's REST reference and integrations seen against the live API, collected 2026-11; see
docs/providers/ctm.md for each quirk that is handled here.
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
from lib.payloads import clean_text

KINDS = {
    "inbound": ("call", "inbound"),
    "outbound": ("call", "outbound"),
    "msg_inbound": ("text", "inbound"),
    "msg_outbound": ("text", "outbound"),
    "form": ("form", "inbound"),
    "formreactor": ("form", "inbound"),
    "form_post": ("form", "inbound"),
    "chat": ("chat", "inbound"),
    "chat_inbound": ("chat", "inbound"),
    "chat_outbound": ("chat", "outbound"),
}
ANSWERED = {"answered", "completed", "in-progress"}
NOT_ANSWERED = {"no-answer", "busy", "failed", "canceled", "cancelled", "missed", "voicemail", "abandoned"}
WORDS = (
    "audio", "transcription", "transcription_text", "transcription_segments", "transcript", "summary",
    "message_body", "chat_messages", "form", "notes",
)  # fmt: skip
NEVER_PART_OF_THE_CALL = ("indexed_at", "billed_amount", "billed_at")  # they change while the call does not


def call_record(raw: Any, region: str = "US") -> CallRecord:
    """Read one entry of the call list, or the body of a webhook. Raises `NotACall`.

    A number without its country's code was dialled in ``region``.
    """
    if not isinstance(raw, Mapping):
        raise NotACall("The entry is not an object.")
    redacted = bool(raw.get("redacted") or raw.get("excluded"))
    if redacted:  # what the vendor took back is not kept by us either
        raw = {key: value for key, value in raw.items() if key not in WORDS}
    external_id = text_of(raw, "id", 100)
    if not external_id:
        raise NotACall("The entry has no id.")
    kind, direction = _kind(raw)
    status = _status(raw)
    number = phones.parse(text_of(raw, "caller_number", 40) or text_of(raw, "contact_number", 40), region)
    turns = _turns(raw)
    return CallRecord(
        external_id=external_id,
        external_sid=text_of(raw, "sid", 100),
        kind=kind,
        direction=direction,
        from_number="" if number.given.strip() == "+" else number.given,
        from_e164=number.e164,
        to_number=text_of(raw, "tracking_number", 40),
        tracking_label=text_of(raw, "tracking_label", 200),
        caller_name=text_of(raw, "name", 200) or text_of(raw, "cnam", 200),
        email=email_of(raw),
        city=text_of(raw, "city", 100),
        state=text_of(raw, "state", 60),
        started_at=_started_at(raw),
        duration_seconds=seconds_of(raw.get("duration")),
        talk_seconds=seconds_of(raw.get("talk_time")),
        status=status,
        answered=True if status in ANSWERED else False if status in NOT_ANSWERED else None,
        rating=_rating(raw),
        vendor_source=text_of(raw, "source", 200),
        vendor_summary=text_of(raw, "summary", 5000),
        recording_url=text_of(raw, "audio", 500),
        transcript=_transcript(raw, turns),
        turns=turns,
        message_body=text_of(raw, "message_body", 20_000),
        form=_form(raw),
        tags=_tags(raw),
        notes=text_of(raw, "notes", 20_000),
        redacted=redacted,
        raw=raw,
        content_hash=content_hash({key: raw[key] for key in raw if key not in NEVER_PART_OF_THE_CALL}),
    )


def _kind(raw: Mapping[str, Any]) -> tuple[str, str]:
    word = text_of(raw, "direction", 40).lower()
    if text_of(raw, "message_id", 60) and not word.startswith("msg"):
        word = "msg_outbound" if "out" in word else "msg_inbound"
    if word in KINDS:
        return KINDS[word]
    return "other", "outbound" if "out" in word else "inbound"


def _status(raw: Mapping[str, Any]) -> str:
    for key in ("status", "call_status", "dial_status"):
        if word := text_of(raw, key, 30):
            return word.lower().replace(" ", "-").replace("_", "-")
    return ""


def _started_at(raw: Mapping[str, Any]) -> datetime:
    """``unix_time`` is the truth; ``called_at`` is local text such as ``2013-05-01 11:48 PM -04:00``."""
    unix = number_of(raw.get("unix_time"))
    try:
        if unix and unix > 0:
            began = datetime.fromtimestamp(unix, UTC)
        else:
            began = datetime.strptime(text_of(raw, "called_at", 60), "%Y-%m-%d %I:%M %p %z").astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        raise NotACall("The entry has no readable time.") from None
    if began.year not in YEARS:
        raise NotACall("The entry has no believable time.")
    return began


def _rating(raw: Mapping[str, Any]) -> int | None:
    sale = raw.get("sale")
    score = number_of(sale.get("score")) if isinstance(sale, Mapping) else None
    return int(score) if score is not None and score in (1, 2, 3, 4, 5) else None


def _turns(raw: Mapping[str, Any]) -> tuple[Turn, ...]:
    segments = raw.get("transcription_segments")
    if not isinstance(segments, list):
        return ()
    turns = []
    for each in segments:
        if isinstance(each, Mapping) and (text := text_of(each, "text", 5000)):
            start = each.get("start", each.get("start_s", each.get("start_time")))
            turns.append(
                Turn(text_of(each, "speaker", 80) or text_of(each, "channel", 80), text, number_of(start))
            )
    return tuple(turns)


def _transcript(raw: Mapping[str, Any], turns: tuple[Turn, ...]) -> str:
    for key in ("transcription_text", "transcription", "transcript"):
        if text := text_of(raw, key, 200_000):
            return text
    return "\n".join(f"{turn.speaker}: {turn.text}" if turn.speaker else turn.text for turn in turns)


def _form(raw: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    form = raw.get("form")
    if not isinstance(form, Mapping):
        return ()
    custom = form.get("custom")
    fields = (
        [(text_of(f, "id", 100), text_of(f, "value", 5000)) for f in custom if isinstance(f, Mapping)]
        if isinstance(custom, list)
        else []
    )
    return tuple(field for field in fields if field[1])


def _tags(raw: Mapping[str, Any]) -> tuple[str, ...]:
    """A list of strings, or in some payloads one string with commas."""
    tags = raw.get("tag_list")
    words = tags.split(",") if isinstance(tags, str) else tags if isinstance(tags, list) else []
    cleaned = (clean_text(word).strip()[:60] for word in words if isinstance(word, str))
    return tuple(dict.fromkeys(tag for tag in cleaned if tag))
