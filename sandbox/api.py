"""The vendor's API, path by path."""

import re
from collections.abc import Callable
from dataclasses import asdict

from sandbox import listing, ratings
from sandbox.accounts import Account, KeyPair
from sandbox.activity import Activity
from sandbox.auth import account_for, holder_of
from sandbox.exchange import Record, Refused, Reply, Request
from sandbox.media import temporary_link
from sandbox.state import World
from sandbox.webhooks import Dispatcher, is_loopback

PREFIX = "/api/v1"
PROFILE = ("name", "email", "street", "city", "state", "country", "postal_code")
POSITIONS = (
    "start",
    "start_outbound",
    "end_immediate",
    "end",
    "status_change",
    "inbound_text",
    "outbound_text",
    "sms_status",
)

Answer = Callable[["Api", Request, Account, str], Reply]


class Api:
    def __init__(self, world: World, dispatcher: Dispatcher) -> None:
        self.world = world
        self.dispatcher = dispatcher

    def respond(self, request: Request) -> Reply:
        """Answer a request below ``/api/v1``. Raises `Refused`."""
        holder = holder_of(self.world, request)
        path = request.path.removeprefix(PREFIX).rstrip("/").removesuffix(".json")
        if path == "/accounts":
            _require(request, "GET")
            return Reply(self._accounts(holder))
        match = re.fullmatch(r"/accounts/(\d+)(/.*)?", path)
        if not match:
            raise Refused(404, {"error": "Not found"})
        account = account_for(self.world, holder, int(match[1]))
        for pattern, methods, answer in ROUTES:
            if rest := re.fullmatch(pattern, match[2] or ""):
                _require(request, *methods)
                return answer(self, request, account, rest[1] if rest.groups() else "")
        raise Refused(404, {"error": "Not found"})

    def _accounts(self, holder: KeyPair) -> Record:
        found = [each.as_record() for each in self.world.accounts.values() if each.id in holder.account_ids]
        pages = 1 if found else 0
        return {
            "accounts": found,
            "page": 1,
            "total_pages": pages,
            "total_entries": len(found),
            "next_page": None,
        }

    def account(self, _request: Request, account: Account, _rest: str) -> Reply:
        return Reply(account.as_record())

    def calls(self, request: Request, account: Account, _rest: str) -> Reply:
        params = request.query_lists()
        if request.method == "POST":
            for name, value in request.fields().items():
                values = value if isinstance(value, list) else [value]
                params[name] = [str(each) for each in values]
        return Reply(listing.page(self.world, account, request, params))

    def call(self, request: Request, account: Account, call_id: str) -> Reply:
        return Reply(self._find(account, call_id).seen(self.world.now(), request.base_url, detail=True))

    def sale(self, request: Request, account: Account, call_id: str) -> Reply:
        activity, now = self._find(account, call_id), self.world.now()
        if request.method == "GET":
            return Reply(ratings.as_read(activity, now))
        written = None
        if request.method == "POST":
            written = ratings.as_written(request.fields(), activity.sale(now), account, now)
        activity.rate(written)
        self._changed(activity)
        return Reply({"status": "success"})

    def modify(self, request: Request, account: Account, call_id: str) -> Reply:
        activity = self._find(account, call_id)
        fields = request.fields()
        given = fields.get("call", fields)
        if not isinstance(given, dict):
            raise Refused(422, {"status": "error", "message": "call must be an object"})
        change = {key: given[key] for key in (*PROFILE, "custom_fields", "tag_list") if key in given}
        if "comments" in given:
            change["notes"] = given["comments"]
        activity.record = {**activity.record, **change}
        self._changed(activity)
        return Reply({"status": "success"})

    def recording(self, _request: Request, account: Account, sid: str) -> Reply:
        activity = self.world.find_sid(account.id, sid)
        if activity is None or not activity.has_audio(self.world.now()):
            raise Refused(404, {"error": "Recording not found"})
        return Reply({}, 302, headers={"Location": temporary_link(self.world, activity)})

    def webhooks(self, request: Request, account: Account, _rest: str) -> Reply:
        if request.method == "GET":
            mine = [asdict(each) for each in self.world.webhooks.values() if each.account_id == account.id]
            return Reply({"webhooks": mine, "page": 1, "total_pages": 1, "total_entries": len(mine)})
        fields = request.fields()
        weburl, position = str(fields.get("weburl", "")), str(fields.get("position", ""))
        if not is_loopback(weburl):
            raise _invalid("weburl must be an http address on this machine; the sandbox sends nowhere else")
        if position not in POSITIONS:
            raise _invalid(f"position must be one of {', '.join(POSITIONS)}")
        with_url = str(fields.get("with_resource_url", "")).lower() in ratings.ON
        webhook = self.world.add_webhook(account.id, weburl, position, with_url)
        return Reply({"status": "success", "id": webhook.id, "webhook": asdict(webhook)})

    def webhook(self, _request: Request, account: Account, webhook_id: str) -> Reply:
        webhook = self.world.webhooks.get(int(webhook_id))
        if webhook is None or webhook.account_id != account.id:
            raise Refused(404, {"error": "Webhook not found"})
        del self.world.webhooks[webhook.id]
        self.world.changes += 1
        return Reply({"status": "deleted"})

    def _find(self, account: Account, call_id: str) -> Activity:
        activity = self.world.find(account.id, int(call_id))
        if activity is None:
            raise Refused(404, {"error": "Call not found"})
        return activity

    def _changed(self, activity: Activity) -> None:
        self.world.changes += 1
        self.dispatcher.changed(activity)


ROUTES: list[tuple[str, tuple[str, ...], Answer]] = [
    (r"", ("GET",), Api.account),
    (r"/calls", ("GET",), Api.calls),
    (r"/calls/search", ("GET", "POST"), Api.calls),
    (r"/calls/(\d{1,18})", ("GET",), Api.call),
    (r"/calls/(\d{1,18})/sale", ("GET", "POST", "DELETE"), Api.sale),
    (r"/calls/(\d{1,18})/modify", ("POST", "PUT"), Api.modify),
    (r"/calls/(\w+)/recording", ("GET", "HEAD"), Api.recording),
    (r"/webhooks", ("GET", "POST"), Api.webhooks),
    (r"/webhooks/(\d{1,9})", ("DELETE",), Api.webhook),
]


def _require(request: Request, *methods: str) -> None:
    if request.method not in methods:
        raise Refused(405, {"error": "Method not allowed"}, {"Allow": ", ".join(methods)})


def _invalid(message: str) -> Refused:
    return Refused(422, {"status": "error", "message": message})
