"""Lists of activities: filters, order and pages."""

import base64
import json
import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from math import ceil
from typing import Any
from urllib.parse import urlencode

from sandbox.accounts import Account
from sandbox.activity import Activity
from sandbox.exchange import Record, Refused, Request
from sandbox.state import World

PER_PAGE, MOST_PER_PAGE = 10, 150

Params = dict[str, list[str]]
Test = Callable[[Activity], bool]


def page(world: World, account: Account, request: Request, params: Params) -> Record:
    """Return one page in the vendor's envelope, newest first unless ``sort_order`` is ``asc``.

    The totals are those of this moment, so they may change while somebody is paging.
    """
    per_page = _number(params, "per_page", PER_PAGE)
    if per_page > MOST_PER_PAGE:
        raise Refused(400, {"error": f"per_page limit is {MOST_PER_PAGE}"})
    ascending = _one(params, "sort_order") == "asc"
    matching = _matching(world, account, params)
    if not ascending:
        matching.reverse()
    number, rest = _number(params, "page", 1), matching
    if after := _one(params, "after"):
        edge = _read_cursor(after)
        rest = [each for each in matching if (each.position > edge if ascending else each.position < edge)]
    else:
        rest = matching[(number - 1) * per_page :]
    shown = rest[:per_page]
    trim = _trimmer(params)
    return {
        "calls": [trim(each.seen(world.now(), request.base_url)) for each in shown],
        "page": number,
        "per_page": per_page,
        "total_entries": len(matching),
        "total_pages": ceil(len(matching) / per_page),
        "next_page": _link(request, params, number + 1, shown[-1]) if len(rest) > per_page else None,
        "previous_page": _link(request, params, number - 1, None) if number > 1 else None,
    }


def _matching(world: World, account: Account, params: Params) -> list[Activity]:
    tests = [*_date_tests(world, account, params), *_field_tests(params), *_content_tests(world, params)]
    return [each for each in world.timeline(account.id) if all(test(each) for test in tests)]


def _date_tests(world: World, account: Account, params: Params) -> list[Test]:
    tests: list[Test] = []
    start, end = _one(params, "start_date"), _one(params, "end_date")
    today = datetime.fromtimestamp(world.now(), account.timezone).date()
    if (named := _one(params, "time_duration")) in ("today", "yesterday"):
        start = end = (today - timedelta(days=named == "yesterday")).isoformat()
    if start:
        first = int(start) if re.fullmatch(r"\d{9,}", start) else _midnight(account, _day(start))
        tests.append(lambda each: each.unix_time >= first)
    if end:
        beyond = (
            int(end) + 1
            if re.fullmatch(r"\d{9,}", end)
            else _midnight(account, _day(end) + timedelta(days=1))
        )
        tests.append(lambda each: each.unix_time < beyond)
    return tests


def _field_tests(params: Params) -> list[Test]:
    tests: list[Test] = []
    if direction := _one(params, "direction"):
        tests.append(lambda each: each.record["direction"] == direction)
    if _one(params, "search_type") == "form_post":
        tests.append(lambda each: each.record["direction"] == "form")
    if status := _one(params, "call_status"):
        tests.append(lambda each: _plain(each.record["call_status"]) == _plain(status))
    if tags := set(params.get("multi_tags[]", [])):
        tests.append(lambda each: bool(tags & set(_tags(each.record))))
    if wanted := _one(params, "filter"):
        tests.append(_filter_test(wanted))
    return tests


def _content_tests(world: World, params: Params) -> list[Test]:
    now, tests = world.now(), list[Test]()
    if _one(params, "has_transcription") in ("1", "true"):
        tests.append(lambda each: each.has_transcript(now) and _transcript(each) is not None)
    if _one(params, "has_audio") in ("1", "true"):
        tests.append(lambda each: each.has_audio(now))
    lowest, highest = _number(params, "call_score_min", 0), _number(params, "call_score_max", 0)
    if lowest:
        tests.append(lambda each: _score(each, now) >= lowest)
    if highest:
        tests.append(lambda each: 0 < _score(each, now) <= highest)
    return tests


def _filter_test(wanted: str) -> Test:
    """Return a test for ``field:"value"``, which must be equal, or for words in name, number or text."""
    if match := re.fullmatch(r'([\w.]+):"?([^"]*)"?', wanted.strip()):
        path, value = match[1].split("."), match[2].casefold()
        return lambda each: (
            str(_dig(each.record, path)).casefold().removeprefix("+1") == value.removeprefix("+1")
        )
    words = wanted.casefold()
    keys = ("name", "caller_number", "caller_number_format", "email", "message_body", "transcription_text")
    return lambda each: any(words in str(each.record.get(key) or "").casefold() for key in keys)


def _trimmer(params: Params) -> Callable[[Record], Record]:
    excluded = set(_names(params, "exclude_fields"))
    only = set(_names(params, "fields")) | set(params.get("limit_fields[]", []))
    if only:
        return lambda view: {key: value for key, value in view.items() if key in only or key == "id"}
    return lambda view: {key: value for key, value in view.items() if key not in excluded}


def _link(request: Request, params: Params, number: int, last: Activity | None) -> str:
    kept = [
        (key, value) for key, values in params.items() for value in values if key not in ("page", "after")
    ]
    turn = [("after", _cursor(last))] if last else []
    return f"{request.base_url}{request.path}?{urlencode([*kept, ('page', str(number)), *turn])}"


def _cursor(last: Activity) -> str:
    return base64.urlsafe_b64encode(json.dumps(last.position).encode()).decode().rstrip("=")


def _read_cursor(text: str) -> tuple[int, int]:
    try:
        moment, activity_id = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        return int(moment), int(activity_id)
    except (ValueError, TypeError):
        raise Refused(400, {"error": "invalid cursor"}) from None


def _midnight(account: Account, day: date) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=account.timezone).timestamp())


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Refused(400, {"error": f"invalid date {text}"}) from None


def _number(params: Params, name: str, default: int) -> int:
    text = _one(params, name)
    if not text:
        return default
    if not text.isdecimal() or int(text) < 1:
        raise Refused(400, {"error": f"invalid {name}"})
    return int(text)


def _one(params: Params, name: str) -> str:
    return params.get(name, [""])[-1]


def _names(params: Params, name: str) -> list[str]:
    return [part.strip() for part in _one(params, name).split(",") if part.strip()]


def _plain(status: object) -> str:
    return str(status).casefold().replace("-", " ")


def _tags(record: Record) -> list[str]:
    tags = record.get("tag_list") or []
    return [tag.strip() for tag in tags.split(",")] if isinstance(tags, str) else tags


def _transcript(activity: Activity) -> Any:
    return activity.record.get("transcription_text") or activity.record.get("transcription")


def _score(activity: Activity, now: float) -> int:
    return int((activity.sale(now) or {}).get("score") or 0)


def _dig(value: Any, path: list[str]) -> Any:
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return value
