"""What somebody wrote into a form, as a call record. Plain Python.

A form may be ours or one of the client's website with any names for its fields: the names are read as headings of an
imported list are.
"""

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime

from crm.importing.fields import guess
from crm.importing.values import Unfit, email
from crm.providers.records import CallRecord
from lib import phones
from lib.payloads import clean_text

TRAP = "website_address"  # seen by machines alone: a person leaves it empty
OWN = {"csrfmiddlewaretoken", TRAP}
MOST_FIELDS, MOST_NAME, MOST_WORDS = 50, 120, 5_000


class NotAForm(ValueError):
    """What was sent can't be a form filled in by a person; the message says why."""


def words_of(sent: Mapping[str, str]) -> dict[str, str]:
    """The fields with something in them, cut to what is kept. Raises `NotAForm`."""
    if len(sent) > MOST_FIELDS:
        raise NotAForm(f"The form has {len(sent)} fields; up to {MOST_FIELDS} are taken.")
    words = {
        clean_text(name).strip()[:MOST_NAME]: clean_text(text).strip()[:MOST_WORDS]
        for name, text in sent.items()
        if name not in OWN
    }
    filled = {name: text for name, text in words.items() if name and text}
    if not filled:
        raise NotAForm("Nothing is filled in.")
    return filled


def record_of(
    words: Mapping[str, str], *, external_id: str, form: str, received_at: datetime, region: str
) -> CallRecord:
    """The first field of a meaning counts. Whatever is neither name nor address nor number is the message."""
    given: dict[str, str] = {}
    rest: list[tuple[str, str]] = []
    for (name, text), meaning in zip(words.items(), guess(list(words)), strict=True):
        if meaning in READ and meaning not in given:
            given[meaning] = text
        else:
            rest.append((name, text))
    number = phones.parse(given.get("phone", "")[:40], region)
    whole = given.get("display_name") or f"{given.get('first_name', '')} {given.get('last_name', '')}".strip()
    return CallRecord(
        external_id=external_id, external_sid="", kind="form", direction="inbound", from_number=number.given,
        from_e164=number.e164, to_number="", tracking_label="", caller_name=whole[:200],
        email=_address(given.get("email", "")), city=given.get("city", "")[:100], state=given.get("state", "")[:60],
        started_at=received_at, duration_seconds=0, talk_seconds=0, status="completed", answered=None, rating=None,
        vendor_source=f"Web form: {form}"[:200], vendor_summary="", recording_url="", transcript="", turns=(),
        message_body="\n".join(f"{name}: {text}" for name, text in rest)[:20_000], form=tuple(words.items()), tags=(),
        notes="", redacted=False, raw={"form": form, "fields": dict(words)},
        content_hash=hashlib.sha256(json.dumps(dict(words)).encode()).hexdigest(),
    )  # fmt: skip


READ = ("display_name", "first_name", "last_name", "email", "phone", "city", "state")


def _address(text: str) -> str:
    try:
        return email(text).lower() if text else ""
    except Unfit:
        return ""
