"""Connecting GoHighLevel: a token is tried, sealed, and shown to nobody; it goes to GoHighLevel alone."""

from typing import Any

import pytest
from django.utils import timezone

from accounts.models import AuditEvent
from accounts.scope import PlatformUse, platform_scope
from crm.models import GHLAccount
from crm.providers.ghl.client import GHLClient
from crm.services.ghl_problems import WORDS
from crm.tests.ghl import Counter
from integrations.models import Credential
from integrations.services.vault import open_credential
from lib.http import ProviderError

ADDRESS = "/clients/brightside-dental/gohighlevel/connect/"


def post(counter: Counter, location_id: str, token: str) -> tuple[int, str]:
    response = counter.cast.browser("nora").post(ADDRESS, {"location_id": location_id, "token": token})
    return response.status_code, response.content.decode().replace("&#x27;", "'")


def test_token_that_works_is_sealed_and_the_first_sync_is_due(counter: Counter) -> None:
    counter.change(next_run_at=None, health="broken", problem="Something.")
    keys = counter.vendor.keys

    assert post(counter, f" {keys.location_id} ", keys.token)[0] == 302

    account = counter.account
    with counter.inside():
        credential = Credential.unscoped.get(pk=account.credential_id)
        opened = open_credential(credential)
    assert opened == {"token": keys.token}
    assert keys.token not in credential.payload
    assert (credential.provider, credential.hint) == ("ghl", keys.token[-4:])
    assert (account.location_id, account.account_name, account.timezone) == (
        keys.location_id, "Hartwell Law", "America/Chicago",
    )  # fmt: skip
    assert (account.health, account.problem) == ("waiting", "")
    assert account.next_run_at is not None
    assert account.next_run_at <= timezone.now()
    with platform_scope(PlatformUse.ADMIN):
        event = AuditEvent.unscoped.filter(event_type="credential_set").order_by("seq").last()
    assert event is not None
    assert (event.actor_id, event.target) == (
        counter.cast.people["nora"].pk, f"GoHighLevel {keys.location_id}",
    )  # fmt: skip
    assert keys.token not in repr(keys)
    page = counter.cast.browser("nora").get("/clients/brightside-dental/gohighlevel/").content.decode()
    assert keys.token not in page + counter.panel()


@pytest.mark.parametrize(
    ("fault", "status", "words"),
    [
        ({"status": 401}, 422, WORDS["unauthorised"]),
        ({"status": 403}, 422, WORDS["forbidden"]),
        ({"status": 404}, 422, WORDS["not_found"]),
        ({"status": 400}, 422, "GoHighLevel refused the request"),
        ({"status": 503}, 422, WORDS["unavailable"]),
        ({"status": 429}, 422, WORDS["rate_limited"]),
    ],
)
def test_refusal_is_told_and_nothing_is_kept(
    counter: Counter, fault: dict[str, int], status: int, words: str
) -> None:
    before = counter.account.updated_at
    counter.vendor.fault("status", path_contains="/locations/", **fault)

    got, page = post(counter, counter.vendor.keys.location_id, counter.vendor.keys.token)

    assert (got, words in page) == (status, True)
    assert counter.vendor.keys.location_id in page  # what was typed stays
    assert counter.vendor.keys.token not in page  # but for the secret
    assert counter.account.updated_at == before


def test_token_without_messages_is_refused(counter: Counter) -> None:
    counter.vendor.fault("status", status=403, path_contains="/export")

    got, page = post(counter, counter.vendor.keys.location_id, counter.vendor.keys.token)

    assert (got, WORDS["forbidden"] in page) == (422, True)


def test_token_of_another_location_is_refused(counter: Counter) -> None:
    got, page = post(counter, counter.vendor.keys.location_id, counter.vendor.other["location_token"])

    assert (got, WORDS["forbidden"] in page) == (422, True)


@pytest.mark.parametrize(
    ("location_id", "token", "words"),
    [
        ("", "pit-1", "Enter the location id."),
        ("../x", "pit-1", "letters and digits alone"),
        ("a" * 61, "pit-1", "longer than any location id"),
        ("abc", "", "Enter the token."),
        ("abc", "pit 1", "no spaces or special letters"),
        ("abc", "pit-é", "no spaces or special letters"),
        ("abc", "x" * 201, "longer than any token"),
    ],
)
def test_what_cannot_be_a_token_is_said_before_anybody_is_asked(
    counter: Counter, location_id: str, token: str, words: str
) -> None:
    asked = len(counter.vendor.requests())
    got, page = post(counter, location_id, token)

    assert (got, words in page, len(counter.vendor.requests())) == (422, True, asked)


def test_another_location_begins_from_the_beginning(counter: Counter) -> None:
    counter.sync()
    assert counter.account.sync_cursor is not None
    other = counter.vendor.other

    assert post(counter, other["location_id"], other["location_token"])[0] == 302
    account = counter.account
    assert (account.sync_cursor, account.page_token) == (None, "")


def test_same_location_goes_on_from_where_it_was(counter: Counter) -> None:
    counter.sync()
    cursor = counter.account.sync_cursor
    keys = counter.vendor.keys

    assert post(counter, keys.location_id, keys.token)[0] == 302
    assert counter.account.sync_cursor == cursor


def test_token_goes_to_no_other_host(counter: Counter) -> None:
    with GHLClient("pit-secret", "abc") as ghl:
        for url in ("https://example.test/recording", "http://127.0.0.1:1/x", "ftp://127.0.0.1/x"):
            with pytest.raises(ProviderError) as caught, ghl.recording(url):
                pass
            assert caught.value.kind == "foreign_host"
    assert "pit-secret" not in repr(ghl.__dict__["_ways"])


def test_key_that_does_not_open_any_more_is_said(counter: Counter) -> None:
    with counter.inside():
        Credential.unscoped.filter(pk=counter.account.credential_id).update(payload="k9:nothing")

    run = counter.sync()

    assert (run.error_kind, counter.account.health) == ("undecryptable", "broken")
    assert WORDS["undecryptable"] in counter.panel()


def test_days_are_asked_for_in_a_form(counter: Counter) -> None:
    browser, address = counter.cast.browser("nora"), "/clients/brightside-dental/back-fill/"
    shown = browser.get(f"{address}?source=ghl").content.decode()
    assert '<option value="ghl" selected>GoHighLevel</option>' in shown

    def send(**change: str) -> Any:
        return browser.post(address, {"source": "ghl", "first": "2026-05-01", "last": "2026-05-31", **change})

    for change, words in (
        ({"first": ""}, "Choose a day."),
        ({"last": "soon"}, "Enter a day."),
        ({"last": "2026-04-01"}, "comes before the first"),
        ({"last": "2999-01-01"}, "has not come yet"),
        ({"first": "2020-01-01"}, "at most a year"),
        ({"source": "telnyx"}, "Choose one of the connections"),
    ):
        response = send(**change)
        assert (response.status_code, words in response.content.decode()) == (422, True), change
    assert counter.account.backfill_from is None

    assert send().status_code == 302
    assert str(counter.account.backfill_from) == "2026-05-01"
    assert "1 May 2026 to 31 May 2026, read next" in counter.panel()


def test_accounts_of_the_two_agencies_never_meet(counter: Counter) -> None:
    with counter.inside():
        seen = set(GHLAccount.unscoped.values_list("location_id", flat=True))

    assert seen == {counter.vendor.keys.location_id, "loc-delgado-plumbing"}
