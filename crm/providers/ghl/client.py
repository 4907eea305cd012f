"""The way to GoHighLevel: messages, people, recordings and transcripts out. No policy: who and when stays in services.

Everything is read with a private integration token of one location. The vendor wants its version with every request,
and another for messages than for all else.
"""

import math
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Self, TypeVar
from urllib.parse import quote, urlencode

from django.conf import settings

from crm.providers.records import Page
from lib.http import Client, ProviderError

PER_PAGE = 100  # the vendor allows 10 to 500
LEAST_A_PAGE = 10
MANY = 2**31  # a total beyond is nonsense
PAGE_TIMEOUT_S = 60
MESSAGES, REST = "2021-04-15", "2021-07-28"
LONGEST_INTERVAL_S = 60.0
DAY_IS_SPENT_S = 3600.0

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class LocationRecord:
    location_id: str
    name: str
    timezone: str  # IANA, or "" when GoHighLevel does not say


class Pace:
    """Keeps us within the vendor's limit, by what its answers say is left of it."""

    def __init__(self, sleep: Callable[[float], None] = time.sleep) -> None:
        self._sleep = sleep
        self._left: float | None = None
        self._interval_s = 10.0
        self._left_today: float | None = None

    def heard(self, headers: Mapping[str, str]) -> None:
        self._left = _count(headers.get("X-RateLimit-Remaining"))
        self._left_today = _count(headers.get("X-RateLimit-Daily-Remaining"))
        if interval_ms := _count(headers.get("X-RateLimit-Interval-Milliseconds")):
            self._interval_s = min(interval_ms / 1000, LONGEST_INTERVAL_S)

    def wait(self) -> None:
        """Let the interval pass when nothing is left of it."""
        if self._left is not None and self._left < 1 and self._left_today != 0:
            self._sleep(self._interval_s)
            self._left = None

    @property
    def pause_s(self) -> float:
        """How long to leave the vendor alone after it has refused."""
        return DAY_IS_SPENT_S if self._left_today == 0 else self._interval_s


class GHLClient:
    """One location's door. Every method raises `lib.http.ProviderError`; its ``kind`` says what went wrong."""

    def __init__(self, token: str, location_id: str) -> None:
        self._location = quote(location_id, safe="")
        self._pace = Pace()
        self._ways = {version: self._way(token, version) for version in (MESSAGES, REST)}

    def _way(self, token: str, version: str) -> Client:
        return Client(
            settings.GHL_BASE_URL,
            headers={"Authorization": f"Bearer {token}", "Version": version},
            read_timeout_s=PAGE_TIMEOUT_S,
            heard=self._pace.heard,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for way in self._ways.values():
            way.close()

    def location(self) -> LocationRecord:
        body = self._get(REST, f"/locations/{self._location}")
        found = body.get("location", body) if isinstance(body, Mapping) else None
        if not isinstance(found, Mapping) or not found.get("id"):
            raise ProviderError("GoHighLevel sent no location.", kind="unreadable", retryable=True)
        return LocationRecord(
            str(found["id"])[:60], str(found.get("name") or ""), str(found.get("timezone") or "")
        )

    def probe_messages(self) -> None:
        """Ask for a few messages: a token may know its location and still be refused what was said there."""
        self._export({"limit": str(LEAST_A_PAGE)})

    def page(self, cursor: str, since: datetime, until: datetime | None) -> Page:
        """Read one page of messages of every kind, those that changed first at the front. Times are aware.

        Messages that change while one reads move to the end, so none is passed over.
        """
        asked = {
            "limit": str(PER_PAGE), "sortBy": "updatedAt", "sortOrder": "asc", "startDate": _moment(since),
            **({"endDate": _moment(until)} if until else {}), **({"cursor": cursor} if cursor else {}),
        }  # fmt: skip
        body = self._export(asked)
        following, total = body.get("nextCursor"), body.get("total")
        return Page(
            entries=tuple(body["messages"]),
            next_token=following if isinstance(following, str) else "",
            total=total if type(total) is int and 0 <= total < MANY else None,
        )

    def _export(self, asked: Mapping[str, str]) -> Mapping[str, Any]:
        query = urlencode({"locationId": self._location, **asked})
        body = self._get(MESSAGES, f"/conversations/messages/export?{query}")
        if not isinstance(body, Mapping) or not isinstance(body.get("messages"), list):
            raise ProviderError("GoHighLevel sent no list of messages.", kind="unreadable", retryable=True)
        return body

    def contact(self, contact_id: str) -> Mapping[str, Any] | None:
        """The person of a message; None when GoHighLevel has forgotten them."""
        body = _unless_missing(lambda: self._get(REST, f"/contacts/{quote(contact_id, safe='')}"))
        found = body.get("contact", body) if isinstance(body, Mapping) else None
        return found if isinstance(found, Mapping) else None

    def transcript(self, message_id: str) -> list[Any]:
        """The sentences of a call, as the vendor words them; none while there is no transcript."""
        path = (
            f"/conversations/locations/{self._location}/messages/{quote(message_id, safe='')}/transcription"
        )
        body = _unless_missing(lambda: self._get(MESSAGES, path))
        return body if isinstance(body, list) else []

    def recording_url(self, message_id: str) -> str:
        """Where the recording of a call is, or will be."""
        path = f"/conversations/messages/{quote(message_id, safe='')}/locations/{self._location}/recording"
        return f"{settings.GHL_BASE_URL}{path}"

    def has_recording(self, message_id: str) -> bool:
        """Whether the recording is there already; nothing of it is read."""

        def look() -> bool:
            with self.recording(self.recording_url(message_id)) as (content_type, _):
                return not content_type.startswith(("application/json", "text/"))

        return bool(_unless_missing(look))

    @contextmanager
    def recording(self, url: str) -> Iterator[tuple[str, Iterator[bytes]]]:
        """Open a recording as (content type, chunks). Our token goes to GoHighLevel alone, never where it sends us."""
        with self._patiently(), self._ways[MESSAGES].get_stream(url) as (content_type, chunks):
            yield content_type, chunks

    def _get(self, version: str, path: str) -> Any:
        with self._patiently():
            return self._ways[version].get_json(path)

    @contextmanager
    def _patiently(self) -> Iterator[None]:
        self._pace.wait()
        try:
            yield
        except ProviderError as error:
            if error.kind == "rate_limited" and error.retry_after_s is None:
                error.retry_after_s = self._pace.pause_s
            raise


def _unless_missing(ask: Callable[[], _T]) -> _T | None:
    """What ``ask`` brings; None where the vendor says, in one of its ways, that there is no such thing."""
    try:
        return ask()
    except ProviderError as error:
        if error.kind in ("not_found", "rejected"):
            return None
        raise


def _moment(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def _count(text: str | None) -> float | None:
    try:
        number = float(text or "")
    except ValueError:
        return None
    return number if math.isfinite(number) and number >= 0 else None
