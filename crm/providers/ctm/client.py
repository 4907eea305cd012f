"""The way to CallTrackingMetrics: pages of calls out, ratings in. No policy: who and when stays in services."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any, Self
from urllib.parse import urlencode

from django.conf import settings

from crm.providers.records import Page
from lib.http import Client, ProviderError

PER_PAGE = 100  # CTM refuses more than 150
MANY = 2**31  # a total beyond is nonsense
PAGE_TIMEOUT_S = 60  # pages with transcripts are slow


@dataclass(frozen=True, slots=True)
class AccountRecord:
    number: str
    name: str
    timezone: str  # IANA, or "" when CTM does not say


class CTMClient:
    """One account's door. Every method raises `lib.http.ProviderError`; its ``kind`` says what went wrong."""

    def __init__(self, access_key: str, secret_key: str, account_number: str = "") -> None:
        self._http = Client(
            settings.CTM_BASE_URL,
            auth=(access_key, secret_key),
            allowed_hosts=frozenset(settings.CTM_HOSTS),
            read_timeout_s=PAGE_TIMEOUT_S,
        )
        self._account = f"/accounts/{account_number}"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def accounts(self) -> list[AccountRecord]:
        """Every account the key sees; an empty list means the key is good for nothing."""
        body = _expect(self._http.get_json("/accounts.json"), "accounts")
        return [
            AccountRecord(
                str(each.get("id", "")), str(each.get("name") or ""), str(each.get("timezone") or "")
            )
            for each in body["accounts"]
            if isinstance(each, Mapping) and each.get("id")
        ]

    def probe_calls(self) -> None:
        """Ask for one call: a key may list an account and still be refused its calls."""
        _expect(self._http.get_json(f"{self._account}/calls.json?per_page=1"), "calls")

    def first_page_url(self, start_on: date, end_on: date | None = None) -> str:
        """Both are dates in the account's own zone, included."""
        asked = {"per_page": str(PER_PAGE), "start_date": start_on.isoformat()}
        if end_on:
            asked["end_date"] = end_on.isoformat()
        return f"{self._account}/calls.json?" + urlencode(asked)

    def page(self, url: str) -> Page:
        """Read one page. ``url`` is ours for the first and the vendor's own, followed as it is, for the rest."""
        body = _expect(self._http.get_json(url), "calls")
        following = body.get("next_page")
        total = body.get("total_entries")
        return Page(
            entries=tuple(body["calls"]),
            next_token=following if isinstance(following, str) else "",
            total=total if type(total) is int and 0 <= total < MANY else None,
        )

    def rate(self, call_id: str, score: int | None) -> None:
        """Set the stars of a call, or take them away with None. The same value twice is harmless."""
        path = f"{self._account}/calls/{call_id}/sale.json"
        _refuse_error(
            self._http.delete_json(path) if score is None else self._http.post_json(path, {"score": score})
        )

    @contextmanager
    def recording(self, url: str) -> Iterator[tuple[str, Iterator[bytes]]]:
        """Open a recording as (content type, chunks). Our key goes to CTM's hosts only, never where they send us."""
        with self._http.get_stream(url) as (content_type, chunks):
            yield content_type, chunks

    def register_webhook(self, address: str, position: str) -> str:
        body = self._http.post_json(
            f"{self._account}/webhooks.json",
            {"weburl": address, "position": position, "with_resource_url": 1},
        )
        _refuse_error(body)
        return (
            str(body.get("id") or body.get("webhook", {}).get("id") or "")
            if isinstance(body, Mapping)
            else ""
        )

    def webhook_addresses(self) -> set[str]:
        body = _expect(self._http.get_json(f"{self._account}/webhooks.json"), "webhooks")
        return {str(each.get("weburl")) for each in body["webhooks"] if isinstance(each, Mapping)}


def _refuse_error(body: Any) -> None:
    """CTM reports errors with HTTP 200 as well, in several shapes."""
    if not isinstance(body, Mapping):
        return
    status = str(body.get("status", "")).lower()
    if status == "error" or body.get("success") is False or "error" in body or body.get("errors"):
        told = next(
            (body[key] for key in ("error", "message", "reason", "text", "errors") if body.get(key)), ""
        )
        raise ProviderError(
            f"CallTrackingMetrics answered: {str(told)[:200] or 'an error without a reason'}",
            kind="rejected",
            status=200,
            retryable=True,
        )


def _expect(body: Any, key: str) -> dict[str, Any]:
    """``body`` must be an object with a list under ``key``: anything else is no answer to what we asked."""
    _refuse_error(body)
    if not isinstance(body, Mapping) or not isinstance(body.get(key), list):
        raise ProviderError(f"CallTrackingMetrics sent no list of {key}.", kind="unreadable", retryable=True)
    return dict(body)
