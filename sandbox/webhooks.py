"""Webhooks: what is sent when, by one thread, to this machine only."""

import base64
import hashlib
import heapq
import hmac
import http.client
import ipaddress
import itertools
import json
import threading
import time
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from sandbox.activity import Activity
from sandbox.exchange import Record
from sandbox.state import Webhook, World

BACKOFF_S = (0.2, 0.5, 1.0)  # before the second, third and fourth attempt
TIMEOUT_S = 5.0
LONGEST_NAP_S = 1.0


@dataclass
class News:
    """Something happened to an activity; whoever listens at that moment is told."""

    position: str
    activity: Activity


@dataclass
class Delivery:
    webhook: Webhook
    activity: Activity
    body: bytes
    signing: str = ""  # a fault kind, or empty for the right signature
    attempt: int = 1


class Dispatcher:
    def __init__(self, world: World) -> None:
        self._world = world
        self._queue: list[tuple[float, int, News | Delivery]] = []
        self._order = itertools.count()
        self._awake = threading.Condition()
        self._stopped = False
        self._thread = threading.Thread(target=self._run, name="sandbox-webhooks", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        with self._awake:
            self._stopped = True
            self._awake.notify()
        self._thread.join(timeout=TIMEOUT_S + 1)

    def wake(self) -> None:
        """Look at the clock again, after it was pushed forward."""
        with self._awake:
            self._awake.notify()

    def clear(self) -> None:
        with self._awake:
            self._queue.clear()

    def announce(self, activity: Activity) -> None:
        """Plan the news of an activity that has just happened, and of what arrives for it later."""
        now = self._world.now()
        plan = _plan(activity, now)
        if self._world.faults.take_webhook({"disorder_webhook"}, activity.account_id, ""):
            plan = [(now, position) for _, position in reversed(plan)]
        for due, position in plan:
            self._push(due, News(position, activity))

    def changed(self, activity: Activity) -> None:
        """Tell that an activity was rated or edited."""
        self._push(self._world.now(), News("status_change", activity))

    def test(self, webhook: Webhook, activity: Activity) -> None:
        """Send one activity, however old, as the vendor's Test button does."""
        self._push(self._world.now(), self._delivery(webhook, activity, webhook.position, whole=True))

    def _push(self, due: float, item: News | Delivery) -> None:
        with self._awake:
            heapq.heappush(self._queue, (due, next(self._order), item))
            self._awake.notify()

    def _run(self) -> None:
        while (item := self._next()) is not None:
            if isinstance(item, News):
                self._tell(item)
            else:
                self._attempt(item)

    def _next(self) -> News | Delivery | None:
        """Wait for the next item that is due; None once stopped."""
        with self._awake:
            while not self._stopped:
                ahead = self._queue[0][0] - self._world.now() if self._queue else LONGEST_NAP_S
                if ahead <= 0:
                    return heapq.heappop(self._queue)[2]
                self._awake.wait(min(ahead, LONGEST_NAP_S))
            return None

    def _tell(self, news: News) -> None:
        with self._world.lock:
            listening = [
                webhook
                for webhook in self._world.webhooks.values()
                if webhook.account_id == news.activity.account_id and webhook.position == news.position
            ]
            deliveries = [self._delivery(webhook, news.activity, news.position) for webhook in listening]
            deliveries += [each for each in deliveries if self._is_doubled(each, news.position)]
        for delivery in deliveries:
            self._push(self._world.now(), delivery)

    def _is_doubled(self, delivery: Delivery, position: str) -> bool:
        kinds = {"duplicate_webhook"}
        return self._world.faults.take_webhook(kinds, delivery.webhook.account_id, position) is not None

    def _delivery(
        self, webhook: Webhook, activity: Activity, position: str, *, whole: bool = False
    ) -> Delivery:
        base_url = self._world.base_url
        if position.startswith("start") and not whole:
            view = activity.ringing(base_url)
        else:
            view = activity.seen(self._world.now(), base_url)
        if webhook.with_resource_url:
            path = f"/api/v1/accounts/{activity.account_id}/calls/{activity.id}.json"
            view["resource_url"] = base_url + path
        kinds = {"bad_signature", "no_signature", "other_secret"}
        fault = self._world.faults.take_webhook(kinds, activity.account_id, position)
        return Delivery(webhook, activity, json.dumps(view).encode(), fault.kind if fault else "")

    def _attempt(self, delivery: Delivery) -> None:
        headers = {"Content-Type": "application/json", **self._signature(delivery)}
        status, problem = _post(delivery.webhook.weburl, delivery.body, headers)
        with self._world.lock:
            self._world.deliveries.append(_logged(delivery, status, problem))
        if 200 <= status < 300 or delivery.attempt > len(BACKOFF_S):
            return
        pause = BACKOFF_S[delivery.attempt - 1]
        again = Delivery(
            delivery.webhook, delivery.activity, delivery.body, delivery.signing, delivery.attempt + 1
        )
        self._push(self._world.now() + pause, again)

    def _signature(self, delivery: Delivery) -> dict[str, str]:
        # Real time even when the simulator's clock was pushed forward: receivers compare it with theirs.
        moment = str(int(time.time()))
        secret = self._world.signing_secret(delivery.activity.account_id)
        match delivery.signing:
            case "no_signature":
                return {}
            case "bad_signature":
                secret = secret[::-1]
            case "other_secret":
                secret = self._world.account_keys[delivery.activity.account_id].secret_key
        return {"X-CTM-Time": moment, "X-CTM-Signature": sign(secret, moment, delivery.body)}


def sign(secret: str, moment: str, body: bytes) -> str:
    """Return Base64 of HMAC-SHA1 over ``moment`` and ``body``, as the vendor's sample receiver does."""
    return base64.b64encode(hmac.digest(secret.encode(), moment.encode() + body, hashlib.sha1)).decode()


def is_loopback(weburl: str) -> bool:
    """Say whether a URL leads to this machine; names other than localhost are not looked up."""
    try:
        parts = urlsplit(weburl)
        parts.port  # noqa: B018 - raises where the port is no number
    except ValueError:
        return False
    host = parts.hostname or ""
    if parts.scheme != "http":
        return False
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _plan(activity: Activity, now: float) -> list[tuple[float, str]]:
    direction = activity.record["direction"]
    if direction == "msg_inbound":
        return [(now, "inbound_text")]
    if direction == "msg_outbound":
        return [(now, "status_change")]
    if direction not in ("inbound", "outbound"):
        return [(now, "end")]
    start = "start" if direction == "inbound" else "start_outbound"
    return [
        (now, start),
        (now, "end_immediate"),
        (max(now, activity.audio_at or now), "end"),
        *(
            (max(now, at), "status_change")
            for at in (activity.transcript_at, activity.score_at)
            if at is not None
        ),
    ]


def _post(weburl: str, body: bytes, headers: dict[str, str]) -> tuple[int, str]:
    """Return the status and what went wrong; 0 where there was no answer. Redirects are not followed."""
    if not is_loopback(weburl):
        return 0, "refused: not on this machine"
    parts: SplitResult = urlsplit(weburl)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port or 80, timeout=TIMEOUT_S)
    try:
        connection.request(
            "POST", (parts.path or "/") + (f"?{parts.query}" if parts.query else ""), body, headers
        )
        response = connection.getresponse()
        response.read()
        return response.status, ""
    except (OSError, http.client.HTTPException) as error:
        return 0, type(error).__name__
    finally:
        connection.close()


def _logged(delivery: Delivery, status: int, problem: str) -> Record:
    return {
        "webhook_id": delivery.webhook.id,
        "account_id": delivery.webhook.account_id,
        "call_id": delivery.activity.id,
        "position": delivery.webhook.position,
        "attempt": delivery.attempt,
        "signing": delivery.signing or "good",
        "status": status,
        "problem": problem,
    }
