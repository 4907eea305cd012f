import re
from collections.abc import Callable

import httpx
import pytest

from sandbox.tests.conftest import PLUMBING, Record

Happen = Callable[..., Record]


@pytest.mark.parametrize(
    ("kind", "direction", "sid"),
    [
        ("call", "inbound", r"CA[0-9a-f]{32}"),
        ("text", "msg_inbound", r"\d+"),
        ("form", "form", r"FR\d+"),
        ("chat", "chat", r"CH\d+"),
        ("video", "video", r"VS\d+"),
    ],
)
def test_every_type_of_activity_is_in_the_list_of_calls(
    agency: httpx.Client, happen: Happen, kind: str, direction: str, sid: str
) -> None:
    story = {"call": "plumbing-burst-pipe", "text": "plumbing-text-quote"}.get(kind)
    made = happen(kind=kind, **({"story": story} if story else {}))

    newest = agency.get(f"accounts/{PLUMBING}/calls").json()["calls"][0]

    assert (newest["id"], newest["direction"]) == (made["id"], direction)
    assert re.fullmatch(sid, newest["sid"])


def test_call_has_the_facts_of_a_call(happen: Happen) -> None:
    call = happen(story="plumbing-burst-pipe", late=False)

    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d [AP]M [+-]\d\d:\d\d", call["called_at"])
    assert re.fullmatch(r"\+1\d{3}55501\d\d", call["caller_number"])
    assert call["duration"] == call["ring_time"] + call["talk_time"]
    assert call["id"] > 2**31
    lines = call["transcription_text"].splitlines()
    parts = call["transcription_segments"]
    assert [f"{part['speaker'].capitalize()}: {part['text']}" for part in parts] == lines
    assert parts[0]["start"] == 0
    assert all(part["start"] < part["end"] for part in parts)


def test_text_and_form_carry_their_words(happen: Happen) -> None:
    text, form = happen(story="plumbing-text-quote"), happen(story="plumbing-form-estimate")

    assert (text["message_id"][:3], "how much to install" in text["message_body"]) == ("MSG", True)
    assert form["form"]["custom"][0]["value"].startswith("Looking for an estimate")
    assert form["form"]["email"] == form["email"]


@pytest.mark.parametrize(
    ("variant", "field", "expected"),
    [
        ("anonymous", "caller_number", "+"),
        ("anonymous", "name", None),
        ("null_name", "name", None),
        ("comma_tags", "tag_list", "emergency, call tracking"),
        (
            "markup_name",
            "name",
            """<script>alert("hi")</script><img src=x onerror=alert(1)> & "Sons" {{ 7*7 }}""",
        ),
    ],
)
def test_variant_has_its_odd_field(happen: Happen, variant: str, field: str, expected: object) -> None:
    assert happen(story="plumbing-burst-pipe", variant=variant)[field] == expected


def test_variants_of_numbers_keys_and_absence(agency: httpx.Client, happen: Happen) -> None:
    def made(variant: str | list[str]) -> Record:
        return happen(story="plumbing-burst-pipe", variant=variant, late=False)

    assert isinstance(made("string_numbers")["unix_time"], str)
    assert isinstance(made("string_id")["id"], str)
    assert made("wait_ms")["wait_time"] > 1000
    assert {"sale", "custom_fields", "tag_list", "agent"}.isdisjoint(made("bare"))
    assert len(made("long_name")["name"]) == 10_000
    assert {"transcription_text", "transcription"} & made("other_transcript_key").keys() == {"transcription"}
    both = made(["null_name", "wait_ms"])
    assert (both["name"], both["wait_time"] > 1000) == (None, True)


def test_custom_fields_may_be_missing_from_the_list_only(agency: httpx.Client, happen: Happen) -> None:
    call = happen(variant="fields_in_detail", story="plumbing-burst-pipe")

    listed = agency.get(f"accounts/{PLUMBING}/calls").json()["calls"][0]

    assert (listed["id"], "custom_fields" in listed) == (call["id"], False)
    assert "custom_fields" in agency.get(f"accounts/{PLUMBING}/calls/{call['id']}").json()


def test_overrides_bring_what_follows_from_them(happen: Happen) -> None:
    call = happen(
        caller_number="+15125550123",
        unix_time=1772547240,
        transcription_text="Agent: Hello.\nCaller: Hi there.",
        made_up=[1],
        sale={"name": "x", "score": 2},
    )

    assert (call["caller_number_format"], call["contact_number"]) == ("(512) 555-0123", "+15125550123")
    assert call["called_at"] == "2026-03-03 08:14 AM -06:00"
    assert [part["text"] for part in call["transcription_segments"]] == ["Hello.", "Hi there."]
    assert (call["made_up"], call["sale"]) == ([1], {"name": "x", "score": 2})


def test_modify_writes_profile_and_notes(agency: httpx.Client, happen: Happen) -> None:
    url = f"accounts/{PLUMBING}/calls/{happen()['id']}"

    agency.post(
        f"{url}/modify.json", data={"call[name]": "Ana B", "call[comments]": "Gate code"}
    ).raise_for_status()
    agency.put(f"{url}/modify", json={"call": {"city": "Kyle"}, "ignored": 1}).raise_for_status()

    seen = agency.get(url).json()
    assert (seen["name"], seen["notes"], seen["city"]) == ("Ana B", "Gate code", "Kyle")


@pytest.mark.parametrize("body", [b"[1]", b"{", b"\xff\xfe"])
def test_unreadable_bodies_are_refused(agency: httpx.Client, happen: Happen, body: bytes) -> None:
    headers = {} if body[0] > 0x7F else {"Content-Type": "application/json"}
    url = f"accounts/{PLUMBING}/calls/{happen()['id']}/modify"

    assert agency.post(url, content=body, headers=headers).status_code == 400
