"""Hartwell Law's location at the simulator of GoHighLevel, connected to Brightside of the cast."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx
from django.db import transaction
from django.utils import timezone

from accounts.scope import agency_scope
from conftest import Cast, House
from crm.models import Call, GHLAccount, GHLSyncRun
from crm.services.ghl_connect import GHLKeys, check_keys, save_connection
from crm.services.ghl_sync import GHL
from crm.services.sync_schedule import sync_soon
from crm.services.walks import sync
from sandbox import server

LOCATION = 511202
Record = dict[str, Any]


class Location:
    """The simulator's control panel, for one location."""

    def __init__(self, running: server.Sandbox) -> None:
        self.running = running
        self._http = httpx.Client(base_url=f"{running.url}/_sandbox/", timeout=60)
        self._post("reset", {})
        accounts = self._http.get("accounts").json()["accounts"]
        self.named = next(each for each in accounts if each["id"] == LOCATION)
        self.other = next(each for each in accounts if each["id"] != LOCATION)
        self.keys = GHLKeys(self.named["location_id"], self.named["location_token"])

    def close(self) -> None:
        self._http.close()

    def _post(self, name: str, body: Record) -> Any:
        response = self._http.post(name, json=body)
        assert response.is_success, response.text
        return response.json()

    def happen(self, **wish: object) -> Record:
        """A finished call, unless ``wish`` says otherwise; nothing of it is late."""
        usual = {"account_id": LOCATION, "kind": "call", "late": False}
        return dict(self._post("ghl/messages", {**usual, **wish})["messages"][0])

    def many(self, count: int, **wish: object) -> None:
        self._post("ghl/messages", {"account_id": LOCATION, "count": count, "late": False, **wish})

    def truth(self) -> list[Record]:
        return list(self._http.get("ghl/truth", params={"account_id": LOCATION}).json()["messages"])

    def fault(self, kind: str, **how: object) -> None:
        self._post("faults", {"kind": kind, "account_id": LOCATION, **how})

    def mend(self) -> None:
        self._http.delete("faults")

    def advance(self, seconds: float) -> None:
        self._post("clock", {"advance": seconds})

    def limit(self, **how: float) -> None:
        self._post("ghl/limit", how)

    def requests(self, contains: str = "/ghl/") -> list[Record]:
        found = self._http.get("requests").json()["requests"]
        return [each for each in found if contains in each["path"]]

    def edit(self, message_id: object, **fields: object) -> None:
        """Change what the vendor says of a message, behind everybody's back."""
        with self.running.world.lock:
            message = self.running.world.ghl.locations[LOCATION].messages[str(message_id)]
            message.record = {**message.record, **fields}

    def forget(self, contact_id: object) -> None:
        with self.running.world.lock:
            self.running.world.ghl.locations[LOCATION].people.pop(str(contact_id))


@dataclass
class Counter:
    """Brightside's connection, from our side."""

    cast: Cast
    vendor: Location

    @contextmanager
    def inside(self) -> Iterator[None]:
        """A transaction as Larkspur's own system."""
        with agency_scope(self.cast.larkspur.pk), transaction.atomic():
            yield

    @property
    def house(self) -> House:
        return self.cast.brightside

    @property
    def account(self) -> GHLAccount:
        with self.inside():
            return GHLAccount.unscoped.get(client=self.house.client)

    def sync(self) -> GHLSyncRun:
        """Ask for a sync and do it here and now."""
        account = self.account
        with self.inside():
            sync_soon(account=account, now=timezone.now())
        run_id = sync(GHL, account_id=account.pk, agency_id=self.cast.larkspur.pk)
        assert run_id is not None, "another run has the account"
        with self.inside():
            return GHLSyncRun.unscoped.get(pk=run_id)

    def change(self, **fields: object) -> None:
        with self.inside():
            GHLAccount.unscoped.filter(client=self.house.client).update(**fields)

    def call(self, external_id: object) -> Call:
        with self.inside():
            rows = Call.unscoped.select_related("lead").filter(client=self.house.client, source="ghl")
            return rows.get(external_id=str(external_id))

    def calls(self) -> list[Call]:
        with self.inside():
            rows = Call.unscoped.select_related("lead").filter(client=self.house.client, source="ghl")
            return list(rows.order_by("started_at", "pk"))

    def panel(self) -> str:
        """The client's page as the agency's owner sees it."""
        response = self.cast.browser("nora").get(f"/clients/{self.house.client.slug}/")
        assert response.status_code == 200
        return str(response.content.decode()).replace("&#x27;", "'")


def connect_location(cast: Cast, vendor: Location) -> Counter:
    counter = Counter(cast, vendor)
    with counter.inside():
        GHLSyncRun.unscoped.filter(client=cast.brightside.client).delete()
        save_connection(
            client=cast.brightside.client,
            keys=vendor.keys,
            location=check_keys(vendor.keys),
            now=timezone.now(),
        )
    return counter


def expected(told: Record) -> Record:
    """What a row must hold, from the vendor's objects alone."""
    message, contact = told["message"], told["contact"] or {}
    status = "voicemail" if message["messageType"] == "TYPE_VOICEMAIL" else message["meta"]["callStatus"]
    return {
        "id": message["id"],
        "kind": ("call", message["direction"]),
        "started_at": message["dateAdded"],
        "duration": int(message["meta"]["callDuration"] or 0),
        "status": {"pending": "in-progress"}.get(status, status),
        "answered": {"completed": True, "pending": None}.get(status, False),
        "number": contact.get("phone", ""),
        "name": contact.get("contactName", ""),
        "email": contact.get("email", ""),
        "recording": told["recording"],
        "said": " ".join(told["said"]),
    }


def held(call: Call) -> Record:
    return {
        "id": call.external_id,
        "kind": (call.kind, call.direction),
        "started_at": call.started_at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "duration": call.duration_seconds,
        "status": call.status,
        "answered": call.answered,
        "number": call.from_e164,
        "name": call.caller_name,
        "email": call.lead.email if call.lead else "",
        "recording": bool(call.recording_url),
        "said": " ".join(turn["text"] for turn in call.transcript_turns),
    }


def assert_rows_equal_truth(counter: Counter) -> None:
    told = [each for each in counter.vendor.truth() if "meta" in each["message"]]
    rows = [held(call) for call in counter.calls()]
    assert len(rows) == len({row["id"] for row in rows})
    assert {row["id"]: row for row in rows} == {each["message"]["id"]: expected(each) for each in told}
