"""Calls from GoHighLevel: each once, whole, with what comes late; and plain words when something is wrong."""

import time
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from crm.models import Call, CTMAccount, GHLAccount, GHLSyncRun, Lead
from crm.providers.ghl import client as ghl_client
from crm.services import ghl_sync, sync_schedule, walks
from crm.services.ghl_problems import WORDS
from crm.tests.ghl import Counter, Record, assert_rows_equal_truth, expected, held

EXPORT = "/messages/export"


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr(ghl_client, "PER_PAGE", 10)
    return 10


@pytest.fixture
def naps(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long we have waited, each time."""
    slept: list[float] = []

    def nap(seconds: float) -> None:
        slept.append(seconds)
        time.sleep(seconds)

    monkeypatch.setattr(ghl_client.Pace.__init__, "__defaults__", (nap,))
    return slept


def test_sync_brings_rows_equal_to_the_truth(counter: Counter, small_pages: int) -> None:
    counter.vendor.limit(most=10_000)
    for kind in ("voicemail", "sms", "email", "call"):
        counter.vendor.happen(kind=kind)
    counter.vendor.happen(direction="outbound")
    counter.vendor.many(12)
    truth = counter.vendor.truth()
    calls = [each for each in truth if "meta" in each["message"]]

    run = counter.sync()

    assert_rows_equal_truth(counter)
    assert (run.status, run.seen, run.created, run.updated, run.ignored, run.errors, run.expected) == (
        "done", len(truth), len(calls), 0, len(truth) - len(calls), 0, len(truth),
    )  # fmt: skip
    assert run.pages == -(-len(truth) // small_pages)
    assert (counter.account.health, counter.account.problem, counter.account.lease_until) == ("ok", "", None)
    page = counter.panel()
    assert "Up to date" in page
    assert f'data-label="Not calls">{run.ignored}<' in page


def test_second_sync_changes_nothing_and_asks_nothing_twice(counter: Counter) -> None:
    counter.vendor.limit(most=10_000)
    counter.vendor.happen()
    counter.sync()
    counter.change(looked_again_at=None)  # so that whatever is missing is asked for
    with counter.inside():
        before = list(Call.unscoped.order_by("pk").values())
        leads = list(Lead.unscoped.order_by("pk").values())
    asked = len(counter.vendor.requests())

    run = counter.sync()

    with counter.inside():
        assert list(Call.unscoped.order_by("pk").values()) == before
        assert list(Lead.unscoped.order_by("pk").values()) == leads
    assert (run.status, run.created, run.updated) == ("done", 0, 0)
    whole = [each.external_id for each in counter.calls() if each.recording_url and each.transcript]
    later = [each["path"] for each in counter.vendor.requests()[asked:]]
    assert whole
    assert not [path for path in later if "/contacts/" in path or any(each in path for each in whole)]


def test_every_request_carries_version_and_token(counter: Counter) -> None:
    """The simulator refuses what the vendor refuses: one without its version, and another location's."""
    counter.vendor.happen()
    assert counter.sync().status == "done"
    assert {each["status"] for each in counter.vendor.requests()} <= {200, 404}


def test_call_under_way_then_ended_then_heard(counter: Counter) -> None:
    made = counter.vendor.happen(lasts=60, late=True)
    counter.sync()
    first = counter.call(made["id"])
    counter.vendor.advance(61)
    counter.sync()
    second = counter.call(made["id"])
    counter.vendor.advance(600)
    counter.sync()
    third = counter.call(made["id"])

    assert (first.status, first.answered, first.duration_seconds) == ("in-progress", None, 0)
    assert (second.status, second.answered, second.recording_url, second.transcript) == (
        "completed",
        True,
        "",
        "",
    )
    assert third.recording_url.endswith(
        f"/{made['id']}/locations/{counter.vendor.keys.location_id}/recording"
    )
    assert third.transcript_turns[0]["start_s"] == 0.0
    assert {turn["speaker"] for turn in third.transcript_turns} == {"Speaker 1", "Speaker 2"}
    assert_rows_equal_truth(counter)


def test_what_comes_late_is_asked_for_often_at_first_and_hourly_for_two_days(counter: Counter) -> None:
    old = timezone.now() - timedelta(hours=5)
    made = counter.vendor.happen(late=True, at=old.timestamp(), lasts=6 * 3600)  # still to be transcribed

    def asked() -> int:
        return len(counter.vendor.requests(f"{made['id']}/locations"))

    counter.vendor.edit(made["id"], meta={"callDuration": "9", "callStatus": "completed"})
    counts = []
    for looked in (None, timezone.now(), timezone.now() - timedelta(minutes=61)):
        counter.change(looked_again_at=looked)
        before = asked()
        counter.sync()
        counts.append(asked() - before)
    assert counts == [1, 0, 1]  # new; too soon; once more

    with counter.inside():
        ghl_sync_age = timezone.now() - timedelta(hours=49)
        counter.vendor.edit(made["id"], dateAdded=ghl_sync_age.isoformat())
    counter.change(looked_again_at=None)
    before = asked()
    counter.sync()
    assert asked() == before


def test_interrupted_walk_goes_on_where_it_stopped(counter: Counter, small_pages: int) -> None:
    counter.vendor.limit(most=10_000)
    counter.vendor.many(40)
    counter.vendor.fault("reset", skip=2, path_contains=EXPORT)
    first = counter.sync()
    began, token = counter.account.walk_began_at, counter.account.page_token

    second = counter.sync()

    assert (first.status, first.error_kind, first.pages) == ("failed", "unavailable", 2)
    assert token
    assert (second.status, counter.account.sync_cursor) == ("done", began)
    assert first.seen + second.seen == len(counter.vendor.truth())
    assert_rows_equal_truth(counter)


def test_cursor_that_grew_old_begins_anew(counter: Counter, small_pages: int) -> None:
    counter.vendor.limit(most=10_000)
    counter.vendor.many(30)
    counter.vendor.fault("reset", skip=1, path_contains=EXPORT)
    counter.sync()
    counter.vendor.advance(4000)
    refused = counter.sync()

    assert (refused.status, refused.error_kind, counter.account.page_token) == ("failed", "rejected", "")
    assert counter.sync().status == "done"
    assert_rows_equal_truth(counter)


def test_message_that_changes_between_pages_is_not_lost_nor_doubled(
    counter: Counter, small_pages: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    counter.vendor.limit(most=10_000)
    counter.vendor.many(25)
    commit, added = walks._commit_page, list[Record]()

    def then_one_more(*args: Any) -> None:
        commit(*args)
        if len(added) < 2:
            added.append(counter.vendor.happen())

    monkeypatch.setattr(walks, "_commit_page", then_one_more)

    assert counter.sync().status == "done"
    assert_rows_equal_truth(counter)


@pytest.mark.parametrize(
    ("fault", "how", "kind"),
    [
        ("status", {"status": 401}, "unauthorised"),
        ("status", {"status": 403}, "forbidden"),
        ("status", {"status": 404}, "not_found"),
        ("status", {"status": 500}, "unavailable"),
        ("status", {"status": 422}, "rejected"),
        ("status", {"status": 429}, "rate_limited"),
        ("html", {}, "unreadable"),
        ("truncated", {}, "unreadable"),
        ("reset", {}, "unavailable"),
        ("cut_short", {}, "cut_short"),
        ("repeat_page", {}, "repeated_page"),
    ],
)
def test_trouble_is_told_in_words_and_passes(
    counter: Counter, small_pages: int, fault: str, how: Record, kind: str
) -> None:
    counter.vendor.limit(most=10_000)
    counter.vendor.many(15)
    counter.vendor.fault(fault, path_contains=EXPORT, times=2 if fault == "repeat_page" else 1, **how)

    run, account, page = counter.sync(), counter.account, counter.panel()

    words = WORDS[kind].split("{")[0]
    assert (run.status, run.error_kind, account.problem_kind, account.failures) == ("failed", kind, kind, 1)
    assert page.count(words) >= 2  # in the card, and beside the run
    assert ("Needs attention" in page) == (kind in ("unauthorised", "forbidden", "not_found"))
    assert (account.lease_until, account.sync_cursor) == (None, None)
    assert account.next_run_at is not None
    assert account.next_run_at > timezone.now()

    counter.vendor.mend()
    while counter.sync().status != "done":
        pass
    assert_rows_equal_truth(counter)


@pytest.mark.parametrize(
    ("part", "fault", "how"),
    [
        ("/recording", "status", {"status": 500}),
        ("/transcription", "status", {"status": 500}),
        ("/transcription", "html", {}),
        ("/contacts/", "status", {"status": 503}),
        ("/contacts/", "reset", {}),
    ],
)
def test_one_answer_that_fails_does_not_hold_up_the_others(
    counter: Counter, part: str, fault: str, how: Record
) -> None:
    counter.vendor.many(3)
    counter.vendor.fault(fault, path_contains=part, **how)

    assert counter.sync().status == "done"
    assert_rows_equal_truth(counter)  # asked again at once

    made = counter.vendor.happen()
    counter.vendor.fault(fault, path_contains=part, times=3, **how)
    assert (counter.sync().status, held(counter.call(made["id"])) == expected(counter.vendor.truth()[-1])) == (
        "done", False,
    )  # fmt: skip
    assert counter.sync().status == "done"
    assert_rows_equal_truth(counter)


def test_service_that_fails_throughout_stops_the_sync(
    counter: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ghl_sync, "PAUSES_S", (0.0, 0.0))
    counter.vendor.many(8)
    counter.vendor.fault("status", status=500, times=99, path_contains="/contacts/")

    run = counter.sync()

    assert (run.status, run.error_kind, counter.calls()) == ("failed", "unavailable", [])


def test_limit_is_kept_by_waiting(counter: Counter, naps: list[float]) -> None:
    counter.vendor.many(12)
    counter.vendor.limit(most=20, interval_s=0.3)

    assert counter.sync().status == "done"
    assert naps
    assert set(naps) == {0.3}
    assert_rows_equal_truth(counter)


@pytest.mark.parametrize(("limit", "least", "most"), [({"most": 0}, 10, 11), ({"most_a_day": 1}, 3600, 3601)])
def test_refusal_by_the_limit_pauses_as_its_headers_say(
    counter: Counter, naps: list[float], limit: dict[str, float], least: int, most: int
) -> None:
    counter.vendor.limit(**limit)
    before = timezone.now()

    run = counter.sync()

    assert (run.status, run.error_kind) == ("failed", "rate_limited")
    assert counter.account.next_run_at is not None
    assert least <= (counter.account.next_run_at - before).total_seconds() <= most + 5


@pytest.mark.parametrize(
    ("change", "expect"),
    [
        ({"meta": {"call": {"duration": "61", "status": "completed"}}}, {"duration_seconds": 61, "answered": True}),
        ({"meta": {"callDuration": "x", "callStatus": "No Answer"}}, {"duration_seconds": 0, "answered": False}),
        ({"meta": {"callDuration": 10**400, "callStatus": 5}}, {"duration_seconds": 0, "status": "5"}),
        ({"meta": None, "status": "busy"}, {"status": "busy", "answered": False}),
        ({"meta": [1]}, {"duration_seconds": 0}),
        ({"dateAdded": 1_763_700_000_000}, {"started_at": datetime(2025, 11, 21, 4, 40, tzinfo=UTC)}),
        ({"dateAdded": "2026-11-20T10:00:00"}, {"started_at": datetime(2026, 11, 20, 10, tzinfo=UTC)}),
        ({"messageType": "", "type": 1}, {"kind": "call"}),
        ({"messageType": "TYPE_IVR_CALL"}, {"kind": "call"}),
        ({"direction": None, "contactId": None}, {"direction": "inbound", "lead": None, "from_e164": ""}),
        ({"from": "+13125550142", "to": "+13125550100"}, {"from_e164": "+13125550142", "to_number": "+13125550100"}),
        ({"direction": "outbound", "from": "+13125550100", "to": "(312) 555-0142"}, {"from_e164": "+13125550142"}),
        ({"altId": "CA\x0012"}, {"external_sid": "CA12"}),
        ({"body": "W" * 20_000, "attachments": {"a": 1}}, {"kind": "call"}),
    ],
)  # fmt: skip
def test_odd_message_becomes_a_correct_row(counter: Counter, change: Record, expect: Record) -> None:
    made = counter.vendor.happen()
    counter.vendor.edit(made["id"], **change)
    with counter.inside():
        sync_schedule.back_fill(
            account=counter.account, first=date(2025, 11, 20), last=timezone.now().date(), now=timezone.now()
        )  # so that old moments are in the window

    run = counter.sync()
    call = counter.call(made["id"])

    assert (run.status, run.errors) == ("done", 0)
    assert {name: getattr(call, name) for name in expect} == expect
    for url in ("/inbox/", f"/inbox/{call.pk}/"):
        assert counter.cast.browser("nora").get(url).status_code == 200


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"id": None}, "has no id"),
        ({"dateAdded": None}, "has no readable time"),
        ({"dateAdded": "soon"}, "has no readable time"),
        ({"dateAdded": True}, "has no readable time"),
        ({"dateAdded": "0001-01-01T00:00:00Z"}, "has no believable time"),
        ({"dateAdded": 10**400}, "has no readable time"),
    ],
)
def test_message_that_cannot_be_read_is_left_out_and_said(
    counter: Counter, change: Record, reason: str
) -> None:
    made, good = counter.vendor.happen(), counter.vendor.happen()
    counter.vendor.edit(made["id"], **change)

    run = counter.sync()

    assert (run.status, run.errors) == ("done", 1)
    assert counter.call(good["id"]).kind == "call"
    assert f"Left out: The entry {reason}" in counter.panel()


def test_caller_the_vendor_forgot_is_a_call_without_a_lead(counter: Counter) -> None:
    made = counter.vendor.happen()
    counter.vendor.forget(made["contactId"])

    assert counter.sync().status == "done"
    call = counter.call(made["id"])
    assert (call.lead, call.from_e164, call.caller_name) == (None, "", "")


def test_one_person_calling_by_both_providers_is_one_lead(counter: Counter) -> None:
    made = counter.vendor.happen()
    counter.vendor.edit(made["id"], **{"from": counter.house.lead.phone_e164})
    counter.vendor.forget(made["contactId"])

    counter.sync()

    assert counter.call(made["id"]).lead == counter.house.lead


def test_same_message_id_at_two_clients_is_two_calls(counter: Counter) -> None:
    made = counter.vendor.happen()
    with counter.inside():
        Call.unscoped.create(
            agency_id=counter.cast.larkspur.pk, client=counter.cast.delgado.client, source="ghl",
            external_id=made["id"], direction="inbound", started_at=timezone.now(),
        )  # fmt: skip
    counter.sync()

    with counter.inside():
        assert Call.unscoped.filter(source="ghl", external_id=made["id"]).count() == 2


def test_same_id_at_the_other_provider_is_another_call(counter: Counter) -> None:
    made = counter.vendor.happen()
    counter.vendor.edit(made["id"], id=counter.house.call.external_id)

    counter.sync()

    other = counter.call(counter.house.call.external_id)
    assert (other.pk != counter.house.call.pk, other.source) == (True, "ghl")
    with counter.inside():
        assert Call.unscoped.get(pk=counter.house.call.pk).source == "ctm"


def test_back_fill_reads_those_days_and_leaves_the_cursor(counter: Counter) -> None:
    counter.sync()
    cursor, day = counter.account.sync_cursor, timezone.now() - timedelta(days=200)
    old = counter.vendor.happen(at=day.timestamp())
    later = counter.vendor.happen(at=(day + timedelta(days=3)).timestamp())
    with counter.inside():
        sync_schedule.back_fill(
            account=counter.account, first=day.date() - timedelta(days=1), last=day.date() + timedelta(days=1),
            now=timezone.now(),
        )  # fmt: skip

    run = counter.sync()

    account = counter.account
    assert (run.status, run.trigger, run.created) == ("done", "backfill", 1)
    assert counter.call(old["id"]).transcript
    with pytest.raises(Call.DoesNotExist):
        counter.call(later["id"])
    assert (account.sync_cursor, account.backfill_from, account.window_end) == (cursor, None, None)
    assert account.next_run_at is not None
    assert account.next_run_at <= timezone.now()
    assert counter.sync().trigger == "schedule"


def test_back_fill_that_keeps_failing_does_not_hold_up_new_calls(counter: Counter) -> None:
    with counter.inside():
        today = timezone.now().date()
        sync_schedule.back_fill(account=counter.account, first=today, last=today, now=timezone.now())
    counter.vendor.fault("status", status=422, times=walks.BACKFILL_TRIES, path_contains="endDate")
    for _ in range(walks.BACKFILL_TRIES):
        assert counter.sync().status == "failed"

    assert counter.account.backfill_from is None
    assert counter.sync().status == "done"


def test_both_providers_are_swept(counter: Counter) -> None:
    now = timezone.now()
    counter.change(next_run_at=now)
    with counter.inside():
        CTMAccount.unscoped.update(next_run_at=now)

    assert counter.account.pk in dict(sync_schedule.due_accounts(GHLAccount, now=now, limit=10))
    assert counter.account.pk not in dict(sync_schedule.due_accounts(CTMAccount, now=now, limit=10))


def test_run_under_the_former_token_writes_no_more(
    counter: Counter, small_pages: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    from crm.services.ghl_connect import check_keys, save_connection

    counter.vendor.limit(most=10_000)
    counter.vendor.many(20)
    commit, pages = walks._commit_page, list[int]()

    def overtaken(*args: Any) -> None:
        pages.append(1)
        if len(pages) == 2:
            keys = counter.vendor.keys
            found = check_keys(keys)
            with counter.inside():
                save_connection(client=counter.house.client, keys=keys, location=found, now=timezone.now())
        commit(*args)

    monkeypatch.setattr(walks, "_commit_page", overtaken)
    run = counter.sync()

    with counter.inside():
        run = GHLSyncRun.unscoped.get(pk=run.pk)
    assert (run.status, run.pages, run.error) == ("interrupted", 1, "The keys were changed.")


def test_page_and_its_cursor_are_one(
    counter: Counter, small_pages: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker that dies while it writes leaves the page unread, and the next one reads it again."""
    counter.vendor.limit(most=10_000)
    counter.vendor.many(30)
    count, died = walks._count, list[int]()

    def die(*args: Any) -> None:
        died.append(1)
        if len(died) == 2:
            raise KeyboardInterrupt
        count(*args)

    monkeypatch.setattr(walks, "_count", die)
    with pytest.raises(KeyboardInterrupt):
        counter.sync()
    here = len(counter.calls())
    counter.change(lease_until=timezone.now() - timedelta(seconds=1))

    assert here <= small_pages
    assert counter.sync().status == "done"
    assert_rows_equal_truth(counter)
    assert ghl_sync.GHL.source == "ghl"
