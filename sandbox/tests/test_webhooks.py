import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable

import httpx
import pytest

from sandbox.tests.conftest import DENTAL, PLUMBING, Receiver, Record

Happen = Callable[..., Record]
HOOKS = f"accounts/{PLUMBING}/webhooks.json"
STORY = "plumbing-burst-pipe"


@pytest.fixture
def listening(agency: httpx.Client, receiver: Receiver) -> Receiver:
    """A receiver that is told of everything at the plumber's; the path names the position."""
    for position in ("start", "end_immediate", "end", "status_change", "inbound_text"):
        agency.post(
            HOOKS, json={"weburl": f"{receiver.url}/{position}", "position": position}
        ).raise_for_status()
    return receiver


def signed(headers: dict[str, str], body: bytes, secret: str) -> bool:
    digest = hmac.digest(secret.encode(), headers["x-ctm-time"].encode() + body, hashlib.sha1)
    return base64.b64encode(digest).decode() == headers["x-ctm-signature"]


def secrets(control: httpx.Client) -> tuple[str, str]:
    account = next(each for each in control.get("accounts").json()["accounts"] if each["id"] == PLUMBING)
    return account["signing_secret"], account["secret_key"]


def paths(receiver: Receiver, count: int) -> list[str]:
    return [path for path, _, _ in receiver.wait(count)]


def test_webhooks_are_made_listed_and_deleted(agency: httpx.Client) -> None:
    form = {"weburl": "http://localhost:1/x", "position": "end", "with_resource_url": "1"}
    made = agency.post(HOOKS, data=form).json()["webhook"]

    assert agency.get(HOOKS).json()["webhooks"] == [
        {
            "id": made["id"],
            "account_id": PLUMBING,
            "weburl": "http://localhost:1/x",
            "position": "end",
            "with_resource_url": True,
        }
    ]
    assert agency.get(f"accounts/{DENTAL}/webhooks").json()["webhooks"] == []
    assert agency.delete(f"accounts/{DENTAL}/webhooks/{made['id']}").status_code == 404
    assert agency.delete(f"accounts/{PLUMBING}/webhooks/{made['id']}.json").json() == {"status": "deleted"}
    assert agency.get(HOOKS).json()["webhooks"] == []


@pytest.mark.parametrize(
    "weburl",
    [
        "http://192.0.2.1/x",
        "https://localhost/x",
        "http://localhost.example/x",
        "http://127.0.0.1@192.0.2.1/",
        "http://127.0.0.1:x/",
        "",
    ],
)
def test_addresses_beyond_this_machine_are_refused(agency: httpx.Client, weburl: str) -> None:
    assert agency.post(HOOKS, data={"weburl": weburl, "position": "end"}).status_code == 422


def test_unknown_position_is_refused(agency: httpx.Client) -> None:
    assert agency.post(HOOKS, data={"weburl": "http://localhost/", "position": "sometime"}).status_code == 422


def test_call_is_told_from_start_to_transcript(
    control: httpx.Client, listening: Receiver, happen: Happen
) -> None:
    call = happen(story=STORY)
    assert paths(listening, 2) == ["/start", "/end_immediate"]
    start, hung_up = (json.loads(body) for _, _, body in listening.got)
    assert (start["id"], start["status"], start["duration"]) == (call["id"], "in progress", 0)
    assert (hung_up["status"], hung_up["audio"], hung_up["transcription_text"]) == ("answered", None, None)

    control.post("clock", json={"advance": 61})
    assert paths(listening, 3)[2:] == ["/end"]
    assert json.loads(listening.got[2][2])["audio"].endswith(f"/calls/{call['sid']}/recording")

    control.post("clock", json={"advance": 120})
    assert paths(listening, 4)[3:] == ["/status_change"]
    assert json.loads(listening.got[3][2])["transcription_text"].startswith("Agent:")


def test_signature_uses_the_signing_secret_and_not_the_api_secret(
    control: httpx.Client, listening: Receiver, happen: Happen
) -> None:
    happen(story=STORY)

    _, headers, body = listening.wait(2)[0]

    signing_secret, api_secret = secrets(control)
    assert signed(headers, body, signing_secret)
    assert not signed(headers, body, api_secret)
    assert abs(int(headers["x-ctm-time"]) - time.time()) < 5


def test_signature_faults(control: httpx.Client, listening: Receiver, happen: Happen) -> None:
    for kind in ("bad_signature", "other_secret", "no_signature"):
        control.post("faults", json={"kind": kind, "position": "start"})
    for _ in range(3):
        happen(story=STORY)

    starts = [(headers, body) for path, headers, body in listening.wait(6) if path == "/start"]

    signing_secret, api_secret = secrets(control)
    (bad, bad_body), (other, other_body), (none, _) = starts
    assert [signed(bad, bad_body, secret) for secret in (signing_secret, api_secret)] == [False, False]
    assert [signed(other, other_body, secret) for secret in (signing_secret, api_secret)] == [False, True]
    assert "x-ctm-signature" not in none


def test_refused_delivery_is_tried_again_with_the_same_body(
    control: httpx.Client, listening: Receiver, happen: Happen
) -> None:
    listening.statuses = [500, 302, 404, 503]
    happen(story="unanswered-busy")

    got = listening.wait(3 + 4)  # start, end_immediate, end, and one more for each refusal

    bodies = {
        path: {body for each, _, body in got if each == path} for path in ("/start", "/end_immediate", "/end")
    }
    assert [len(found) for found in bodies.values()] == [1, 1, 1]
    log = control.get("deliveries").json()["deliveries"]
    assert sorted(each["status"] for each in log) == [200, 200, 200, 302, 404, 500, 503]


def test_delivery_is_given_up_after_three_retries(
    control: httpx.Client, receiver: Receiver, agency: httpx.Client, happen: Happen
) -> None:
    agency.post(HOOKS, json={"weburl": f"{receiver.url}/start", "position": "start"})
    receiver.statuses = [500] * 9
    happen(story=STORY)

    assert len(receiver.wait(4)) == 4
    time.sleep(0.3)

    log = control.get("deliveries").json()["deliveries"]
    assert [(each["attempt"], each["status"]) for each in log] == [(1, 500), (2, 500), (3, 500), (4, 500)]
    assert len(receiver.got) == 4


def test_duplicate_webhook_comes_twice(control: httpx.Client, listening: Receiver, happen: Happen) -> None:
    control.post("faults", json={"kind": "duplicate_webhook", "position": "end_immediate"})
    happen(story=STORY)

    assert paths(listening, 3) == ["/start", "/end_immediate", "/end_immediate"]
    assert listening.got[1][2] == listening.got[2][2]


def test_disorder_brings_the_end_before_the_start(
    control: httpx.Client, listening: Receiver, happen: Happen
) -> None:
    control.post("faults", json={"kind": "disorder_webhook"})
    happen(story="unanswered-busy")
    happen(story="unanswered-busy")

    assert paths(listening, 6) == ["/end", "/end_immediate", "/start", "/start", "/end_immediate", "/end"]


def test_text_is_told_to_those_who_wait_for_texts(listening: Receiver, happen: Happen) -> None:
    happen(story="plumbing-text-quote")

    assert paths(listening, 1) == ["/inbound_text"]


def test_rating_is_echoed(agency: httpx.Client, listening: Receiver, happen: Happen) -> None:
    call = happen(story=STORY, quiet=True)
    agency.post(f"accounts/{PLUMBING}/calls/{call['id']}/sale", data={"score": "5"})

    assert paths(listening, 1) == ["/status_change"]
    assert json.loads(listening.got[0][2])["sale"]["score"] == 5


def test_test_event_may_be_of_an_old_call(control: httpx.Client, listening: Receiver) -> None:
    oldest = control.get("truth", params={"account_id": PLUMBING}).json()["calls"][-1]

    sent = control.post("webhooks/test", json={"account_id": PLUMBING, "call_id": int(oldest["id"])}).json()

    assert sent == {"sent": 5}
    assert {json.loads(body)["id"] for _, _, body in listening.wait(5)} == {oldest["id"]}


def test_resource_url_is_added_where_asked(agency: httpx.Client, receiver: Receiver, happen: Happen) -> None:
    agency.post(HOOKS, json={"weburl": receiver.url, "position": "start", "with_resource_url": True})
    call = happen(story=STORY)

    body = json.loads(receiver.wait(1)[0][2])

    assert agency.get(body["resource_url"]).json()["id"] == call["id"]


def test_other_accounts_are_not_told(listening: Receiver, happen: Happen) -> None:
    happen(DENTAL)

    assert listening.wait(1, seconds=0.2) == []
