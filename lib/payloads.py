"""JSON from outside, read without trust: what PostgreSQL cannot store or Python chokes on is refused or cleaned here."""

import json
import re
from typing import Any

NOT_STORABLE = re.compile("[\x00\ud800-\udfff]")  # NUL and lone surrogates


class BadPayload(ValueError):
    """The body is not JSON that we can keep. The message says why."""


def parse_json(raw: bytes, *, max_bytes: int = 1_000_000, max_depth: int = 50) -> Any:
    """Read ``raw`` as JSON, with text made storable. Raises `BadPayload`, never anything else."""
    if len(raw) > max_bytes:
        raise BadPayload(f"The body is larger than {max_bytes} bytes.")
    try:
        value = json.loads(raw, parse_constant=_refuse, parse_float=_finite)
        return _clean(value, max_depth)
    except BadPayload:
        raise
    except RecursionError:
        raise BadPayload("The body is nested too deeply.") from None
    except ValueError as error:
        raise BadPayload(f"The body is not JSON: {error}") from None


def _refuse(name: str) -> None:
    raise BadPayload(f"The body contains {name}, which is not JSON.")


def _finite(text: str) -> float:
    number = float(text)
    if number in (float("inf"), float("-inf")):
        raise BadPayload("The body contains a number that is too large.")
    return number


def _clean(value: Any, depth: int) -> Any:
    if depth < 0:
        raise BadPayload("The body is nested too deeply.")
    if isinstance(value, str):
        return clean_text(value)
    if isinstance(value, list):
        return [_clean(each, depth - 1) for each in value]
    if isinstance(value, dict):
        return {clean_text(key): _clean(each, depth - 1) for key, each in value.items()}
    return value


def clean_text(text: str) -> str:
    """``text`` without the characters that PostgreSQL cannot store."""
    return NOT_STORABLE.sub("", text)


def truncated(text: str, length: int) -> str:
    """At most ``length`` characters of ``text``, an ellipsis among them when some are missing."""
    return text if len(text) <= length else text[: length - 1] + "…"
