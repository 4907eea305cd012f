"""What comes in and what goes out, free of sockets."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, parse_qsl

TYPE_JSON = "application/json; charset=utf-8"
TYPE_HTML = "text/html; charset=utf-8"

Record = dict[str, Any]


class Refused(Exception):
    """Ends a request early with this answer; the application turns it into a `Reply`."""

    def __init__(self, status: int, payload: Record, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(payload)
        self.reply = Reply(payload, status, headers=dict(headers or {}))


@dataclass(frozen=True, slots=True)
class Request:
    method: str
    path: str
    query: str
    headers: Mapping[str, str]  # names in lower case
    body: bytes
    base_url: str  # origin as the caller spelled it, so that links lead back to the same name

    @property
    def target(self) -> str:
        return f"{self.path}?{self.query}" if self.query else self.path

    def query_lists(self) -> dict[str, list[str]]:
        return parse_qs(self.query, keep_blank_values=True)

    def fields(self) -> Record:
        """Return the body's fields, from JSON or a form; ``call[name]`` becomes ``{"call": {"name": …}}``.

        A body that is neither is refused with 400.
        """
        if not self.body.strip():
            return {}
        if "json" in self.headers.get("content-type", "") or self.body.lstrip()[:1] == b"{":
            return _json_object(self.body)
        try:
            return nested(parse_qsl(self.body.decode(), keep_blank_values=True))
        except UnicodeDecodeError:
            raise Refused(400, {"error": "body is not UTF-8"}) from None


@dataclass(slots=True)
class Reply:
    payload: Any = None  # bytes are sent as they are, all else as JSON
    status: int = 200
    content_type: str = TYPE_JSON
    headers: dict[str, str] = field(default_factory=dict)
    hang_up: bool = False  # reset the connection instead of answering

    def encode(self) -> bytes:
        if isinstance(self.payload, bytes):
            return self.payload
        return json.dumps(self.payload, ensure_ascii=False).encode()


def nested(pairs: list[tuple[str, str]]) -> Record:
    """Fold ``a[b]=1`` into ``{"a": {"b": "1"}}`` and ``c[]=1`` into ``{"c": ["1"]}``."""
    result: Record = {}
    for name, value in pairs:
        outer, inner = _split_name(name)
        if inner is None:
            result[outer] = value
        elif inner == "":
            result[outer] = [*_listed(result.get(outer)), value]
        else:
            held = result.get(outer)
            result[outer] = {**(held if isinstance(held, dict) else {}), inner: value}
    return result


def _split_name(name: str) -> tuple[str, str | None]:
    match = re.fullmatch(r"([^\[\]]+)\[([^\[\]]*)\]", name)
    return (match[1], match[2]) if match else (name, None)


def _listed(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _json_object(body: bytes) -> Record:
    try:
        value = json.loads(body)
    except ValueError:
        raise Refused(400, {"error": "body is not valid JSON"}) from None
    if not isinstance(value, dict):
        raise Refused(400, {"error": "body must be a JSON object"})
    return value
