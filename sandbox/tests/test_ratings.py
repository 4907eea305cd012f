from collections.abc import Callable
from datetime import datetime
from zoneinfo import ZoneInfo

import httpx
import pytest

from sandbox.tests.conftest import PLUMBING, Record

Happen = Callable[..., Record]


@pytest.fixture
def url(happen: Happen) -> str:
    return f"accounts/{PLUMBING}/calls/{happen(quiet=True, story='plumbing-burst-pipe')['id']}"


def test_unrated_call_says_none(agency: httpx.Client, url: str) -> None:
    assert agency.get(f"{url}/sale").json() == {
        "service_rep_name": None,
        "call_id": int(url.rpartition("/")[2]),
        "score": None,
        "none": True,
        "conversion": False,
        "notes": None,
        "value": "0.0",
        "sale_date": None,
    }


def test_written_rating_is_in_the_next_list(agency: httpx.Client, url: str) -> None:
    form = {"name": "qualified", "score": "4", "conversion": "on", "value": "350", "sale_date": "2026-03-03"}

    assert agency.post(f"{url}/sale.json", data=form).json() == {"status": "success"}

    sale = {"name": "qualified", "score": 4, "conversion": True, "value": "350.0", "sale_date": "2026-03-03"}
    assert agency.get(f"accounts/{PLUMBING}/calls").json()["calls"][0]["sale"] == sale
    read = agency.get(f"{url}/sale").json()
    assert (read["service_rep_name"], read["score"], read["none"], read["value"]) == (
        "qualified",
        4,
        False,
        "350.0",
    )


def test_partial_write_keeps_the_rest_and_json_works(agency: httpx.Client, url: str) -> None:
    agency.post(f"{url}/sale", json={"name": "a", "score": 2, "conversion": 0})
    agency.post(f"{url}/sale", json={"score": 5})

    sale = agency.get(url).json()["sale"]
    today = datetime.now(ZoneInfo("America/Chicago")).date().isoformat()
    assert sale == {"name": "a", "score": 5, "conversion": False, "value": "0.0", "sale_date": today}


@pytest.mark.parametrize(
    "form",
    [
        {"score": "0"},
        {"score": "6"},
        {"score": "x"},
        {"value": "much"},
        {"sale_date": "soon"},
        {"conversion": "?"},
    ],
)
def test_impossible_values_are_refused_and_nothing_changes(
    agency: httpx.Client, url: str, form: dict[str, str]
) -> None:
    response = agency.post(f"{url}/sale", data=form)

    assert (response.status_code, response.json()["status"]) == (422, "error")
    assert "sale" not in agency.get(url).json()


def test_deleted_rating_is_gone(agency: httpx.Client, url: str) -> None:
    agency.post(f"{url}/sale", data={"score": "3"})

    assert agency.delete(f"{url}/sale.json").json() == {"status": "success"}
    assert "sale" not in agency.get(url).json()


def test_rating_an_unknown_call_is_not_found(agency: httpx.Client) -> None:
    assert agency.post(f"accounts/{PLUMBING}/calls/1/sale", data={"score": "3"}).status_code == 404
