"""Where a page of GoHighLevel's list ended. A cursor grows old."""

import base64
import json

from sandbox.exchange import Record, Refused, Request

CURSOR_LASTS_S = 3600.0


def cursor(place: tuple[float, str], now: float) -> str:
    return base64.urlsafe_b64encode(json.dumps([*place, now]).encode()).decode()


def read_cursor(text: str, now: float) -> tuple[float, str]:
    try:
        key, message_id, issued = json.loads(base64.urlsafe_b64decode(text))
        if float(issued) + CURSOR_LASTS_S > now:
            return float(key), str(message_id)
    except (ValueError, TypeError):
        pass
    raise Refused(400, {"statusCode": 400, "message": "Invalid or expired cursor", "traceId": "0"})


def spoil(kind: str, payload: Record, request: Request) -> Record:
    """The list with the damage of a fault done to it."""
    messages = payload["messages"]
    if kind == "cut_short":
        return {**payload, "messages": messages[: len(messages) // 2], "nextCursor": None}
    asked = request.query_lists().get("cursor", [""])[-1]
    return {**payload, "nextCursor": asked or cursor((0.0, ""), 4e9)}
