from collections.abc import Callable

import httpx

from sandbox.tests.conftest import PLUMBING, Record

Happen = Callable[..., Record]
MINUTE, DAY = 60, 86_400


def test_recording_transcript_and_score_arrive_one_after_the_other(
    agency: httpx.Client, control: httpx.Client, happen: Happen
) -> None:
    # A score is given to one call in four: make enough for at least one.
    made = [happen(story="plumbing-burst-pipe", quiet=True)["id"] for _ in range(40)]

    def arrived() -> tuple[int, int, int]:
        body = agency.get(f"accounts/{PLUMBING}/calls", params={"per_page": 40}).json()
        calls = [call for call in body["calls"] if call["id"] in made]
        assert len(calls) == 40
        return (
            sum(call["audio"] is not None for call in calls),
            sum(
                call["transcription_text"] is not None and bool(call["transcription_segments"])
                for call in calls
            ),
            sum("sale" in call for call in calls),
        )

    assert arrived() == (0, 0, 0)
    control.post("clock", json={"advance": MINUTE})
    assert arrived() == (40, 0, 0)
    control.post("clock", json={"advance": 2 * MINUTE})
    assert arrived() == (40, 40, 0)
    control.post("clock", json={"advance": DAY})
    assert arrived()[:2] == (40, 40)
    assert 0 < arrived()[2] < 40


def test_rating_by_others_does_not_come_after_ours(
    agency: httpx.Client, control: httpx.Client, happen: Happen
) -> None:
    made = [happen(story="plumbing-burst-pipe", quiet=True)["id"] for _ in range(20)]
    for call_id in made:
        agency.post(f"accounts/{PLUMBING}/calls/{call_id}/sale", data={"score": "1"})

    control.post("clock", json={"advance": 2 * DAY})

    calls = agency.get(f"accounts/{PLUMBING}/calls", params={"per_page": 20}).json()["calls"]
    assert {call["sale"]["score"] for call in calls} == {1}


def test_rating_by_others_does_not_come_after_ours_was_deleted(
    agency: httpx.Client, control: httpx.Client, happen: Happen
) -> None:
    for _ in range(20):
        url = f"accounts/{PLUMBING}/calls/{happen(story='plumbing-burst-pipe', quiet=True)['id']}/sale"
        agency.delete(url).raise_for_status()

    control.post("clock", json={"advance": 2 * DAY})

    calls = agency.get(f"accounts/{PLUMBING}/calls", params={"per_page": 20}).json()["calls"]
    assert [call for call in calls if "sale" in call] == []


def test_late_false_brings_everything_at_once(happen: Happen) -> None:
    call = happen(story="plumbing-burst-pipe", late=False)

    assert call["audio"].endswith(f"/api/v1/accounts/{PLUMBING}/calls/{call['sid']}/recording")
    assert call["transcription_text"].startswith("Agent: Delgado")


def test_unanswered_call_never_has_either(control: httpx.Client, happen: Happen) -> None:
    control.post("clock", json={"advance": 0})
    call = happen(story="unanswered-rang-out", late=False)

    assert (call["audio"], call["transcription_text"], call["talk_time"]) == (None, None, 0)
    assert (call["status"], call["dial_status"]) == ("no answer", "no-answer")
