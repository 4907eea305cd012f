"""The walk over a call tracker's pages: complete, repeatable, and whole again after every interruption."""

import threading
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.utils import timezone

from accounts.models import Client
from crm.models import Call, CTMAccount, CTMSyncRun
from crm.services import ctm_sync, sync_schedule, walks
from crm.tests.conftest import DENTAL, Desk, Record, moment, spoken_story

KINDS = {
    "inbound": ("call", "inbound"),
    "outbound": ("call", "outbound"),
    "msg_inbound": ("text", "inbound"),
    "msg_outbound": ("text", "outbound"),
    "form": ("form", "inbound"),
    "chat": ("chat", "inbound"),
}


def expected(record: Record) -> dict[str, Any]:
    """What a row must hold, from the vendor's object alone."""
    score = (record.get("sale") or {}).get("score")
    said = record.get("transcription_text") or record.get("transcription") or record.get("message_body")
    return {
        "external_id": str(record["id"]),
        "sid": record["sid"],
        "kind": KINDS.get(record["direction"], ("other", "inbound")),
        "started_at": moment(record["unix_time"]),
        "duration": int(record["duration"]),
        "talk": int(record["talk_time"]),
        "number": "" if record["caller_number"] == "+" else record["caller_number"],
        "rating_at_ctm": score,
        "recording": record["audio"] or "",
        "transcript": (said or "").strip(),
    }


def held(call: Call) -> dict[str, Any]:
    return {
        "external_id": call.external_id,
        "sid": call.external_sid,
        "kind": (call.kind, call.direction),
        "started_at": call.started_at,
        "duration": call.duration_seconds,
        "talk": call.talk_seconds,
        "number": call.from_e164,
        "rating_at_ctm": call.ctm_rating,
        "recording": call.recording_url,
        "transcript": call.transcript,
    }


def assert_rows_equal_truth(desk: Desk) -> None:
    truth = {str(record["id"]): expected(record) for record in desk.vendor.truth()}
    rows = [held(call) for call in desk.calls()]
    assert len(rows) == len({row["external_id"] for row in rows})
    assert {row["external_id"]: row for row in rows} == truth


def test_sync_brings_rows_equal_to_the_truth(desk: Desk, small_pages: int) -> None:
    for kind in ("text", "form", "chat", "video"):
        desk.vendor.happen(kind=kind)
    for variant in (
        "anonymous",
        "null_name",
        "string_numbers",
        "wait_ms",
        "comma_tags",
        "bare",
        "other_transcript_key",
    ):
        desk.vendor.happen(variant=variant)
    truth = desk.vendor.truth()

    run = desk.sync()

    assert_rows_equal_truth(desk)
    assert (run.status, run.seen, run.created, run.updated, run.errors, run.expected, run.pages) == (
        "done", len(truth), len(truth), 0, 0, len(truth), -(-len(truth) // small_pages),
    )  # fmt: skip
    assert (desk.account.health, desk.account.problem, desk.account.lease_until) == ("ok", "", None)
    assert "Up to date" in desk.panel()


def test_second_sync_changes_nothing(desk: Desk) -> None:
    desk.sync()
    with desk.inside():
        before = list(Call.unscoped.order_by("pk").values())

    run = desk.sync()

    with desk.inside():
        assert list(Call.unscoped.order_by("pk").values()) == before
    assert (run.status, run.created, run.updated) == ("done", 0, 0)
    assert run.seen > 0


def test_call_inserted_between_pages_is_not_lost_nor_doubled(desk: Desk, small_pages: int) -> None:
    desk.vendor.fault("insert_between_pages", times=2)

    assert desk.sync().status == "done"
    assert desk.sync().status == "done"

    assert_rows_equal_truth(desk)


def test_interrupted_walk_goes_on_where_it_stopped(desk: Desk, small_pages: int) -> None:
    desk.vendor.fault("reset", skip=2, path_contains="/calls")
    first = desk.sync()
    began, token = desk.account.walk_began_at, desk.account.page_token
    desk.vendor.happen()  # newer than the pages that are still to come

    second = desk.sync()

    assert (first.status, first.error_kind, first.pages) == ("failed", "unavailable", 2)
    assert token.startswith("http")
    assert desk.vendor.requests("after=")[-1]["path"] != ""
    assert (second.status, desk.account.sync_cursor) == ("done", began)
    assert first.seen + second.seen == len(desk.vendor.truth()) - 1
    desk.sync()
    assert_rows_equal_truth(desk)


def test_resumed_walk_that_is_cut_short_is_noticed(desk: Desk, small_pages: int) -> None:
    desk.vendor.fault("reset", skip=1, path_contains="/calls")
    desk.sync()
    desk.vendor.fault("cut_short", skip=1)

    run = desk.sync()

    assert (run.status, run.error_kind, desk.account.sync_cursor) == ("failed", "cut_short", None)
    assert desk.sync().status == "done"
    assert_rows_equal_truth(desk)


def test_cursor_moves_only_after_a_complete_walk(desk: Desk, small_pages: int) -> None:
    cursors = []
    for kind in ("reset", "html", "cut_short", "repeat_page"):
        desk.vendor.fault(kind, skip=1, path_contains="/calls")
        cursors.append((desk.sync().status, desk.account.sync_cursor))
        desk.vendor.mend()
    began = timezone.now()

    assert cursors == [("failed", None)] * 4
    assert desk.sync().status == "done"
    assert desk.account.sync_cursor is not None
    assert desk.account.sync_cursor <= timezone.now()
    assert desk.account.sync_cursor >= began - timedelta(minutes=1)


def test_start_date_is_in_the_accounts_own_zone(desk: Desk) -> None:
    """A call at 02:30 UTC belongs to New York's day before."""
    zone = ZoneInfo(desk.vendor.accounts[DENTAL]["timezone"])
    night = datetime.now(UTC).replace(hour=2, minute=30, second=0, microsecond=0) - timedelta(days=3)
    late = desk.vendor.happen(unix_time=int(night.timestamp()))
    desk.change(sync_cursor=night + timedelta(minutes=10), overlap_days=0)

    desk.sync()

    asked = desk.vendor.requests("start_date=")[0]["path"]
    assert f"start_date={night.astimezone(zone).date().isoformat()}" in asked
    assert night.astimezone(zone).date() == night.date() - timedelta(days=1)
    assert desk.call(late["id"]).started_at == night


def test_unknown_zone_reads_a_day_more(desk: Desk) -> None:
    cursor = datetime(2026, 11, 18, 0, 10, tzinfo=UTC)
    desk.change(timezone="Mars/Olympus", sync_cursor=cursor, overlap_days=0)

    assert desk.sync().status == "done"
    assert "start_date=2026-11-17" in desk.vendor.requests("start_date=")[0]["path"]


def test_late_recording_transcript_and_score_arrive_by_the_overlap(desk: Desk) -> None:
    made = desk.vendor.happen(story=spoken_story(desk), late=True)
    desk.sync()
    first = desk.call(made["id"])

    desk.vendor.advance(3600)
    desk.sync()
    second = desk.call(made["id"])
    desk.vendor.rate(made["id"], 4)
    desk.sync()
    third = desk.call(made["id"])

    assert (first.transcript, first.recording_url) == ("", "")
    assert second.transcript == desk.vendor.one(made["id"])["transcription_text"]
    assert second.recording_url.endswith("/recording")
    assert (third.rating, third.rating_by, third.ctm_rating) == (4, "ctm", 4)


def test_edits_beyond_the_overlap_are_not_asked_for(desk: Desk) -> None:
    desk.sync()
    desk.sync()

    asked = desk.vendor.requests("start_date=")[-1]["path"]
    since = timezone.now() - timedelta(days=desk.account.overlap_days)
    zone = ZoneInfo(desk.account.timezone)
    assert f"start_date={since.astimezone(zone).date().isoformat()}" in asked


def test_account_that_is_not_due_is_left_alone(desk: Desk) -> None:
    desk.sync()
    asked = len(desk.vendor.requests())

    with desk.inside():
        assert walks.sync(ctm_sync.CTM, account_id=desk.account.pk, agency_id=desk.cast.larkspur.pk) is None
    assert len(desk.vendor.requests()) == asked


def test_due_accounts_are_those_whose_time_has_come(desk: Desk) -> None:
    now = timezone.now()
    with desk.inside():
        CTMAccount.unscoped.update(next_run_at=None)

    seen = []
    for change in (
        {"next_run_at": now},
        {"next_run_at": now + timedelta(seconds=1)},
        {"next_run_at": now, "lease_until": now + timedelta(seconds=1)},
        {"lease_until": now - timedelta(seconds=1)},
        {"paused_at": now},
    ):
        desk.change(**change)
        seen.append(desk.account.pk in dict(sync_schedule.due_accounts(CTMAccount, now=now, limit=10)))

    assert seen == [True, False, False, True, False]


def test_accounts_of_archived_clients_rest(desk: Desk) -> None:
    now = timezone.now()
    with desk.inside():
        CTMAccount.unscoped.update(next_run_at=now)
        Client.unscoped.filter(pk=desk.account.client_id).update(archived_at=now)

    assert desk.account.pk not in dict(sync_schedule.due_accounts(CTMAccount, now=now, limit=10))


def test_lost_lease_writes_nothing(desk: Desk, small_pages: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that slept too long finds its account taken and stops, without a row or a counter."""
    commit = walks._commit_page
    pages: list[int] = []

    def overtaken(*args: Any) -> Any:
        pages.append(1)
        if len(pages) == 2:
            desk.change(lease_until=timezone.now() - timedelta(seconds=1))
            walks.begin(ctm_sync.CTM, desk.account.pk, "schedule", timezone.now())
        return commit(*args)

    monkeypatch.setattr(walks, "_commit_page", overtaken)
    run = desk.sync()
    account = desk.account

    assert len(pages) == 2
    assert (run.status, run.pages, run.seen) == ("interrupted", 1, small_pages)
    assert len(desk.calls()) == small_pages
    assert account.lease_until is not None
    assert account.lease_until > timezone.now()


def test_counters_tell_new_from_updated(desk: Desk) -> None:
    desk.sync()
    known = desk.calls()[0]
    desk.vendor.edit(known.external_id, notes="Called back.")
    desk.vendor.happen()

    run = desk.sync()

    assert (run.created, run.updated, run.errors) == (1, 1, 0)
    assert desk.call(known.external_id).notes == "Called back."


@pytest.mark.slow
def test_two_syncs_at_once_run_one(real_desk: Desk) -> None:
    desk = real_desk
    desk.vendor.fault("slow", seconds=0.7, path_contains="/calls.json")
    desk.change(next_run_at=timezone.now() - timedelta(seconds=1))
    results: list[object] = []
    gate = threading.Barrier(2)

    def go() -> None:
        try:
            gate.wait()
            results.append(
                walks.sync(ctm_sync.CTM, account_id=desk.house.account.pk, agency_id=desk.cast.larkspur.pk)
            )
        finally:
            connection.close()

    threads = [threading.Thread(target=go) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(result is None for result in results) == [False, True]
    with desk.inside():
        assert [run.status for run in CTMSyncRun.unscoped.filter(account=desk.house.account)] == ["done"]
    assert_rows_equal_truth(desk)
