import io
import wave
from collections.abc import Callable

import httpx
import pytest

from sandbox.server import Sandbox
from sandbox.tests.conftest import PLUMBING, Record

Happen = Callable[..., Record]


@pytest.fixture
def call(happen: Happen) -> Record:
    return happen(story="spam-warranty-robocall", late=False, quiet=True)


@pytest.fixture
def link(agency: httpx.Client, call: Record) -> str:
    response = agency.get(call["audio"])
    assert response.status_code == 302
    return response.headers["location"]


def test_recording_leads_to_another_origin(running: Sandbox, link: str) -> None:
    assert link.startswith(running.media_url + "/recordings/")
    assert running.media_url != running.url


def test_recording_is_audio_as_long_as_the_call_up_to_20_seconds(link: str, call: Record) -> None:
    response = httpx.get(link)

    assert response.headers["content-type"] == "audio/wav"
    with wave.open(io.BytesIO(response.content)) as audio:
        assert (audio.getnchannels(), audio.getframerate()) == (1, 8000)
        assert audio.getnframes() == 8000 * min(call["talk_time"], 20)
        samples = memoryview(audio.readframes(audio.getnframes())).cast("h")
    assert 3_000 < max(samples) < 12_000
    assert httpx.get(link).content == response.content


@pytest.mark.parametrize(
    ("wanted", "status", "part", "content_range"),
    [
        ("bytes=0-3", 206, slice(0, 4), "bytes 0-3/{}"),
        ("bytes=100-", 206, slice(100, None), "bytes 100-{last}/{}"),
        ("bytes=-10", 206, slice(-10, None), "bytes {tenth}-{last}/{}"),
        ("bytes=99999999-", 416, slice(0, 0), "bytes */{}"),
    ],
)
def test_range_brings_a_part(link: str, wanted: str, status: int, part: slice, content_range: str) -> None:
    whole = httpx.get(link).content

    response = httpx.get(link, headers={"Range": wanted})

    size = len(whole)
    assert (response.status_code, response.content) == (status, whole[part])
    assert response.headers["content-range"] == content_range.format(size, last=size - 1, tenth=size - 10)


def test_keys_that_reach_the_second_origin_are_noticed(control: httpx.Client, link: str) -> None:
    httpx.get(link)
    assert control.get("media").json()["authorization_seen"] is False

    assert httpx.get(link, auth=("a", "b")).status_code == 400

    assert control.get("media").json()["authorization_seen"] is True


def test_temporary_link_ends_and_cannot_be_altered(control: httpx.Client, link: str) -> None:
    assert httpx.get(link[:-1] + ("0" if link[-1] != "0" else "1")).status_code == 403
    control.post("clock", json={"advance": 301})
    assert httpx.get(link).status_code == 403


def test_recording_that_is_not_there_yet_is_not_found(agency: httpx.Client, happen: Happen) -> None:
    call = happen(story="spam-warranty-robocall", quiet=True)

    assert agency.get(f"accounts/{PLUMBING}/calls/{call['sid']}/recording").status_code == 404


def test_recording_asks_for_the_keys(call: Record) -> None:
    assert httpx.get(call["audio"]).status_code == 401
