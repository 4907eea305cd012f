import time
from collections.abc import Callable

import httpx

from sandbox.tests.conftest import DENTAL, PLUMBING, Record

Happen = Callable[..., Record]


def test_accounts_come_with_keys_and_trade(control: httpx.Client) -> None:
    body = control.get("accounts").json()

    trades = [
        (account["id"], account["industry"], account["subtype"], account["zone"])
        for account in body["accounts"]
    ]
    assert trades == [
        (511201, "medical", "dental", "America/New_York"),
        (511202, "other", "general", "America/Chicago"),
        (511203, "home_service", "plumbing", "America/Chicago"),
        (511204, "home_service", "roofing", "America/Denver"),
        (511205, "home_service", "landscaping", "America/Los_Angeles"),
    ]
    secrets = [
        account[name]
        for account in body["accounts"]
        for name in ("access_key", "secret_key", "signing_secret")
    ]
    assert len(set(secrets)) == 15


def test_wanted_call_happens_now(control: httpx.Client, happen: Happen) -> None:
    made = happen(name="Ida Example")

    truth = control.get("truth", params={"account_id": PLUMBING}).json()
    assert truth["calls"][0] == made
    assert abs(made["unix_time"] - time.time()) < 3
    assert set(truth["stories"][str(made["id"])]) == {"story", "category"}


def test_many_calls_at_once_have_different_ids(control: httpx.Client, happen: Happen) -> None:
    made = happen(count=300, quiet=True)["calls"]

    assert len({call["id"] for call in made}) == 300


def test_impossible_wishes_are_refused(control: httpx.Client) -> None:
    def status(**wish: object) -> int:
        return control.post("calls", json=wish).status_code

    assert status(account_id=1) == status() == 404
    assert status(account_id=DENTAL, story="plumbing-burst-pipe") == 422
    assert status(account_id=DENTAL, variant="purple") == 422
    assert status(account_id=DENTAL, unix_time="noon") == 422
    assert status(account_id=DENTAL, count=0) == 422
    assert control.post("live", json={"every": -1}).status_code == 422
    assert control.get("nothing").status_code == 404


def test_requests_are_logged_with_user_and_status(
    control: httpx.Client, agency: httpx.Client, keys: dict[object, tuple[str, str]]
) -> None:
    agency.get("accounts.json?page=1")
    agency.post(f"accounts/{DENTAL}/calls/1/sale", data={"score": 1})

    log = control.get("requests").json()["requests"]

    seen = [(each["method"], each["path"], each["user"], each["status"]) for each in log]
    user = keys["agency"][0]
    assert seen == [
        ("GET", "/api/v1/accounts.json?page=1", user, 200),
        ("POST", f"/api/v1/accounts/{DENTAL}/calls/1/sale", user, 404),
    ]


def test_live_traffic_can_be_turned_on_and_off(control: httpx.Client) -> None:
    def count() -> int:
        ids = range(511201, 511206)
        return sum(len(control.get("truth", params={"account_id": each}).json()["calls"]) for each in ids)

    before = count()
    control.post("live", json={"every": 0.25})
    until = time.monotonic() + 5
    while count() < before + 2 and time.monotonic() < until:
        time.sleep(0.05)
    control.post("live", json={"every": 0})

    after = count()
    assert after >= before + 2
    time.sleep(0.6)
    assert count() == after


def test_reset_forgets_what_happened(control: httpx.Client, agency: httpx.Client, happen: Happen) -> None:
    before = control.get("truth", params={"account_id": PLUMBING}).json()
    made = happen()
    agency.post(f"accounts/{PLUMBING}/webhooks", json={"weburl": "http://localhost:9/", "position": "end"})
    control.post("faults", json={"kind": "html"})

    control.post("reset")

    assert control.get("truth", params={"account_id": PLUMBING}).json() == before
    assert agency.get(f"accounts/{PLUMBING}/calls/{made['id']}").status_code == 404
    assert agency.get(f"accounts/{PLUMBING}/webhooks").json()["webhooks"] == []
