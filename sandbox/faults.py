"""Trouble on demand: what goes wrong with the next requests and webhooks."""

import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field

from sandbox.exchange import TYPE_HTML, Record, Refused, Reply, Request
from sandbox.ghl import cursors as ghl

ANYWHERE = {"status", "ok_error", "html", "truncated", "reset", "slow"}
ON_LISTS = {"repeat_page", "insert_between_pages", "cut_short"}
ON_ACCOUNTS = {"empty_accounts"}
ON_WEBHOOKS = {"bad_signature", "no_signature", "other_secret", "duplicate_webhook", "disorder_webhook"}
KINDS = ANYWHERE | ON_LISTS | ON_ACCOUNTS | ON_WEBHOOKS

LIST_PATH = re.compile(r"/api/v1/accounts/\d+/calls(/search)?(\.json)?/?|/ghl/conversations/messages/export")
ACCOUNTS_PATH = re.compile(r"/api/v1/accounts(\.json)?/?")
HTML_ERROR = (
    b"<!DOCTYPE html><html><head><title>We're sorry</title></head>"
    b"<body><h1>Something went wrong</h1></body></html>"
)


@dataclass
class Fault:
    kind: str
    times: int = 1
    skip: int = 0  # matching requests that still go well
    account_id: int | None = None  # None: any
    path_contains: str = ""
    method: str = ""
    position: str = ""  # webhooks only
    status: int = 500
    retry_after: float | None = None  # seconds
    seconds: float = 30.0  # slow only
    message: str = "the sandbox was told to fail"

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise Refused(422, {"error": f"unknown kind; one of {', '.join(sorted(KINDS))}"})

    def fits(self, request: Request, account_id: int | None) -> bool:
        if self.kind in ON_WEBHOOKS or (self.account_id is not None and self.account_id != account_id):
            return False
        if self.kind in ON_LISTS and not LIST_PATH.fullmatch(request.path):
            return False
        if self.kind in ON_ACCOUNTS and not ACCOUNTS_PATH.fullmatch(request.path):
            return False
        return self.path_contains in request.target and self.method in ("", request.method)


@dataclass
class Faults:
    waiting: list[Fault] = field(default_factory=list)

    def add(self, fields: Record) -> Record:
        try:
            fault = Fault(**fields)
        except TypeError as error:
            raise Refused(422, {"error": str(error)}) from None
        self.waiting.append(fault)
        return asdict(fault)

    def clear(self) -> None:
        self.waiting.clear()

    def as_records(self) -> list[Record]:
        return [asdict(fault) for fault in self.waiting]

    def take(self, request: Request, account_id: int | None) -> Fault | None:
        """Return the first fault that fits and use it up once; at most one befalls a request."""
        return self._use(fault for fault in self.waiting if fault.fits(request, account_id))

    def take_webhook(self, kinds: set[str], account_id: int, position: str) -> Fault | None:
        return self._use(
            fault
            for fault in self.waiting
            if fault.kind in kinds
            and fault.account_id in (None, account_id)
            and fault.position in ("", position)
        )

    def _use(self, fitting: Iterable[Fault]) -> Fault | None:
        for fault in fitting:
            if fault.skip > 0:
                fault.skip -= 1
                continue
            fault.times -= 1
            if fault.times <= 0:
                self.waiting.remove(fault)
            return fault
        return None


def instead(fault: Fault) -> Reply | None:
    """Return what is answered in place of the real thing, or None where the real answer is needed."""
    match fault.kind:
        case "reset":
            return Reply(hang_up=True)
        case "html":
            return Reply(HTML_ERROR, 200, TYPE_HTML)
        case "ok_error":
            return Reply({"status": "error", "message": fault.message})
        case "status":
            headers = {} if fault.retry_after is None else {"Retry-After": f"{fault.retry_after:g}"}
            if fault.status >= 500:
                return Reply(HTML_ERROR, fault.status, TYPE_HTML, headers)
            return Reply({"error": fault.message}, fault.status, headers=headers)
    return None


def spoil(fault: Fault, reply: Reply, request: Request) -> Reply:
    """Return the real answer with the damage of ``fault`` done to it."""
    if fault.kind == "truncated":
        whole = reply.encode()
        reply.payload = whole[: len(whole) // 2]
    elif reply.status != 200:
        return reply
    elif fault.kind == "empty_accounts":
        reply.payload |= {"accounts": [], "total_entries": 0, "total_pages": 0}
    elif fault.kind in ON_LISTS and "messages" in reply.payload:
        reply.payload = ghl.spoil(fault.kind, reply.payload, request)
    elif fault.kind == "cut_short":
        kept = reply.payload["calls"][: len(reply.payload["calls"]) // 2]
        reply.payload |= {"calls": kept, "next_page": None}
    elif fault.kind == "repeat_page":
        reply.payload["next_page"] = request.base_url + request.target
    return reply
