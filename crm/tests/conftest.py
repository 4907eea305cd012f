"""Brightside Dental, connected to the simulator of its call tracker as a client would be."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from django.db import transaction
from django.test import Client as Browser
from django.utils import timezone

from accounts.scope import agency_scope
from conftest import Cast, House, make_cast
from crm.models import Call, CTMAccount, CTMSyncRun
from crm.services.ctm_connect import CTMKeys, check_keys, save_connection
from crm.services.ctm_sync import CTM
from crm.services.sync_schedule import sync_soon
from crm.services.walks import sync
from crm.tests import ghl
from sandbox import server

DENTAL, LAW = 511201, 511202
Record = dict[str, Any]


class Vendor:
    """The simulator's control panel."""

    def __init__(self, running: server.Sandbox) -> None:
        self.running = running
        self._http = httpx.Client(base_url=f"{running.url}/_sandbox/", timeout=60)
        self._post("reset", {})
        known = self._http.get("accounts").json()
        self.accounts: dict[int, Record] = {each["id"]: each for each in known["accounts"]}
        self.agency, self.empty = known["agency"], known["empty"]

    def close(self) -> None:
        self._http.close()

    def _post(self, name: str, body: Record) -> Any:
        response = self._http.post(name, json=body)
        assert response.is_success, response.text
        return response.json()

    def keys(self, account_id: int = DENTAL) -> CTMKeys:
        pair = self.accounts[account_id]
        return CTMKeys(pair["access_key"], pair["secret_key"], str(account_id))

    def happen(self, account_id: int = DENTAL, **wish: object) -> Record:
        """A finished inbound call from a stranger, unless ``wish`` says otherwise; no webhooks."""
        usual = {"kind": "call", "quiet": True, "late": False}
        return dict(self._post("calls", {"account_id": account_id, **usual, **wish}))

    def many(self, count: int, account_id: int = DENTAL, **wish: object) -> None:
        self._post("calls", {"account_id": account_id, "count": count, "quiet": True, **wish})

    def truth(self, account_id: int = DENTAL) -> list[Record]:
        return list(self._http.get("truth", params={"account_id": account_id}).json()["calls"])

    def one(self, call_id: object) -> Record:
        return next(each for each in self.truth() if str(each["id"]) == str(call_id))

    def fault(self, kind: str, **how: object) -> None:
        self._post("faults", {"kind": kind, **how})

    def mend(self) -> None:
        self._http.delete("faults")

    def advance(self, seconds: float) -> None:
        self._post("clock", {"advance": seconds})

    def requests(self, contains: str = "") -> list[Record]:
        found = self._http.get("requests").json()["requests"]
        return [each for each in found if contains in each["path"]]

    def media(self) -> Record:
        return dict(self._http.get("media").json())

    def deliveries(self) -> list[Record]:
        return list(self._http.get("deliveries").json()["deliveries"])

    def rate(self, call_id: object, score: int | None) -> None:
        """Somebody rates in the call tracker itself."""
        keys = self.keys()
        url = f"{self.running.url}/api/v1/accounts/{DENTAL}/calls/{call_id}/sale.json"
        auth = (keys.access_key, keys.secret_key)
        response = (
            httpx.delete(url, auth=auth)
            if score is None
            else httpx.post(url, json={"score": score}, auth=auth)
        )
        response.raise_for_status()

    def edit(self, call_id: object, **fields: object) -> None:
        """Change a call's record behind everybody's back."""
        with self.running.world.lock:
            activity = self.running.world.activities[int(str(call_id))]
            activity.record = {**activity.record, **fields}


@dataclass
class Desk:
    """Brightside's connection, from our side."""

    cast: Cast
    vendor: Vendor

    @contextmanager
    def inside(self) -> Iterator[None]:
        """A transaction as Larkspur's own system."""
        with agency_scope(self.cast.larkspur.pk), transaction.atomic():
            yield

    @property
    def house(self) -> House:
        return self.cast.brightside

    @property
    def account(self) -> CTMAccount:
        with self.inside():
            return CTMAccount.unscoped.get(pk=self.house.account.pk)

    def sync(self) -> CTMSyncRun:
        """Ask for a sync and do it here and now."""
        with self.inside():
            sync_soon(account=self.account, now=timezone.now())
        run_id = sync(CTM, account_id=self.house.account.pk, agency_id=self.cast.larkspur.pk)
        assert run_id is not None, "another run has the account"
        with self.inside():
            return CTMSyncRun.unscoped.get(pk=run_id)

    def change(self, **fields: object) -> None:
        with self.inside():
            CTMAccount.unscoped.filter(pk=self.house.account.pk).update(**fields)

    def call(self, external_id: object) -> Call:
        with self.inside():
            return Call.unscoped.select_related("lead").get(
                client=self.house.client, external_id=str(external_id)
            )

    def calls(self) -> list[Call]:
        """Those of the simulator, newest first; the cast's own call is left out."""
        with self.inside():
            rows = Call.unscoped.filter(client=self.house.client).exclude(pk=self.house.call.pk)
            return list(rows.order_by("-started_at", "-pk"))

    def runs(self) -> list[CTMSyncRun]:
        with self.inside():
            rows = CTMSyncRun.unscoped.filter(client=self.house.client).exclude(pages=0, status="running")
            return list(rows.order_by("started_at", "pk"))

    def panel(self) -> str:
        """The client's page as the agency's owner sees it."""
        response = self.cast.browser("nora").get(f"/clients/{self.house.client.slug}/")
        assert response.status_code == 200
        return str(response.content.decode())

    def browser(self, name: str = "nora") -> Browser:
        return self.cast.browser(name)


@pytest.fixture(scope="session")
def simulator() -> Iterator[server.Sandbox]:
    with server.start(days=4) as running:
        yield running


@pytest.fixture
def vendor(simulator: server.Sandbox, settings: Any) -> Iterator[Vendor]:
    settings.CTM_BASE_URL = f"{simulator.url}/api/v1"
    panel = Vendor(simulator)
    yield panel
    panel.close()


def connect_brightside(cast: Cast, vendor: Vendor) -> Desk:
    keys = vendor.keys()
    signing = vendor.accounts[DENTAL]["signing_secret"]
    desk = Desk(cast, vendor)
    with desk.inside():
        save_connection(
            client=cast.brightside.client,
            keys=keys,
            account=check_keys(keys),
            signing_secret=signing,
            now=timezone.now(),
        )
        CTMSyncRun.unscoped.filter(account=cast.brightside.account).delete()
    return desk


@pytest.fixture
def desk(cast: Cast, vendor: Vendor) -> Desk:
    return connect_brightside(cast, vendor)


@pytest.fixture
def real_desk(transactional_db: None, vendor: Vendor) -> Desk:
    """The same in transactions that commit, for what threads and other processes must see."""
    with transaction.atomic():
        cast = make_cast()
    return connect_brightside(cast, vendor)


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> int:
    size = 4
    monkeypatch.setattr("crm.providers.ctm.client.PER_PAGE", size)
    return size


def moment(unix: object) -> datetime:
    return datetime.fromtimestamp(int(str(unix)), UTC)


def spoken_story(desk: Desk) -> str:
    """A story on which people talk, whatever the trade calls it."""
    stories = desk.vendor.running.world.stories[DENTAL]
    return next(
        each.key for each in stories if each.kind == "call" and each.outcome == "answered" and each.turns
    )


@pytest.fixture
def location(simulator: server.Sandbox, settings: Any) -> Iterator[ghl.Location]:
    settings.GHL_BASE_URL = f"{simulator.url}/ghl"
    panel = ghl.Location(simulator)
    yield panel
    panel.close()


@pytest.fixture
def counter(cast: Cast, location: ghl.Location) -> ghl.Counter:
    return ghl.connect_location(cast, location)


@pytest.fixture
def real_counter(transactional_db: None, location: ghl.Location) -> ghl.Counter:
    """The same in transactions that commit, for what threads and other processes must see."""
    with transaction.atomic():
        cast = make_cast()
    return ghl.connect_location(cast, location)
