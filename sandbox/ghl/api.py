"""GoHighLevel's API, path by path."""

import re
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime
from urllib.parse import unquote

from sandbox.audio import recording
from sandbox.exchange import Refused, Reply, Request
from sandbox.ghl.cursors import cursor, read_cursor
from sandbox.ghl.locations import Location, Message
from sandbox.ranges import ranged

PREFIX = "/ghl"
LEAST, USUAL, MOST = 10, 100, 500
CHANNELS = {"Call": ("TYPE_CALL",), "SMS": ("TYPE_SMS",), "Email": ("TYPE_EMAIL",)}

Answer = Callable[["GHLApi", Request, Location, str], Reply]


class GHLApi:
    """All locations, and how much of its limit each has used."""

    def __init__(self, locations: dict[int, Location], now: Callable[[], float]) -> None:
        self.locations = locations  # by the account's number
        self.now = now
        self.most, self.interval_s, self.most_a_day = 100, 10.0, 200_000
        self._asked: dict[str, deque[float]] = {}
        self._asked_today: dict[str, int] = {}

    def clear(self) -> None:
        self.most, self.interval_s, self.most_a_day = 100, 10.0, 200_000
        self._asked.clear()
        self._asked_today.clear()
        for each in self.locations.values():
            each.messages.clear()
            each.people.clear()

    def account_id(self, request: Request) -> int | None:
        """Whose token the request carries."""
        token = _token(request)
        return next((number for number, each in self.locations.items() if each.token == token), None)

    def respond(self, request: Request) -> Reply:
        """Answer a request below ``/ghl``. Raises `Refused`."""
        number = self.account_id(request)
        if number is None:
            raise _refused(401, "Invalid JWT")
        location = self.locations[number]
        headers = self._limit(location)
        if not request.headers.get("version"):
            raise _refused(401, "version header was not found.")
        if request.method != "GET":
            raise _refused(404, f"Cannot {request.method} {request.path}")
        path = unquote(request.path.removeprefix(PREFIX))
        for pattern, answer in ROUTES:
            if match := re.fullmatch(pattern, path):
                reply = answer(self, request, location, *match.groups())
                reply.headers |= headers
                return reply
        raise _refused(404, f"Cannot GET {path}")

    def _limit(self, location: Location) -> dict[str, str]:
        asked, now = self._asked.setdefault(location.id, deque()), self.now()
        while asked and asked[0] <= now - self.interval_s:
            asked.popleft()
        today = self._asked_today.get(location.id, 0)
        full = len(asked) >= self.most or today >= self.most_a_day
        if not full:
            asked.append(now)
            self._asked_today[location.id] = today = today + 1
        headers = {
            "X-RateLimit-Limit-Daily": str(self.most_a_day),
            "X-RateLimit-Daily-Remaining": str(max(0, self.most_a_day - today)),
            "X-RateLimit-Interval-Milliseconds": f"{self.interval_s * 1000:.0f}",
            "X-RateLimit-Max": str(self.most),
            "X-RateLimit-Remaining": str(max(0, self.most - len(asked))),
        }
        if full:
            raise Refused(429, {"statusCode": 429, "message": "Too Many Requests"}, headers)
        return headers

    def location(self, _request: Request, location: Location, location_id: str) -> Reply:
        _own(location, location_id)
        return Reply({"location": location.as_record()})

    def export(self, request: Request, location: Location) -> Reply:
        """Messages of one location: dates filter by when they were added, the order is the asker's."""
        asked = {name: values[-1] for name, values in request.query_lists().items()}
        _own(location, asked.get("locationId", ""))
        key, ascending = _order(asked)
        now, limit = self.now(), _limit_of(asked)
        matching = sorted(
            ((self._key(each, key), each.id, each) for each in _matching(location, asked)),
            reverse=not ascending,
        )
        after = read_cursor(asked["cursor"], now) if asked.get("cursor") else None
        rest = [
            row for row in matching if after is None or (row[:2] > after if ascending else row[:2] < after)
        ]
        shown = rest[:limit]
        return Reply(
            {
                "messages": [each.seen(location.id, now) for _, _, each in shown],
                "nextCursor": cursor(shown[-1][:2], now) if len(rest) > limit else None,
                "total": len(matching),
                "traceId": "00000000-0000-0000-0000-000000000000",
            }
        )

    def _key(self, message: Message, key: str) -> float:
        return message.updated_at(self.now()) if key == "updatedAt" else message.added_at

    def message(self, _request: Request, location: Location, message_id: str) -> Reply:
        """A single message is wrapped, and says duration and status elsewhere than the list does."""
        found = _find(location, message_id)
        view = found.seen(location.id, self.now())
        meta = view.get("meta")
        if isinstance(meta, dict):
            view["meta"] = {"call": {"duration": meta.get("callDuration"), "status": meta.get("callStatus")}}
        return Reply({"message": view})

    def contact(self, _request: Request, location: Location, contact_id: str) -> Reply:
        found = location.contact(contact_id)
        if found is None:
            raise _refused(400, "Contact not found")
        return Reply({"contact": found, "traceId": "00000000-0000-0000-0000-000000000000"})

    def recording(self, request: Request, location: Location, message_id: str, location_id: str) -> Reply:
        _own(location, location_id)
        found = _find(location, message_id)
        if not found.has_audio(self.now()):
            raise _refused(404, "Recording not found")
        turns = tuple((each["speaker"], each["start"], each["end"]) for each in found.sentences)
        return ranged(recording(found.id, float(found.duration_s), turns), request.headers.get("range", ""))

    def transcription(
        self, _request: Request, location: Location, location_id: str, message_id: str
    ) -> Reply:
        _own(location, location_id)
        found = _find(location, message_id)
        if not found.has_transcript(self.now()):
            raise _refused(404, "Transcription not found")
        return Reply([
            {"mediaChannel": 1 if each["speaker"] == "caller" else 2, "sentenceIndex": index,
             "startTime": int(each["start"] * 1000), "endTime": int(each["end"] * 1000), "transcript": each["text"],
             "confidence": 0.94}
            for index, each in enumerate(found.sentences)
        ])  # fmt: skip


ROUTES: list[tuple[str, Answer]] = [
    (r"/locations/([^/]+)", GHLApi.location),
    (r"/conversations/messages/export", GHLApi.export),  # type: ignore[list-item]
    (r"/conversations/messages/([^/]+)", GHLApi.message),
    (r"/conversations/messages/([^/]+)/locations/([^/]+)/recording", GHLApi.recording),  # type: ignore[list-item]
    (r"/conversations/locations/([^/]+)/messages/([^/]+)/transcription", GHLApi.transcription),  # type: ignore[list-item]
    (r"/contacts/([^/]+)", GHLApi.contact),
]


def _refused(status: int, message: str) -> Refused:
    return Refused(status, {"statusCode": status, "message": message, "traceId": "0"})


def _token(request: Request) -> str:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token if scheme.lower() == "bearer" else ""


def _own(location: Location, location_id: str) -> None:
    if location_id != location.id:
        raise _refused(403, "The token does not have access to this location.")


def _find(location: Location, message_id: str) -> Message:
    if found := location.messages.get(message_id):
        return found
    raise _refused(404, "Message not found")


def _order(asked: dict[str, str]) -> tuple[str, bool]:
    key, order = asked.get("sortBy", "createdAt"), asked.get("sortOrder", "desc")
    if key not in ("createdAt", "updatedAt") or order not in ("asc", "desc"):
        raise _refused(422, "sortBy must be one of: createdAt, updatedAt; sortOrder one of: asc, desc")
    return key, order == "asc"


def _limit_of(asked: dict[str, str]) -> int:
    text = asked.get("limit", str(USUAL))
    if not text.isdecimal() or not LEAST <= int(text) <= MOST:
        raise _refused(422, f"limit must not be less than {LEAST} nor greater than {MOST}")
    return int(text)


def _matching(location: Location, asked: dict[str, str]) -> list[Message]:
    first, last = _moment(asked.get("startDate")), _moment(asked.get("endDate"))
    kinds = CHANNELS.get(asked.get("channel", ""))
    return [
        each
        for each in location.messages.values()
        if (first is None or each.added_at >= first)
        and (last is None or each.added_at <= last)
        and (kinds is None or each.kind in kinds)
    ]


def _moment(text: str | None) -> float | None:
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise _refused(400, "startDate and endDate must be ISO 8601 dates") from None
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()
