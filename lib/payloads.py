"""JSON from outside, read without trust: what PostgreSQL can't store or Python chokes on is refused or cleaned here."""

import json
import math
import re
from typing import Any, NoReturn

NOT_STORABLE = re.compile("[\x00\ud800-\udfff]")  # NUL and lone surrogates


class BadPayload(ValueError):
    """The body is not JSON that we can keep. The message says why, and quotes nothing of the body."""


def parse_json(raw: bytes, *, max_bytes: int = 1_000_000, max_depth: int = 50) -> Any:
    """Read ``raw`` as JSON, with its text made storable. ``max_depth`` counts the lists and objects around a value.

    Raises `BadPayload`, never anything else.
    """
    if len(raw) > max_bytes:
        raise BadPayload(f"The body is larger than {max_bytes} bytes.")
    try:
        value = json.loads(raw, parse_constant=_refuse, parse_float=_finite)
        return _clean(value, max_depth)
    except BadPayload:
        raise
    except RecursionError:
        raise BadPayload("The body is nested too deeply.") from None
    except json.JSONDecodeError as error:
        raise BadPayload(f"The body is not JSON: {error.msg} at character {error.pos}.") from None
    except ValueError:  # bytes that are no text, or a number with thousands of digits
        raise BadPayload("The body is not JSON.") from None


def _refuse(name: str) -> NoReturn:
    raise BadPayload(f"The body contains {name}, which is not JSON.")


def _finite(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise BadPayload("The body contains a number that is too large.")
    return number


def _clean(value: Any, depth: int) -> Any:
    if isinstance(value, str):
        return clean_text(value)
    if not isinstance(value, list | dict):
        return value
    if depth == 0:
        raise BadPayload("The body is nested too deeply.")
    if isinstance(value, list):
        return [_clean(each, depth - 1) for each in value]
    return {clean_text(key): _clean(each, depth - 1) for key, each in value.items()}


def clean_text(text: str) -> str:
    """``text`` without the characters that PostgreSQL can't store."""
    return NOT_STORABLE.sub("", text)


def truncated(text: str, length: int) -> str:
    """At most ``length`` characters of ``text``, an ellipsis among them when some are missing."""
    if len(text) <= length:
        return text
    return text[: length - 1].rstrip() + "…" if length > 0 else ""
