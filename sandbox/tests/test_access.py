from typing import Any

import httpx
import pytest

from sandbox.server import Sandbox
from sandbox.tests.conftest import DENTAL, LAW

Keys = dict[Any, tuple[str, str]]


def test_accounts_are_listed_in_order_for_the_agency(agency: httpx.Client) -> None:
    body = agency.get("accounts.json").json()

    assert [account["name"] for account in body["accounts"]] == [
        "Brightside Dental",
        "Hartwell Law",
        "Delgado Plumbing & Heating",
        "Summit Roofing",
        "Evergreen Lawn",
    ]
    assert body["total_entries"] == 5


def test_account_status_is_a_string_or_a_list(agency: httpx.Client) -> None:
    statuses = [account["status"] for account in agency.get("accounts").json()["accounts"]]

    assert statuses == ["active", "active", ["active"], "active", "active"]


def test_account_keys_see_their_account_only(running: Sandbox, keys: Keys) -> None:
    with httpx.Client(base_url=f"{running.url}/api/v1/", auth=keys[DENTAL]) as client:
        assert [account["id"] for account in client.get("accounts").json()["accounts"]] == [DENTAL]
        assert client.get(f"accounts/{DENTAL}.json").json()["name"] == "Brightside Dental"
        assert client.get(f"accounts/{LAW}").status_code == 403
        assert client.get(f"accounts/{LAW}/calls").status_code == 403


def test_empty_keys_are_valid_and_open_nothing(running: Sandbox, keys: Keys) -> None:
    with httpx.Client(base_url=f"{running.url}/api/v1/", auth=keys["empty"]) as client:
        response = client.get("accounts")
        assert (response.status_code, response.json()["accounts"]) == (200, [])
        assert client.get(f"accounts/{DENTAL}/calls").status_code == 403


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Basic !!!"}, {"Authorization": "Bearer x"}])
def test_missing_or_garbled_credentials_are_refused(running: Sandbox, headers: dict[str, str]) -> None:
    response = httpx.get(f"{running.url}/api/v1/accounts", headers=headers)

    assert (response.status_code, response.json()) == (401, {"error": "Invalid API credentials"})


def test_wrong_secret_is_refused(running: Sandbox, keys: Keys) -> None:
    response = httpx.get(f"{running.url}/api/v1/accounts", auth=(keys["agency"][0], "wrong"))

    assert (response.status_code, response.headers["content-type"]) == (
        401,
        "application/json; charset=utf-8",
    )


def test_unknown_account_path_and_method_are_refused(agency: httpx.Client) -> None:
    assert agency.get("accounts/999").status_code == 404
    assert agency.get("nothing").status_code == 404
    assert agency.get(f"accounts/{DENTAL}/nothing").status_code == 404
    assert agency.delete(f"accounts/{DENTAL}/calls").status_code == 405
