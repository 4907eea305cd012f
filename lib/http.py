"""The one way out: timeouts, size caps, one kind of error, and secrets that stay with the host they are for."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpx

from lib.payloads import BadPayload, parse_json

USER_AGENT = "Switchboard/1"
MAX_JSON_BYTES = 16 * 1024 * 1024
MAX_FILE_BYTES = 200 * 1024 * 1024
MAX_REDIRECTS = 3
TOTAL_FACTOR = 2  # a trickling answer may take so many read timeouts in all


class ProviderError(Exception):
    """An outside service did not do what was asked. ``retryable`` says whether asking again later may help.

    ``kind`` is one of unauthorised, forbidden, not_found, rate_limited, rejected, unavailable, unreadable,
    foreign_host, or a word of the caller's own.
    """

    def __init__(
        self,
        message: str,
        *,
        kind: str,
        status: int | None = None,
        retryable: bool = False,
        retry_after_s: float | None = None,
    ) -> None:
        super().__init__(message)
        self.kind, self.status, self.retryable, self.retry_after_s = kind, status, retryable, retry_after_s


class Client:
    """A session with one service. Relative addresses are below ``base_url``; absolute ones must lie on it or on one of
    ``allowed_hosts``, otherwise they are refused before anything is sent.
    """

    def __init__(
        self,
        base_url: str,
        *,
        auth: tuple[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        connect_timeout_s: float = 5,
        read_timeout_s: float = 30,
        allowed_hosts: frozenset[str] = frozenset(),
        user_agent: str = USER_AGENT,
    ) -> None:
        self._base = base_url.rstrip("/")
        self._auth = httpx.BasicAuth(*auth) if auth else None
        self._own = urlsplit(base_url).netloc
        self._allowed = allowed_hosts | {self._own}
        self._total_s = read_timeout_s * TOTAL_FACTOR
        self._http = httpx.Client(
            headers={"User-Agent": user_agent, "Accept": "application/json", **(headers or {})},
            timeout=httpx.Timeout(read_timeout_s, connect=connect_timeout_s),
            follow_redirects=False,
            trust_env=False,
        )

    def __repr__(self) -> str:
        return f"Client({self._base})"

    def close(self) -> None:
        self._http.close()

    def get_json(self, url: str) -> Any:
        return self._json("GET", url)

    def post_json(self, url: str, body: Any) -> Any:
        return self._json("POST", url, json=body)

    def delete_json(self, url: str) -> Any:
        return self._json("DELETE", url)

    def _json(self, method: str, url: str, **kwargs: Any) -> Any:
        with self._open(method, self._absolute(url), **kwargs) as response:
            raw = b"".join(self._read(response, MAX_JSON_BYTES))
        try:
            return parse_json(raw, max_bytes=MAX_JSON_BYTES)
        except BadPayload as bad:
            raise ProviderError(f"The answer is unreadable. {bad}", kind="unreadable", status=response.status_code,
                                retryable=True) from None  # fmt: skip

    @contextmanager
    def get_stream(self, url: str) -> Iterator[tuple[str, Iterator[bytes]]]:
        """Open a file as (content type, chunks). Redirects are followed by hand; our credentials never go along to
        another host.
        """
        address = self._absolute(url)
        for _ in range(MAX_REDIRECTS + 1):
            with self._open(
                "GET", address, credentials=urlsplit(address).netloc in self._allowed
            ) as response:
                if response.is_redirect:
                    address = urljoin(address, response.headers.get("location", ""))
                    if urlsplit(address).scheme not in ("http", "https"):
                        raise ProviderError(
                            "We were sent to no web address.", kind="unreadable", retryable=True
                        )
                    continue
                yield response.headers.get("content-type", ""), self._read(response, MAX_FILE_BYTES)
                return
        raise ProviderError("We were sent from one address to the next.", kind="unreadable", retryable=True)

    def _absolute(self, url: str) -> str:
        if url.startswith("/"):
            return self._base + url
        parts = urlsplit(url)
        if (
            parts.netloc not in self._allowed
            or parts.scheme not in ("http", "https")
            or (parts.scheme == "http" and urlsplit(self._base).scheme == "https")
        ):
            raise ProviderError(f"{parts.hostname} is not the service we trust.", kind="foreign_host")
        return url

    @contextmanager
    def _open(
        self, method: str, url: str, *, credentials: bool = True, **kwargs: Any
    ) -> Iterator[httpx.Response]:
        auth = self._auth if credentials else None
        try:
            with self._http.stream(method, url, auth=auth, **kwargs) as response:
                if not (response.is_success or response.is_redirect):
                    raise _refusal(response)
                yield response
        except httpx.TimeoutException:
            raise ProviderError("No answer in time.", kind="unavailable", retryable=True) from None
        except httpx.HTTPError as error:
            raise ProviderError(f"The connection failed ({type(error).__name__}).", kind="unavailable",
                                retryable=True) from None  # fmt: skip

    def _read(self, response: httpx.Response, cap: int) -> Iterator[bytes]:
        size, until = 0, time.monotonic() + self._total_s
        for chunk in response.iter_bytes():
            size += len(chunk)
            if size > cap:
                raise ProviderError(f"The answer is larger than {cap} bytes.", kind="unreadable")
            if time.monotonic() > until:
                raise ProviderError("The answer took too long.", kind="unavailable", retryable=True)
            yield chunk


def _refusal(response: httpx.Response) -> ProviderError:
    status = response.status_code
    kinds = {401: "unauthorised", 403: "forbidden", 404: "not_found", 429: "rate_limited"}
    kind = kinds.get(status, "unavailable" if status >= 500 else "rejected")
    return ProviderError(
        f"The service answered {status}.",
        kind=kind,
        status=status,
        retryable=status >= 500 or status == 429,
        retry_after_s=retry_after_s(response.headers.get("retry-after", ""), datetime.now(UTC)),
    )


def retry_after_s(header: str, now: datetime) -> float | None:
    """The seconds that a ``Retry-After`` asks for, given as seconds or as a date; None when it asks for nothing."""
    try:
        return max(0.0, float(header))
    except ValueError:
        pass
    try:
        return max(0.0, (parsedate_to_datetime(header) - now).total_seconds())
    except (TypeError, ValueError):
        return None
