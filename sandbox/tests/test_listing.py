from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

import httpx
import pytest

from sandbox.tests.conftest import DENTAL, LAW, PLUMBING, Record, walk

Happen = Callable[..., Record]
CALLS = f"accounts/{PLUMBING}/calls.json"


def ids(body: Any) -> list[int]:
    return [call["id"] for call in body["calls"]]


def truth(control: httpx.Client, account_id: int = PLUMBING) -> list[int]:
    return ids(control.get("truth", params={"account_id": account_id}).json())


def test_list_is_newest_first_in_pages_of_ten(agency: httpx.Client, control: httpx.Client) -> None:
    body = agency.get(CALLS).json()

    everything = truth(control)
    assert ids(body) == everything[:10]
    assert (body["page"], body["per_page"], body["total_entries"]) == (1, 10, len(everything))
    times = [call["unix_time"] for call in body["calls"]]
    assert times == sorted(times, key=int, reverse=True)


def test_per_page_above_150_is_refused(agency: httpx.Client) -> None:
    assert agency.get(CALLS, params={"per_page": 150}).status_code == 200
    refused = agency.get(CALLS, params={"per_page": 151})
    assert (refused.status_code, refused.json()) == (400, {"error": "per_page limit is 150"})


@pytest.mark.parametrize(
    "params", [{"per_page": "x"}, {"page": "0"}, {"start_date": "soon"}, {"after": "??"}]
)
def test_unreadable_parameters_are_refused(agency: httpx.Client, params: dict[str, str]) -> None:
    assert agency.get(CALLS, params=params).status_code == 400


def test_next_page_is_absolute_and_keeps_the_filter(agency: httpx.Client) -> None:
    link = urlsplit(agency.get(CALLS, params={"per_page": 3, "direction": "inbound"}).json()["next_page"])

    assert f"{link.scheme}://{link.netloc}" == str(agency.base_url).removesuffix("/api/v1/")
    query = parse_qs(link.query)
    assert (query["per_page"], query["direction"], len(query["after"])) == (["3"], ["inbound"], 1)


def test_following_next_page_reads_every_call_once(agency: httpx.Client, control: httpx.Client) -> None:
    pages = walk(agency, f"{CALLS}?per_page=3")

    assert [each for page in pages for each in ids(page)] == truth(control)
    assert pages[-1]["next_page"] is None


def test_call_between_two_pages_repeats_by_number_but_not_by_cursor(
    agency: httpx.Client, control: httpx.Client
) -> None:
    control.post("faults", json={"kind": "insert_between_pages"})
    first = agency.get(CALLS, params={"per_page": 5}).json()

    by_cursor = agency.get(first["next_page"]).json()
    by_number = agency.get(CALLS, params={"per_page": 5, "page": 2}).json()

    assert set(ids(first)) & set(ids(by_cursor)) == set()
    assert set(ids(first)) & set(ids(by_number)) == {ids(first)[-1]}
    assert by_cursor["total_entries"] == first["total_entries"] + 1


def test_dates_are_local_to_the_account_and_the_end_is_included(agency: httpx.Client, happen: Happen) -> None:
    chicago = ZoneInfo("America/Chicago")
    evening = (datetime.now(chicago) - timedelta(days=2)).replace(hour=20, minute=30, second=0)
    # 20:30 in Chicago is 01:30 or 02:30 of the next day in UTC.
    late = happen(LAW, unix_time=int(evening.timestamp()))["id"]
    day, next_day = evening.date(), evening.date() + timedelta(days=1)

    def listed(start: date, end: date) -> bool:
        params: dict[str, str | int] = {"start_date": str(start), "end_date": str(end), "per_page": 150}
        return late in ids(agency.get(f"accounts/{LAW}/calls", params=params).json())

    assert listed(day, day)
    assert not listed(next_day, next_day)
    assert evening.astimezone(ZoneInfo("UTC")).date() == next_day


def test_start_date_may_be_epoch_seconds(agency: httpx.Client, happen: Happen) -> None:
    made = happen()

    assert ids(agency.get(CALLS, params={"start_date": made["unix_time"]}).json()) == [made["id"]]


def test_exclude_fields_and_fields_trim_the_objects(agency: httpx.Client) -> None:
    excluded = agency.get(CALLS, params={"exclude_fields": "transcription_text,name"}).json()["calls"]
    assert all("transcription_text" not in call and "name" not in call for call in excluded)
    only = agency.get(CALLS, params={"fields": "id,unix_time"}).json()["calls"]
    assert {frozenset(call) for call in only} == {frozenset({"id", "unix_time"})}


def test_filters_find_what_they_name(agency: httpx.Client, happen: Happen) -> None:
    call = happen(
        caller_number="+15125550199", name="Quetzal Example", late=False, story="plumbing-burst-pipe"
    )
    form = happen(kind="form")
    rating = {"score": 5}
    agency.post(f"accounts/{PLUMBING}/calls/{call['id']}/sale", data=rating)

    def found(**params: str | int) -> list[int]:
        return ids(agency.get(CALLS, params={"start_date": call["unix_time"], **params}).json())

    assert found(filter='contact_number:"5125550199"') == [call["id"]]
    assert found(filter="quetzal") == [call["id"]]
    assert found(filter=f'form.form_name:"{form["form"]["form_name"]}"') == [form["id"]]
    assert found(direction="form") == found(search_type="form_post") == [form["id"]]
    assert found(has_transcription=1) == found(has_audio=1) == [call["id"]]
    assert found(call_score_min=4) == [call["id"]]
    assert found(call_score_max=4) == []
    assert found(**{"multi_tags[]": "emergency"}) == [call["id"]]
    assert found(call_status="Completed") == [form["id"], call["id"]]


def test_search_takes_json_and_forms_and_sorts_upwards(agency: httpx.Client, control: httpx.Client) -> None:
    url = f"accounts/{DENTAL}/calls/search.json"
    oldest = truth(control, DENTAL)[::-1]

    as_json = agency.post(url, json={"per_page": 4, "sort_by": "call_started_at", "sort_order": "asc"}).json()
    as_form = agency.post(url, data={"per_page": "4", "sort_order": "asc"}).json()
    by_get = agency.get(url, params={"per_page": 4, "sort_order": "asc"}).json()

    assert ids(as_json) == ids(as_form) == ids(by_get) == oldest[:4]
    assert ids(agency.get(as_json["next_page"]).json()) == oldest[4:8]


def test_detail_is_the_bare_object(agency: httpx.Client, happen: Happen) -> None:
    made = happen(late=False)

    for suffix in ("", ".json"):
        assert agency.get(f"accounts/{PLUMBING}/calls/{made['id']}{suffix}").json() == made
    assert agency.get(f"accounts/{DENTAL}/calls/{made['id']}").status_code == 404
