"""A call as a provider tells it, in our words. What every provider's own records module makes."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lib.payloads import clean_text

YEARS = range(1990, 2100)


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


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a provider's list. ``next_token`` is what asks for the next one, "" on the last page."""

    entries: tuple[Any, ...]
    next_token: str
    total: int | None  # what the provider says the whole window holds


def text_of(raw: Mapping[str, Any], key: str, limit: int) -> str:
    """What stands under ``key`` as storable text of at most ``limit`` characters; "" for what is no text or number."""
    value = raw.get(key)
    if value is None or isinstance(value, dict | list | bool):
        return ""
    return clean_text(str(value)).strip()[:limit]


def email_of(raw: Mapping[str, Any]) -> str:
    given = text_of(raw, "email", 300).lower()
    return given if "@" in given and len(given) <= 254 and " " not in given else ""


def number_of(value: Any) -> float | None:
    try:
        found = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return found if abs(found) < 1e15 else None  # infinities and nonsense


def seconds_of(value: Any) -> int:
    found = number_of(value)
    return min(int(found), 2_000_000_000) if found is not None and found > 0 else 0


def content_hash(raw: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(raw, sort_keys=True, default=str).encode("utf-8", "replace")).hexdigest()
