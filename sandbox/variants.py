"""The odd shapes in which the vendor really delivers things."""

from collections.abc import Callable

from sandbox.activity import Activity
from sandbox.exchange import Record
from sandbox.record import caller_numbers

LONG_NAME = "Wolfeschlegelsteinhausen " * 400  # 10 000 characters
MARKUP_NAME = """<script>alert("hi")</script><img src=x onerror=alert(1)> & "Sons" {{ 7*7 }}"""
MAY_BE_ABSENT = ("sale", "custom_fields", "tag_list", "notes", "agent", "agent_id", "likelihood")


def _anonymous(activity: Activity) -> None:
    activity.record |= {
        **caller_numbers("+"),
        "name": None,
        "cnam": "ANONYMOUS",
        "city": None,
        "postal_code": None,
    }


def _null_name(activity: Activity) -> None:
    activity.record |= {"name": None, "cnam": None}


def _string_numbers(activity: Activity) -> None:
    keys = ("duration", "talk_time", "ring_time", "unix_time", "account_id")
    activity.record |= {key: str(activity.record[key]) for key in keys}


def _string_id(activity: Activity) -> None:
    activity.record["id"] = str(activity.id)


def _wait_ms(activity: Activity) -> None:
    activity.record["wait_time"] = 3_000 + activity.id % 20_000


def _comma_tags(activity: Activity) -> None:
    activity.record["tag_list"] = ", ".join([*activity.record["tag_list"], "call tracking"])


def _bare(activity: Activity) -> None:
    activity.record = {key: value for key, value in activity.record.items() if key not in MAY_BE_ABSENT}
    activity.rate(None)


def _fields_in_detail(activity: Activity) -> None:
    activity.detail_only = ["custom_fields"]


def _other_transcript_key(activity: Activity) -> None:
    record: Record = dict(activity.record)
    if "transcription_text" in record:
        record["transcription"] = record.pop("transcription_text")
    activity.record = record


def _long_name(activity: Activity) -> None:
    activity.record["name"] = LONG_NAME


def _markup_name(activity: Activity) -> None:
    activity.record["name"] = MARKUP_NAME


VARIANTS: dict[str, Callable[[Activity], None]] = {
    "anonymous": _anonymous,
    "null_name": _null_name,
    "string_numbers": _string_numbers,
    "string_id": _string_id,
    "wait_ms": _wait_ms,
    "comma_tags": _comma_tags,
    "bare": _bare,
    "fields_in_detail": _fields_in_detail,
    "other_transcript_key": _other_transcript_key,
    "long_name": _long_name,
    "markup_name": _markup_name,
}

# Chance in a hundred that an ordinary activity comes in this shape.
SHARES = {
    "anonymous": 2,
    "null_name": 6,
    "string_numbers": 3,
    "wait_ms": 8,
    "comma_tags": 5,
    "bare": 3,
    "fields_in_detail": 3,
    "other_transcript_key": 5,
}
