"""GoHighLevel's stand-in does what the vendor's files say: access, pages, limits, what comes late."""

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from sandbox.server import Sandbox
from sandbox.tests.conftest import DENTAL, LAW

Record = dict[str, Any]
EXPORT = "conversations/messages/export"


@pytest.fixture
def location(control: httpx.Client) -> Record:
    accounts = control.get("accounts").json()["accounts"]
    return dict(next(each for each in accounts if each["id"] == DENTAL))


@pytest.fixture
def api(running: Sandbox, location: Record) -> Iterator[httpx.Client]:
    headers = {"Authorization": f"Bearer {location['location_token']}", "Version": "2021-04-15"}
    with httpx.Client(base_url=f"{running.url}/ghl/", headers=headers) as client:
        yield client


@pytest.fixture
def say(control: httpx.Client) -> Callable[..., Record]:
    def make(**wish: object) -> Record:
        response = control.post("ghl/messages", json={"account_id": DENTAL, "kind": "call", **wish})
        assert response.is_success, response.text
        return dict(response.json()["messages"][0])

    return make


def export(api: httpx.Client, location: Record, **asked: object) -> Record:
    given: Record = {
        "locationId": location["location_id"],
        "sortBy": "updatedAt",
        "sortOrder": "asc",
        "limit": 10,
    }
    response = api.get(EXPORT, params=given | asked)
    assert response.is_success, response.text
    return dict(response.json())


def test_access(api: httpx.Client, location: Record, control: httpx.Client) -> None:
    other = next(each for each in control.get("accounts").json()["accounts"] if each["id"] == LAW)
    own = f"locations/{location['location_id']}"
    statuses = [
        api.get(own).status_code,
        api.get(own, headers={"Authorization": "Bearer nothing"}).status_code,
        api.get(own, headers={"Version": ""}).status_code,
        api.get(f"locations/{other['location_id']}").status_code,
        api.get("nothing").status_code,
        api.post(own).status_code,
    ]

    assert statuses == [200, 401, 401, 403, 404, 404]


def test_pages_hold_every_message_once(api: httpx.Client, location: Record, control: httpx.Client) -> None:
    control.post("ghl/messages", json={"account_id": DENTAL, "count": 23})
    truth = control.get("ghl/truth", params={"account_id": DENTAL}).json()["messages"]
    pages: list[Record] = []
    cursor: str | None = ""
    while cursor is not None:
        pages.append(export(api, location, **({"cursor": cursor} if cursor else {})))
        cursor = pages[-1]["nextCursor"]
    ids = [each["id"] for page in pages for each in page["messages"]]

    assert len(ids) == len(set(ids))
    assert set(ids) == {each["message"]["id"] for each in truth}
    assert {page["total"] for page in pages} == {len(truth)}
    assert [each["dateAdded"] for page in pages for each in page["messages"]] == sorted(
        each["dateAdded"] for page in pages for each in page["messages"]
    )


@pytest.mark.parametrize(
    ("asked", "status"),
    [({"limit": 9}, 422), ({"limit": 501}, 422), ({"limit": "x"}, 422), ({"cursor": "x"}, 400), ({"sortBy": "x"}, 422),
     ({"startDate": "soon"}, 400), ({"locationId": "other"}, 403)],
)  # fmt: skip
def test_questions_that_are_refused(api: httpx.Client, location: Record, asked: Record, status: int) -> None:
    given = {"locationId": location["location_id"], **asked}

    assert api.get(EXPORT, params=given).status_code == status


def test_cursor_grows_old(api: httpx.Client, location: Record, control: httpx.Client) -> None:
    control.post("ghl/messages", json={"account_id": DENTAL, "count": 23})
    cursor = export(api, location)["nextCursor"]
    control.post("clock", json={"advance": 3601})

    asked = {"locationId": location["location_id"], "cursor": cursor}
    assert api.get(EXPORT, params=asked).status_code == 400


def test_call_ends_then_is_heard_then_is_written(
    api: httpx.Client, location: Record, control: httpx.Client, say: Callable[..., Record]
) -> None:
    made, at = say(lasts=30), location["location_id"]
    sound = f"conversations/messages/{made['id']}/locations/{at}/recording"
    words = f"conversations/locations/{at}/messages/{made['id']}/transcription"
    seen = []
    for seconds in (0, 31, 61, 180):
        control.post("clock", json={"advance": seconds})
        one = api.get(f"conversations/messages/{made['id']}").json()["message"]
        seen.append((one["meta"]["call"]["status"], api.get(sound).status_code, api.get(words).status_code))

    assert seen == [
        ("pending", 404, 404),
        ("completed", 404, 404),
        ("completed", 200, 404),
        ("completed", 200, 200),
    ]
    assert api.get(sound).content[:4] == b"RIFF"
    first = api.get(words).json()[0]
    assert first.keys() == {
        "mediaChannel",
        "sentenceIndex",
        "startTime",
        "endTime",
        "transcript",
        "confidence",
    }


def test_limit_is_told_and_kept(api: httpx.Client, location: Record, control: httpx.Client) -> None:
    control.post("ghl/limit", json={"most": 2})
    answers = [api.get(f"locations/{location['location_id']}") for _ in range(3)]

    assert [each.status_code for each in answers] == [200, 200, 429]
    assert [each.headers["X-RateLimit-Remaining"] for each in answers] == ["1", "0", "0"]
    control.post("clock", json={"advance": 11})
    assert api.get(f"locations/{location['location_id']}").status_code == 200


def test_contact_that_was_forgotten(api: httpx.Client, say: Callable[..., Record]) -> None:
    known, unknown = say(person=1), say(person=2, contact=False)

    assert api.get(f"contacts/{known['contactId']}").json()["contact"]["phone"].startswith("+1")
    assert api.get(f"contacts/{unknown['contactId']}").status_code == 400


@pytest.mark.parametrize("kind", ["cut_short", "repeat_page"])
def test_lists_go_wrong_on_demand(
    api: httpx.Client, location: Record, control: httpx.Client, kind: str
) -> None:
    control.post("ghl/messages", json={"account_id": DENTAL, "count": 23})
    whole = export(api, location)
    control.post("faults", json={"kind": kind, "path_contains": "/export"})
    spoilt = export(api, location)

    if kind == "cut_short":
        assert (len(spoilt["messages"]), spoilt["nextCursor"]) == (5, None)
    else:
        again = export(api, location, cursor=spoilt["nextCursor"])
        assert again["messages"] == whole["messages"]
