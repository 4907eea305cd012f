import time

import httpx
import pytest

from sandbox.tests.conftest import DENTAL, LAW, PLUMBING, walk

CALLS = f"accounts/{PLUMBING}/calls"


def fail(control: httpx.Client, **fault: object) -> None:
    control.post("faults", json=fault).raise_for_status()


@pytest.mark.parametrize(("retry_after", "header"), [(2, "2"), (None, None)])
def test_429_with_and_without_retry_after(
    agency: httpx.Client, control: httpx.Client, retry_after: int | None, header: str | None
) -> None:
    fail(control, kind="status", status=429, retry_after=retry_after)

    response = agency.get(CALLS)

    assert (response.status_code, response.headers.get("retry-after")) == (429, header)
    assert agency.get(CALLS).status_code == 200


@pytest.mark.parametrize(
    ("status", "content_type"), [(500, "text/html"), (503, "text/html"), (403, "application/json")]
)
def test_error_status_is_html_from_500_on(
    agency: httpx.Client, control: httpx.Client, status: int, content_type: str
) -> None:
    fail(control, kind="status", status=status)

    response = agency.get(CALLS)

    assert (response.status_code, response.headers["content-type"].partition(";")[0]) == (
        status,
        content_type,
    )


def test_error_inside_200(agency: httpx.Client, control: httpx.Client) -> None:
    fail(control, kind="ok_error", message="try later")

    response = agency.get(CALLS)

    assert (response.status_code, response.json()) == (200, {"status": "error", "message": "try later"})


def test_html_instead_of_json(agency: httpx.Client, control: httpx.Client) -> None:
    fail(control, kind="html")

    response = agency.get(CALLS)

    assert (response.status_code, response.text[:15]) == (200, "<!DOCTYPE html>")


def test_truncated_json(agency: httpx.Client, control: httpx.Client) -> None:
    fail(control, kind="truncated")

    response = agency.get(CALLS)

    assert response.status_code == 200
    with pytest.raises(ValueError, match=r"Unterminated|Expecting"):
        response.json()


def test_reset_connection(agency: httpx.Client, control: httpx.Client) -> None:
    fail(control, kind="reset")

    with pytest.raises(httpx.ReadError):
        agency.get(CALLS)
    assert agency.get(CALLS).status_code == 200


def test_slow_page(agency: httpx.Client, control: httpx.Client) -> None:
    fail(control, kind="slow", seconds=0.3)
    began = time.monotonic()

    assert agency.get(CALLS).status_code == 200

    assert time.monotonic() - began >= 0.3


def test_slow_page_does_not_hold_up_others(agency: httpx.Client, control: httpx.Client) -> None:
    fail(control, kind="slow", seconds=5)

    with pytest.raises(httpx.ReadTimeout):
        agency.get(CALLS, timeout=0.1)

    assert agency.get(CALLS, timeout=1).status_code == 200


def test_repeated_page_comes_once_more(agency: httpx.Client, control: httpx.Client) -> None:
    plain = walk(agency, f"{CALLS}?per_page=5")
    fail(control, kind="repeat_page", skip=1)

    pages = [page["calls"] for page in walk(agency, f"{CALLS}?per_page=5")]

    assert pages == [page["calls"] for page in (*plain[:2], *plain[1:])]


def test_list_cut_short_says_how_many_there_should_be(agency: httpx.Client, control: httpx.Client) -> None:
    fail(control, kind="cut_short")

    body = agency.get(CALLS).json()

    assert (len(body["calls"]), body["next_page"]) == (5, None)
    assert body["total_entries"] > 10


def test_trouble_of_lists_waits_for_a_list(agency: httpx.Client, control: httpx.Client) -> None:
    fail(control, kind="cut_short")

    assert agency.get(f"accounts/{PLUMBING}").status_code == 200

    assert len(agency.get(CALLS).json()["calls"]) == 5


def test_empty_accounts_for_one_key(
    agency: httpx.Client, control: httpx.Client, keys: dict[object, tuple[str, str]]
) -> None:
    fail(control, kind="empty_accounts", account_id=DENTAL)

    assert len(agency.get("accounts").json()["accounts"]) == 5
    assert agency.get("accounts", auth=keys[DENTAL]).json()["accounts"] == []
    assert len(agency.get("accounts", auth=keys[DENTAL]).json()["accounts"]) == 1


def test_fault_waits_for_its_account_path_and_turn(agency: httpx.Client, control: httpx.Client) -> None:
    fail(control, kind="status", account_id=LAW, path_contains="/calls", method="GET", skip=1, times=2)

    statuses = [agency.get(f"accounts/{LAW}/calls").status_code for _ in range(4)]

    assert statuses == [200, 500, 500, 200]


def test_fault_elsewhere_does_nothing(agency: httpx.Client, control: httpx.Client) -> None:
    fail(control, kind="status", account_id=LAW)
    fail(control, kind="status", path_contains="/sale")

    assert [agency.get(path).status_code for path in ("accounts", CALLS)] == [200, 200]
    assert len(control.get("faults").json()["faults"]) == 2
    assert control.delete("faults").json() == {"faults": []}
    assert agency.get(f"accounts/{LAW}").status_code == 200


def test_unknown_faults_are_refused(control: httpx.Client) -> None:
    assert control.post("faults", json={"kind": "earthquake"}).status_code == 422
    assert control.post("faults", json={"kind": "html", "colour": "red"}).status_code == 422


def test_control_itself_never_fails(control: httpx.Client) -> None:
    fail(control, kind="status", times=9)

    assert control.get("accounts").status_code == 200
