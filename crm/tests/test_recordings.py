"""Recordings: fetched once, kept here, heard through our own door only."""

import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.core.files.storage import default_storage
from django.db import connection
from django.http.response import HttpResponseBase
from django.utils import timezone

from accounts.models import AuditEvent
from accounts.scope import PlatformUse, agency_scope, platform_scope
from crm.models import Call
from crm.services.recordings import fetch_fresh_recordings, fetch_recording
from crm.tests.conftest import Desk, spoken_story


@pytest.fixture(autouse=True)
def media(settings: Any, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = str(tmp_path)
    return tmp_path


@pytest.fixture
def call(desk: Desk) -> Call:
    made = desk.vendor.happen(story=spoken_story(desk))
    desk.sync()
    return desk.call(made["id"])


def listen(desk: Desk, call: Call, name: str | None = "nora", **headers: str) -> HttpResponseBase:
    response: HttpResponseBase = desk.cast.browser(name).get(f"/calls/{call.pk}/recording/", headers=headers)
    return response


def body(response: HttpResponseBase) -> bytes:
    return b"".join(response.streaming_content) if response.streaming else response.content  # type: ignore[attr-defined]


def files(media: Path) -> list[Path]:
    return [each for each in media.rglob("*") if each.is_file()]


def test_recording_is_fetched_once_and_kept(desk: Desk, call: Call, media: Path) -> None:
    first = listen(desk, call)
    sound = body(first)
    again = body(listen(desk, call))

    assert (first.status_code, first["Content-Type"], first["Accept-Ranges"]) == (200, "audio/wav", "bytes")
    assert first["Cache-Control"] == "private, max-age=3600"
    assert sound[:4] == b"RIFF"
    assert sound == again
    assert len(desk.vendor.requests("/recording")) == 1
    [kept] = files(media)
    assert kept.relative_to(media).parts[:3] == ("recordings", str(call.agency_id), str(call.client_id))


def test_our_keys_never_reach_the_store_of_recordings(desk: Desk, call: Call) -> None:
    body(listen(desk, call))

    media = desk.vendor.media()
    assert (len(media["requests"]), media["authorization_seen"]) == (1, False)


@pytest.mark.parametrize(
    ("asked", "start", "stop"),
    [("bytes=0-0", 0, 1), ("bytes=10-19", 10, 20), ("bytes=100-", 100, None), ("bytes=-50", -50, None),
     ("bytes=5-99999999", 5, None), ("bytes=-99999999", 0, None)],
)  # fmt: skip
def test_a_part_is_served(desk: Desk, call: Call, asked: str, start: int, stop: int | None) -> None:
    whole = body(listen(desk, call))
    response = listen(desk, call, Range=asked)
    part = body(response)

    wanted = whole[start:stop]
    first = start if start >= 0 else len(whole) + start
    assert (response.status_code, part) == (206, wanted)
    assert response["Content-Range"] == f"bytes {first}-{first + len(wanted) - 1}/{len(whole)}"
    assert response["Content-Length"] == str(len(wanted))


@pytest.mark.parametrize("asked", ["bytes=999999999-", "bytes=-0"])
def test_a_part_beyond_the_end_is_refused(desk: Desk, call: Call, asked: str) -> None:
    size = len(body(listen(desk, call)))
    response = listen(desk, call, Range=asked)

    assert (response.status_code, response["Content-Range"]) == (416, f"bytes */{size}")


@pytest.mark.parametrize("asked", ["bytes=-", "bytes=a-b", "seconds=1-2", "bytes=0-1,5-6", ""])
def test_a_range_we_do_not_read_gets_all(desk: Desk, call: Call, asked: str) -> None:
    response = listen(desk, call, Range=asked)

    assert (response.status_code, body(response)[:4]) == (200, b"RIFF")


def test_only_those_who_see_the_call_hear_it(desk: Desk, call: Call) -> None:
    heard = {
        name: listen(desk, call, name)
        for name in ("nora", "theo", "hannah", "vi", "ed", "rafael", "otto", "petra")
    }
    statuses = {name: response.status_code for name, response in heard.items()}
    for response in heard.values():
        body(response)

    assert statuses == {
        "nora": 200, "theo": 200, "hannah": 200, "vi": 200, "ed": 403, "rafael": 404, "otto": 404, "petra": 404,
    }  # fmt: skip
    assert listen(desk, call, None).status_code == 302


def test_every_listener_is_in_the_audit_log_once(desk: Desk, call: Call) -> None:
    cache.clear()
    for name in ("nora", "nora", "hannah", "rafael", "ed"):
        body(listen(desk, call, name, Range="bytes=1-"))

    with platform_scope(PlatformUse.ADMIN):
        told = AuditEvent.unscoped.filter(event_type="recording_heard").order_by("seq")
        assert [(each.actor_id, each.client_id, each.target) for each in told] == [
            (desk.cast.people[name].pk, call.client_id, f"call {call.pk}") for name in ("nora", "hannah")
        ]


def test_strangers_do_not_make_us_ask_the_vendor(desk: Desk, call: Call) -> None:
    listen(desk, call, "rafael")

    assert desk.vendor.requests("/recording") == []


def test_redacted_recording_is_hidden_even_when_we_have_it(desk: Desk, call: Call) -> None:
    body(listen(desk, call))
    desk.vendor.edit(call.external_id, redacted=True)
    desk.sync()
    response = listen(desk, call)

    assert (response.status_code, body(response)) == (404, b"There is no recording of this call.\n")
    page = desk.browser().get(f"/inbox/{call.pk}/").content.decode()
    assert "/recording/" not in page


def test_missing_recording_says_so(desk: Desk) -> None:
    made = desk.vendor.happen(story=spoken_story(desk), late=True)
    desk.sync()
    response = listen(desk, desk.call(made["id"]))

    assert (response.status_code, body(response)) == (404, b"There is no recording of this call.\n")


@pytest.mark.parametrize(
    ("fault", "how"), [("status", {"status": 500}), ("reset", {}), ("html", {}), ("status", {"status": 404})]
)
def test_recording_that_cannot_be_fetched_now_says_so_and_comes_later(
    desk: Desk, call: Call, media: Path, fault: str, how: dict[str, int]
) -> None:
    desk.vendor.fault(fault, path_contains="/recording", **how)
    refused = listen(desk, call)
    told = body(refused).decode()

    assert (refused.status_code, "can't be fetched right now" in told, files(media)) == (404, True, [])
    assert body(listen(desk, call))[:4] == b"RIFF"


def test_recording_elsewhere_is_not_fetched_with_our_keys(desk: Desk, call: Call) -> None:
    with desk.inside():
        Call.unscoped.filter(pk=call.pk).update(recording_url="https://recordings.example.test/a.wav")

    assert b"can't be fetched" in body(listen(desk, call))


def test_disconnected_clients_recording_says_where_it_is(desk: Desk, call: Call) -> None:
    with desk.inside():
        desk.account.delete()

    assert b"no longer connected" in body(listen(desk, call))


def test_file_that_is_lost_is_fetched_again(desk: Desk, call: Call, media: Path) -> None:
    whole = body(listen(desk, call))
    for each in files(media):
        each.unlink()

    assert body(listen(desk, call)) == whole
    assert len(files(media)) == 1
    with desk.inside():
        assert default_storage.exists(str(desk.call(call.external_id).recording.name))


def test_fresh_recordings_are_fetched_before_anybody_asks(desk: Desk, call: Call, media: Path) -> None:
    old = timezone.now() - timedelta(days=9)
    with desk.inside():
        waiting = Call.unscoped.exclude(recording_url="")
        waiting.exclude(pk=call.pk).update(started_at=old)

    assert fetch_fresh_recordings(now=timezone.now(), limit=5) == 1
    assert fetch_fresh_recordings(now=timezone.now(), limit=5) == 0
    assert len(files(media)) == 1


@pytest.mark.slow
def test_two_listeners_at_once_leave_one_file(real_desk: Desk, media: Path) -> None:
    desk = real_desk
    made = desk.vendor.happen(story=spoken_story(desk))
    desk.sync()
    call = desk.call(made["id"])
    desk.vendor.fault("slow", seconds=0.4, times=2, path_contains="/recording")
    gate, got = threading.Barrier(2), list[bytes]()

    def go() -> None:
        try:
            gate.wait()
            with agency_scope(desk.cast.larkspur.pk):
                name = str(fetch_recording(call_id=call.pk).recording.name)
            with default_storage.open(name) as file:
                got.append(file.read())
        finally:
            connection.close()

    threads = [threading.Thread(target=go) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert (len(got), got[0] == got[1], len(files(media))) == (2, True, 1)
