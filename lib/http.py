"""The one way out: timeouts, size caps, one kind of error, and secrets that stay with the host they are for."""

import ssl
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from typing import Any, Self

import httpx

from lib.addresses import NotPublic, public_address
from lib.http_errors import ProviderError, refusal, retry_after_s
from lib.payloads import BadPayload, parse_json

__all__ = ["Client", "ProviderError", "retry_after_s"]

USER_AGENT = "Switchboard/1"
MAX_BYTES = 16 * 1024 * 1024
MAX_FILE_BYTES = 200 * 1024 * 1024
MAX_REDIRECTS = 3
REDIRECTS = (301, 302, 303, 307, 308)


@lru_cache(maxsize=1)
def _tls() -> ssl.SSLContext:
    return httpx.create_ssl_context(
        trust_env=False
    )  # reading the root certificates costs more than a request


class Client:
    """A session with one service. Addresses that begin with a slash are below ``base_url``; complete ones must lie on
    its host or one of ``allowed_hosts`` (``name`` or ``name:port``), otherwise they are refused before anything is
    sent. ``auth`` and ``headers`` go to those hosts only.

    ``total_timeout_s`` limits one answer from the request to its last byte, and is looked at whenever a piece arrives;
    by default it is twice the read timeout. ``heard`` is told the headers of every answer of our hosts. Nothing
    follows a redirect but `get_stream`. Every method raises `ProviderError`. May be shared by threads.
    """

    def __init__(
        self,
        base_url: str,
        *,
        auth: tuple[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        connect_timeout_s: float = 5,
        read_timeout_s: float = 30,
        total_timeout_s: float | None = None,
        allowed_hosts: frozenset[str] = frozenset(),
        user_agent: str = USER_AGENT,
        max_bytes: int = MAX_BYTES,
        tls: ssl.SSLContext | None = None,
        resolve: Callable[[str, int], str] = public_address,
        heard: Callable[[Mapping[str, str]], None] | None = None,
    ) -> None:
        self._base = httpx.URL(base_url.rstrip("/"))
        self._auth = httpx.BasicAuth(*auth) if auth else None
        self._headers = dict(headers or {})
        self._trusted = {each.lower() for each in allowed_hosts} | {_place(self._base)}
        self._total_s = total_timeout_s or 2 * read_timeout_s
        self._max_bytes = max_bytes
        self._resolve = resolve
        self._heard = heard
        self._http = httpx.Client(
            headers={"User-Agent": user_agent},
            timeout=httpx.Timeout(read_timeout_s, connect=connect_timeout_s),
            follow_redirects=False,
            trust_env=False,
            verify=tls or _tls(),
        )

    def __repr__(self) -> str:
        return f"Client({_place(self._base)})"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._http.close()

    def get_json(self, url: str) -> Any:
        return self._json("GET", url)

    def post_json(self, url: str, body: Any) -> Any:
        """Send ``body`` as JSON and return the answer, None when it is empty."""
        return self._json("POST", url, json=body)

    def post_form(self, url: str, fields: Mapping[str, str]) -> Any:
        """Send ``fields`` as a web form would and return the answer, None when it is empty."""
        return self._json("POST", url, data=dict(fields))

    def delete_json(self, url: str) -> Any:
        """Ask for a deletion and return the answer, None when it is empty."""
        return self._json("DELETE", url)

    @contextmanager
    def get_stream(
        self, url: str, *, max_bytes: int = MAX_FILE_BYTES
    ) -> Iterator[tuple[str, Iterator[bytes]]]:
        """Open a file as (content type, chunks).

        Up to three redirects are followed, to our hosts or over TLS to a public address; our credentials never go along
        to another host.
        """
        address = self._own(url)
        for _ in range(MAX_REDIRECTS + 1):
            with self._open("GET", address, headers={"Accept-Encoding": "identity"}) as (response, until):
                if response.status_code not in REDIRECTS:
                    yield response.headers.get("content-type", ""), _pieces(response, until, max_bytes)
                    return
                location = response.headers.get("location", "")
            address = address.join(location)  # httpx has refused what is no address
        raise ProviderError("We were sent from one address to the next.", kind="unreadable", retryable=True)

    def _json(self, method: str, url: str, **content: Any) -> Any:
        address = self._own(url)
        with self._open(method, address, headers={"Accept": "application/json"}, **content) as (
            response,
            until,
        ):
            status = response.status_code
            if status in REDIRECTS:
                raise ProviderError(
                    "The service sent us elsewhere instead of answering.",
                    kind="unreadable", status=status, retryable=True,
                )  # fmt: skip
            raw = b"".join(_pieces(response, until, self._max_bytes))
        if not raw and method != "GET":
            return None
        try:
            return parse_json(raw, max_bytes=self._max_bytes)
        except BadPayload as bad:
            told = "It is a web page." if raw.lstrip()[:1] == b"<" else str(bad)
            raise ProviderError(
                f"The answer is unreadable. {told}", kind="unreadable", status=status, retryable=True
            ) from None

    def _own(self, url: str) -> httpx.URL:
        """``url`` as an address on one of our hosts."""
        try:
            address = httpx.URL(f"{self._base}{url}" if url.startswith("/") else url)
        except httpx.InvalidURL:
            raise ProviderError("That is no web address.", kind="foreign_host") from None
        if not self._trusts(address):
            raise ProviderError(f"{address.host or 'That'} is not the service we trust.", kind="foreign_host")
        return address

    def _trusts(self, address: httpx.URL) -> bool:
        safe = address.scheme == "https" or address.scheme == self._base.scheme == "http"
        return safe and not address.userinfo and _place(address) in self._trusted

    def _elsewhere(self, address: httpx.URL) -> tuple[httpx.URL, dict[str, str], dict[str, Any]]:
        """Where and how to reach a host that is not ours: by an address that was looked at, named in TLS and header."""
        if address.scheme == self._base.scheme == "http" and address.host == self._base.host:
            return address, {}, {}  # another port of the machine we already talk to in clear
        if address.scheme != "https" or address.userinfo:
            raise ProviderError("We were sent to a place we do not go.", kind="foreign_host")
        try:
            found = self._resolve(address.host, address.port or 443)
        except NotPublic as closed:
            raise ProviderError(str(closed), kind="foreign_host") from None
        return address.copy_with(host=found), {"Host": _place(address)}, {"sni_hostname": address.host}

    @contextmanager
    def _open(
        self, method: str, address: httpx.URL, *, headers: Mapping[str, str], **content: Any
    ) -> Iterator[tuple[httpx.Response, float]]:
        """Send, and open the answer together with the moment at which it must have come to an end."""
        auth, own = self._auth, self._headers
        extensions: dict[str, Any] = {}
        if not self._trusts(address):
            auth = None
            address, own, extensions = self._elsewhere(address)
        self._http.cookies.clear()  # they know hosts but no ports, and we never need one
        until = time.monotonic() + self._total_s
        request = self._http.build_request(
            method, address, headers={**headers, **own}, extensions=extensions, **content
        )
        with _failures():
            response = self._http.send(request, stream=True, auth=auth)
        try:
            if self._heard and self._trusts(response.url):
                self._heard(response.headers)
            if not (response.is_success or response.status_code in REDIRECTS):
                raise refusal(response)
            yield response, until
        finally:
            response.close()


def _place(address: httpx.URL) -> str:
    """``name``, or ``name:port`` where the port is not the usual one."""
    return address.netloc.decode().lower()


def _pieces(response: httpx.Response, until: float, cap: int) -> Iterator[bytes]:
    size = 0
    with _failures(response.status_code):
        for piece in response.iter_bytes():
            size += len(piece)
            if size > cap:
                raise ProviderError(
                    f"The answer is larger than {cap} bytes.", kind="unreadable", status=response.status_code
                )
            if time.monotonic() > until:
                raise ProviderError("The answer took too long.", kind="unavailable", retryable=True)
            yield piece


@contextmanager
def _failures(status: int | None = None) -> Iterator[None]:
    """Turn what httpx raises into our error. With ``status`` an answer had begun."""
    try:
        yield
    except httpx.TimeoutException:
        raise ProviderError("No answer in time.", kind="unavailable", status=status, retryable=True) from None
    except (httpx.RemoteProtocolError, httpx.DecodingError) as error:
        kind = "unavailable" if status is None else "unreadable"
        told = "The answer was cut short." if status else f"The connection failed ({type(error).__name__})."
        raise ProviderError(told, kind=kind, status=status, retryable=True) from None
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise ProviderError(
            f"The connection failed ({type(error).__name__}).",
            kind="unavailable",
            status=status,
            retryable=True,
        ) from None
