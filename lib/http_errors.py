"""How an outside service fails, in one kind of error."""

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx

LONGEST_WAIT_S = 86_400.0
KINDS = {401: "unauthorised", 403: "forbidden", 404: "not_found", 408: "unavailable", 429: "rate_limited"}


class ProviderError(Exception):
    """An outside service did not do what was asked. ``retryable`` says whether asking again later may help.

    ``kind`` is one of unauthorised, forbidden, not_found, rate_limited, rejected (any other 4xx), unavailable (5xx,
    no answer in time, connection lost), unreadable (not what was asked for, cut short, too large), foreign_host
    (refused by us before anything was sent), or a word of the caller's own. ``status`` is None when no answer came.
    Neither message nor representation holds an address, a header or a body.
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

    def __repr__(self) -> str:
        return f"ProviderError({str(self)!r}, kind={self.kind!r}, status={self.status})"


def refusal(response: httpx.Response) -> ProviderError:
    """What an answer other than success means."""
    status = response.status_code
    kind = KINDS.get(status, "unavailable" if status >= 500 else "rejected")
    return ProviderError(
        f"The service answered {status}.",
        kind=kind,
        status=status,
        retryable=kind in ("unavailable", "rate_limited"),
        retry_after_s=retry_after_s(response.headers.get("retry-after", ""), datetime.now(UTC)),
    )


def retry_after_s(header: str, now: datetime) -> float | None:
    """The seconds from ``now`` (aware) that a ``Retry-After`` asks for, given as seconds or as a date; at most a day.

    None when it asks for nothing that we understand.
    """
    if re.fullmatch(r"\s*\d{1,9}(\.\d{1,9})?\s*", header, re.ASCII):
        return min(float(header), LONGEST_WAIT_S)
    try:
        moment = parsedate_to_datetime(header)
    except ValueError:
        return None
    if moment.tzinfo is None:  # "-0000": a time in UTC of unknown origin
        moment = moment.replace(tzinfo=UTC)
    return min(max(0.0, (moment - now).total_seconds()), LONGEST_WAIT_S)
