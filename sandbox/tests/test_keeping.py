from pathlib import Path

import httpx

from sandbox.server import Sandbox, start
from sandbox.tests.conftest import PLUMBING, Record


def client(sandbox: Sandbox) -> httpx.Client:
    keys = httpx.get(f"{sandbox.url}/_sandbox/accounts").json()["agency"]
    return httpx.Client(base_url=sandbox.url, auth=(keys["access_key"], keys["secret_key"]))


def truth(api: httpx.Client) -> list[Record]:
    calls: list[Record] = api.get("/_sandbox/truth", params={"account_id": PLUMBING}).json()["calls"]
    return [{**call, "audio": None} for call in calls]  # the address changes with the port


def test_restart_keeps_calls_ratings_and_webhooks(tmp_path: Path) -> None:
    state = tmp_path / "deep" / "sandbox.json"
    with start(days=2, state_file=state) as first, client(first) as api:
        made = api.post("/_sandbox/calls", json={"account_id": PLUMBING}).json()
        api.post(f"/api/v1/accounts/{PLUMBING}/calls/{made['id']}/sale", json={"score": 5})
        api.post(
            f"/api/v1/accounts/{PLUMBING}/webhooks", json={"weburl": "http://localhost:9/", "position": "end"}
        )
        before = truth(api)

    with start(days=2, state_file=state) as second, client(second) as api:
        assert truth(api) == before
        assert before[0]["sale"]["score"] == 5
        assert [
            each["position"] for each in api.get(f"/api/v1/accounts/{PLUMBING}/webhooks").json()["webhooks"]
        ] == ["end"]
        assert api.post("/_sandbox/calls", json={"account_id": PLUMBING}).json()["id"] > made["id"]


def test_damaged_or_foreign_state_is_passed_over(tmp_path: Path) -> None:
    damaged, foreign = tmp_path / "damaged.json", tmp_path / "foreign.json"
    damaged.write_text('{"seed": 7, "activ')
    with start(days=2, seed=8, state_file=foreign):
        pass

    with start(days=2) as fresh, client(fresh) as plain:
        for state in (damaged, foreign):
            with start(days=2, state_file=state) as sandbox, client(sandbox) as api:
                assert truth(api) == truth(plain)
