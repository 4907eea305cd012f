"""CallTrackingMetrics' words turned into ours. The only module that knows the vendor's field names.

Source: the vendor's REST reference and integrations seen against the live API, collected 2026-11; see
docs/providers/ctm.md for each quirk that is handled here.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

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
YEARS = range(1990, 2100)
WORDS = (
    "audio", "transcription", "transcription_text", "transcription_segments", "transcript", "summary",
    "message_body", "chat_messages", "form", "notes",
)  # fmt: skip
NEVER_PART_OF_THE_CALL = ("indexed_at", "billed_amount", "billed_at")  # they change while the call does not


class NotACall(ValueError):
    """An entry of the vendor's list that cannot be a call: it has no id or no time."""


@dataclass(frozen=True, slots=True)
class Turn:
    speaker: str
    text: str
    start_s: float | None


@dataclass(frozen=True, slots=True)
class CallRecord:
    external_id: str
    external_sid: str
    kind: str
    direction: str
    from_number: str  # as given
    from_e164: str  # "" when there is no number
    to_number: str
    tracking_label: str
    caller_name: str
    email: str
    city: str
    state: str
    started_at: datetime  # aware, UTC
    duration_seconds: int
    talk_seconds: int
    status: str  # small letters, hyphens
    answered: bool | None
    rating: int | None  # the vendor's stars, None when unscored
    vendor_source: str
    vendor_summary: str
    recording_url: str
    transcript: str
    turns: tuple[Turn, ...]
    message_body: str
    form: tuple[tuple[str, str], ...]
    tags: tuple[str, ...]
    notes: str
    redacted: bool
    raw: Mapping[str, Any]
    content_hash: str


def call_record(raw: Any) -> CallRecord:
    """Read one entry of the call list, or the body of a webhook. Raises `NotACall`."""
    if not isinstance(raw, Mapping):
        raise NotACall("The entry is not an object.")
    redacted = bool(raw.get("redacted") or raw.get("excluded"))
    if redacted:  # what the vendor took back is not kept by us either
        raw = {key: value for key, value in raw.items() if key not in WORDS}
    external_id = _text(raw, "id", 100)
    if not external_id:
        raise NotACall("The entry has no id.")
    kind, direction = _kind(raw)
    status = _status(raw)
    number = phones.parse(_text(raw, "caller_number", 40) or _text(raw, "contact_number", 40))
    turns = _turns(raw)
    return CallRecord(
        external_id=external_id,
        external_sid=_text(raw, "sid", 100),
        kind=kind,
        direction=direction,
        from_number="" if number.given.strip() == "+" else number.given,
        from_e164=number.e164,
        to_number=_text(raw, "tracking_number", 40),
        tracking_label=_text(raw, "tracking_label", 200),
        caller_name=_text(raw, "name", 200) or _text(raw, "cnam", 200),
        email=_email(raw),
        city=_text(raw, "city", 100),
        state=_text(raw, "state", 60),
        started_at=_started_at(raw),
        duration_seconds=_seconds(raw, "duration"),
        talk_seconds=_seconds(raw, "talk_time"),
        status=status,
        answered=True if status in ANSWERED else False if status in NOT_ANSWERED else None,
        rating=_rating(raw),
        vendor_source=_text(raw, "source", 200),
        vendor_summary=_text(raw, "summary", 5000),
        recording_url=_text(raw, "audio", 500),
        transcript=_transcript(raw, turns),
        turns=turns,
        message_body=_text(raw, "message_body", 20_000),
        form=_form(raw),
        tags=_tags(raw),
        notes=_text(raw, "notes", 20_000),
        redacted=redacted,
        raw=raw,
        content_hash=_content_hash(raw),
    )


def _text(raw: Mapping[str, Any], key: str, limit: int) -> str:
    value = raw.get(key)
    if value is None or isinstance(value, dict | list | bool):
        return ""
    return clean_text(str(value)).strip()[:limit]


def _email(raw: Mapping[str, Any]) -> str:
    email = _text(raw, "email", 300).lower()
    return email if "@" in email and len(email) <= 254 and " " not in email else ""


def _kind(raw: Mapping[str, Any]) -> tuple[str, str]:
    word = _text(raw, "direction", 40).lower()
    if _text(raw, "message_id", 60) and not word.startswith("msg"):
        word = "msg_outbound" if "out" in word else "msg_inbound"
    if word in KINDS:
        return KINDS[word]
    return "other", "outbound" if "out" in word else "inbound"


def _status(raw: Mapping[str, Any]) -> str:
    for key in ("status", "call_status", "dial_status"):
        if word := _text(raw, key, 30):
            return word.lower().replace(" ", "-").replace("_", "-")
    return ""


def _number(value: Any) -> float | None:
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return number if abs(number) < 1e15 else None  # infinities and nonsense


def _seconds(raw: Mapping[str, Any], key: str) -> int:
    number = _number(raw.get(key))
    return min(int(number), 2_000_000_000) if number is not None and number > 0 else 0


def _started_at(raw: Mapping[str, Any]) -> datetime:
    """``unix_time`` is the truth; ``called_at`` is local text such as ``2013-05-01 11:48 PM -04:00``."""
    unix = _number(raw.get("unix_time"))
    try:
        if unix and unix > 0:
            began = datetime.fromtimestamp(unix, UTC)
        else:
            began = datetime.strptime(_text(raw, "called_at", 60), "%Y-%m-%d %I:%M %p %z").astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        raise NotACall("The entry has no readable time.") from None
    if began.year not in YEARS:
        raise NotACall("The entry has no believable time.")
    return began


def _rating(raw: Mapping[str, Any]) -> int | None:
    sale = raw.get("sale")
    score = _number(sale.get("score")) if isinstance(sale, Mapping) else None
    return int(score) if score is not None and score in (1, 2, 3, 4, 5) else None


def _turns(raw: Mapping[str, Any]) -> tuple[Turn, ...]:
    segments = raw.get("transcription_segments")
    if not isinstance(segments, list):
        return ()
    turns = []
    for each in segments:
        if isinstance(each, Mapping) and (text := _text(each, "text", 5000)):
            start = each.get("start", each.get("start_s", each.get("start_time")))
            turns.append(Turn(_text(each, "speaker", 80) or _text(each, "channel", 80), text, _number(start)))
    return tuple(turns)


def _transcript(raw: Mapping[str, Any], turns: tuple[Turn, ...]) -> str:
    for key in ("transcription_text", "transcription", "transcript"):
        if text := _text(raw, key, 200_000):
            return text
    return "\n".join(f"{turn.speaker}: {turn.text}" if turn.speaker else turn.text for turn in turns)


def _form(raw: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    form = raw.get("form")
    if not isinstance(form, Mapping):
        return ()
    custom = form.get("custom")
    fields = (
        [(_text(f, "id", 100), _text(f, "value", 5000)) for f in custom if isinstance(f, Mapping)]
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


def _content_hash(raw: Mapping[str, Any]) -> str:
    kept = {key: value for key, value in raw.items() if key not in NEVER_PART_OF_THE_CALL}
    return hashlib.sha256(
        json.dumps(kept, sort_keys=True, default=str).encode("utf-8", "replace")
    ).hexdigest()
