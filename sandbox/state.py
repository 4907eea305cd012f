"""Everything the simulator knows, in memory."""

import threading
from bisect import insort
from collections import deque
from dataclasses import dataclass

from sandbox.accounts import (
    Account,
    KeyPair,
    account_keys,
    agency_keys,
    empty_keys,
    load_accounts,
    load_sources,
    signing_secret,
)
from sandbox.activity import Activity
from sandbox.clock import Clock
from sandbox.exchange import Record
from sandbox.faults import Faults
from sandbox.ghl.api import GHLApi
from sandbox.ghl.locations import location_of
from sandbox.stories import Story, load_stories

LOG_LENGTH = 20_000


@dataclass
class Webhook:
    id: int
    account_id: int
    weburl: str
    position: str
    with_resource_url: bool = False


class World:
    """Hold ``lock`` while reading or changing anything here; never while sleeping or sending."""

    def __init__(self, *, seed: int, late_seconds: float, base_url: str, media_url: str) -> None:
        self.lock = threading.RLock()
        self.clock = Clock()
        self.seed = seed
        self.late_seconds = late_seconds  # from the end of a call to its transcript
        self.base_url = base_url
        self.media_url = media_url
        self.accounts: dict[int, Account] = {account.id: account for account in load_accounts()}
        self.sources = load_sources()
        self.stories: dict[int, list[Story]] = {
            account.id: load_stories(account.stories) for account in self.accounts.values()
        }
        everyone = list(self.accounts.values())
        self.agency = agency_keys(everyone, seed)
        self.empty = empty_keys(seed)
        self.account_keys: dict[int, KeyPair] = {a.id: account_keys(a, seed) for a in everyone}
        self.requests: deque[Record] = deque(maxlen=LOG_LENGTH)
        self.media_requests: deque[Record] = deque(maxlen=LOG_LENGTH)
        self.deliveries: deque[Record] = deque(maxlen=LOG_LENGTH)
        self.faults = Faults()
        self.ghl = GHLApi({each.id: location_of(each, seed) for each in everyone}, self.now)
        self.clear()

    def clear(self) -> None:
        """Forget all activities, messages, webhooks, faults and logs."""
        self.activities: dict[int, Activity] = {}
        self.webhooks: dict[int, Webhook] = {}
        self.next_ids: dict[int, int] = {}  # of live activities, by the first id of their block
        self._by_sid: dict[tuple[int, str], Activity] = {}
        self._timelines: dict[int, list[Activity]] = {account_id: [] for account_id in self.accounts}
        self._numbers_seen: set[tuple[int, str]] = set()
        self.changes = 0  # grows with every change worth keeping
        self.faults.clear()
        self.ghl.clear()
        for log in (self.requests, self.media_requests, self.deliveries):
            log.clear()

    def now(self) -> float:
        return self.clock.now()

    def key_pairs(self) -> list[KeyPair]:
        return [self.agency, self.empty, *self.account_keys.values()]

    def signing_secret(self, account_id: int) -> str:
        return signing_secret(self.accounts[account_id], self.seed)

    def add(self, activity: Activity) -> None:
        """File an activity; ``is_new_caller`` is filled in here, where earlier calls are known."""
        record = activity.record
        number = (activity.account_id, str(record.get("caller_number")))
        record.setdefault("is_new_caller", number not in self._numbers_seen)
        self._numbers_seen.add(number)
        self.activities[activity.id] = activity
        self._by_sid[activity.account_id, str(record["sid"])] = activity
        insort(self._timelines[activity.account_id], activity, key=lambda each: each.position)
        self.changes += 1

    def timeline(self, account_id: int) -> list[Activity]:
        """Return the account's activities, oldest first. Not a copy: do not change it."""
        return self._timelines[account_id]

    def find(self, account_id: int, activity_id: int) -> Activity | None:
        activity = self.activities.get(activity_id)
        return activity if activity and activity.account_id == account_id else None

    def find_sid(self, account_id: int, sid: str) -> Activity | None:
        return self._by_sid.get((account_id, sid))

    def add_webhook(self, account_id: int, weburl: str, position: str, with_resource_url: bool) -> Webhook:
        webhook = Webhook(
            max(self.webhooks, default=700) + 1, account_id, weburl, position, with_resource_url
        )
        self.webhooks[webhook.id] = webhook
        self.changes += 1
        return webhook
