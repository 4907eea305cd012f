"""The control API below ``/_sandbox/``, for tests and the demonstration. It asks for no key."""

from collections.abc import Callable
from random import Random

from sandbox.accounts import Account
from sandbox.activity import Activity
from sandbox.exchange import Record, Refused, Reply, Request
from sandbox.ghl import traffic as ghl
from sandbox.ghl.locations import Message
from sandbox.state import World
from sandbox.traffic import fill_past, happen
from sandbox.webhooks import Dispatcher

PREFIX = "/_sandbox/"
MOST_AT_ONCE = 5_000


class Control:
    def __init__(self, world: World, dispatcher: Dispatcher, days: int, live_every: float) -> None:
        self.world = world
        self.dispatcher = dispatcher
        self._days = days
        self._live_at_start = live_every
        self.live_every = live_every  # seconds, 0 for never
        self._rng = Random(f"live:{world.seed}")

    def respond(self, request: Request) -> Reply:
        """Answer a request below ``/_sandbox/``. Raises `Refused`."""
        name = request.path.removeprefix(PREFIX).rstrip("/")
        answer = ROUTES.get((request.method, name))
        if answer is None:
            raise Refused(404, {"error": "Not found"})
        return Reply(answer(self, request), 201 if (request.method, name) == ("POST", "calls") else 200)

    def make_call(self, account: Account, wish: Record, *, quiet: bool = False) -> Activity:
        """Make an activity happen now; ``quiet`` sends no webhooks."""
        activity = happen(self.world, account, wish, self._rng)
        if not quiet:
            self.dispatcher.announce(activity)
        return activity

    def make_any_call(self) -> None:
        """One in five comes by the second provider."""
        account = self._rng.choice(list(self.world.accounts.values()))
        if self._rng.random() < 0.2:
            self.make_message(account, {})
        else:
            self.make_call(account, {})

    def make_message(self, account: Account, wish: Record) -> Message:
        world = self.world
        message = ghl.happen(
            world.ghl.locations[account.id], world.stories[account.id], wish,
            seed=world.seed, now=world.now(), late_s=world.late_seconds,
        )  # fmt: skip
        world.changes += 1
        return message

    def fill(self) -> None:
        world = self.world
        fill_past(world, self._days)
        for number, location in world.ghl.locations.items():
            ghl.fill_past(
                location, world.stories[number],
                seed=world.seed, now=world.now(), days=self._days, late_s=world.late_seconds,
            )  # fmt: skip

    def accounts(self, _request: Request) -> Record:
        return {
            "accounts": [self._account(account) for account in self.world.accounts.values()],
            "agency": self.world.agency.as_record(),
            "empty": self.world.empty.as_record(),
        }

    def calls(self, request: Request) -> Record:
        wish = request.fields()
        account = self._named_account(wish.pop("account_id", None))
        quiet, count = bool(wish.pop("quiet", False)), wish.pop("count", None)
        if count is None:
            return self._seen(self.make_call(account, wish, quiet=quiet), request)
        if not isinstance(count, int) or not 0 < count <= MOST_AT_ONCE:
            raise Refused(422, {"error": f"count must be 1 to {MOST_AT_ONCE}"})
        made = [self.make_call(account, wish, quiet=quiet) for _ in range(count)]
        return {"calls": [self._seen(activity, request) for activity in made]}

    def truth(self, request: Request) -> Record:
        account = self._named_account(request.query_lists().get("account_id", [None])[0])
        timeline = self.world.timeline(account.id)
        return {
            "calls": [
                each.seen(self.world.now(), request.base_url, detail=True) for each in reversed(timeline)
            ],
            "stories": {str(each.id): {"story": each.story, "category": each.category} for each in timeline},
        }

    def ghl_messages(self, request: Request) -> Record:
        """Make messages of a location, or with ``count`` many at once."""
        wish = request.fields()
        account = self._named_account(wish.pop("account_id", None))
        location, count = self.world.ghl.locations[account.id], wish.pop("count", 1)
        if not isinstance(count, int) or not 0 < count <= MOST_AT_ONCE:
            raise Refused(422, {"error": f"count must be 1 to {MOST_AT_ONCE}"})
        made = [self.make_message(account, wish) for _ in range(count)]
        return {"messages": [each.seen(location.id, self.world.now()) for each in made]}

    def ghl_truth(self, request: Request) -> Record:
        """Everything of a location, with what is only told when asked for."""
        account = self._named_account(request.query_lists().get("account_id", [None])[0])
        location, now = self.world.ghl.locations[account.id], self.world.now()
        return {
            "messages": [
                {
                    "message": each.seen(location.id, now),
                    "contact": location.contact(each.contact_id),
                    "recording": each.has_audio(now),
                    "said": [one["text"] for one in each.sentences] if each.has_transcript(now) else [],
                }
                for each in location.messages.values()
            ]
        }

    def ghl_limit(self, request: Request) -> Record:
        """Change how much may be asked: ``most`` in ``interval_s``, ``most_a_day``."""
        api = self.world.ghl
        for name, value in request.fields().items():
            if name not in ("most", "interval_s", "most_a_day") or not isinstance(value, int | float):
                raise Refused(422, {"error": "numbers for most, interval_s or most_a_day"})
            setattr(api, name, value)
        return {"most": api.most, "interval_s": api.interval_s, "most_a_day": api.most_a_day}

    def add_fault(self, request: Request) -> Record:
        return self.world.faults.add(request.fields())

    def faults(self, _request: Request) -> Record:
        return {"faults": self.world.faults.as_records()}

    def clear_faults(self, _request: Request) -> Record:
        self.world.faults.clear()
        return {"faults": []}

    def requests(self, _request: Request) -> Record:
        return {"requests": list(self.world.requests)}

    def deliveries(self, _request: Request) -> Record:
        return {"deliveries": list(self.world.deliveries)}

    def media(self, _request: Request) -> Record:
        log = list(self.world.media_requests)
        return {"requests": log, "authorization_seen": any(each["authorization"] for each in log)}

    def test_webhook(self, request: Request) -> Record:
        """Send the account's webhooks its most recent activity, or the one named by ``call_id``."""
        fields = request.fields()
        account = self._named_account(fields.get("account_id"))
        timeline = self.world.timeline(account.id)
        call_id = fields.get("call_id")
        activity = self.world.find(account.id, call_id) if isinstance(call_id, int) else None
        if activity is None and (call_id is not None or not timeline):
            raise Refused(404, {"error": "Call not found"})
        mine = [each for each in self.world.webhooks.values() if each.account_id == account.id]
        for webhook in mine:
            self.dispatcher.test(webhook, activity or timeline[-1])
        return {"sent": len(mine)}

    def live(self, request: Request) -> Record:
        self.live_every = _seconds(request, "every")
        return {"every": self.live_every}

    def clock(self, request: Request) -> Record:
        self.world.clock.advance(_seconds(request, "advance"))
        self.dispatcher.wake()
        return {"now": self.world.now()}

    def reset(self, _request: Request) -> Record:
        """Begin again: the past as drawn by the seed, nothing else, at the real time."""
        self.world.clock.rewind()
        self.dispatcher.clear()
        self.world.clear()
        self._rng = Random(f"live:{self.world.seed}")
        self.live_every = self._live_at_start
        self.fill()
        return {"calls": len(self.world.activities)}

    def _account(self, account: Account) -> Record:
        world = self.world
        return {
            "id": account.id,
            "name": account.name,
            "industry": account.industry,
            "type": account.industry,
            "subtype": account.subtype,
            "zone": account.zone,
            "timezone": account.zone,
            "city": account.city,
            "state": account.state,
            "website": account.website,
            "tracking_number": account.tracking_number(world.sources[0]),
            **world.account_keys[account.id].as_record(),
            "location_id": world.ghl.locations[account.id].id,
            "location_token": world.ghl.locations[account.id].token,
            "signing_secret": world.signing_secret(account.id),
            "stories": [story.key for story in world.stories[account.id]],
        }

    def _named_account(self, account_id: object) -> Account:
        text = str(account_id)
        account = self.world.accounts.get(int(text)) if text.isdecimal() else None
        if account is None:
            raise Refused(
                404, {"error": f"account_id must be one of {', '.join(map(str, self.world.accounts))}"}
            )
        return account

    def _seen(self, activity: Activity, request: Request) -> Record:
        return activity.seen(self.world.now(), request.base_url, detail=True)


ROUTES: dict[tuple[str, str], Callable[[Control, Request], Record]] = {
    ("GET", "accounts"): Control.accounts,
    ("POST", "calls"): Control.calls,
    ("GET", "truth"): Control.truth,
    ("POST", "ghl/messages"): Control.ghl_messages,
    ("GET", "ghl/truth"): Control.ghl_truth,
    ("POST", "ghl/limit"): Control.ghl_limit,
    ("POST", "faults"): Control.add_fault,
    ("GET", "faults"): Control.faults,
    ("DELETE", "faults"): Control.clear_faults,
    ("GET", "requests"): Control.requests,
    ("GET", "deliveries"): Control.deliveries,
    ("GET", "media"): Control.media,
    ("POST", "webhooks/test"): Control.test_webhook,
    ("POST", "live"): Control.live,
    ("POST", "clock"): Control.clock,
    ("POST", "reset"): Control.reset,
}


def _seconds(request: Request, name: str) -> float:
    try:
        value = float(request.fields().get(name, ""))
    except (TypeError, ValueError):
        raise Refused(422, {"error": f"{name} must be a number of seconds"}) from None
    if not 0 <= value < 1e9:
        raise Refused(422, {"error": f"{name} must not be negative"})
    return value
