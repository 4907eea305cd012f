"""What the vendor took back is neither shown nor kept nor judged."""

import json

from accounts.scope import agency_scope
from conftest import NOON, Cast
from crm.models import Call
from crm.providers.ctm.records import call_record
from crm.services.ingest import ingest_calls
from crm.services.judging import machine_verdict
from crm.services.reconciling import Reading

SECRET = "my molar hurts"
RAW = {
    "id": 91, "sid": "CA91", "direction": "inbound", "status": "answered", "unix_time": int(NOON.timestamp()),
    "caller_number": "+14105550199", "duration": 60, "talk_time": 50, "audio": "https://app.example.test/91",
    "transcription_text": f"Agent: Hello.\nCaller: {SECRET}, can you call me back?", "summary": SECRET,
    "transcription_segments": [{"speaker": "caller", "start": 2.0, "text": f"{SECRET}, can you call me back?"}],
    "message_body": SECRET, "notes": SECRET, "form": {"custom": [{"id": "why", "value": SECRET}]},
}  # fmt: skip


def test_redacted_record_holds_no_words() -> None:
    record = call_record({**RAW, "redacted": True})

    assert SECRET not in repr(record)
    assert record.recording_url == ""


def test_redacted_form_and_text_are_not_judged_by_their_words() -> None:
    for direction in ("form", "msg_inbound"):
        record = call_record({**RAW, "direction": direction, "excluded": True})

        verdict = machine_verdict(record, is_known=False, previous_calls=0)

        assert SECRET not in repr(verdict)


def test_call_redacted_later_loses_its_words(cast: Cast) -> None:
    client = cast.brightside.client
    with agency_scope(client.agency_id):
        for raw in (RAW, {**RAW, "redacted": True}):
            ingest_calls(client=client, records=[call_record(raw)], reading=Reading(NOON), now=NOON)
        call = Call.unscoped.get(external_id="91")
        kept = [
            call.transcript,
            call.summary,
            call.notes,
            json.dumps([call.transcript_turns, call.ai_summary, call.raw]),
        ]

    assert not any(SECRET in each for each in kept)
    assert (call.redacted, call.recording_url, call.has_recording) == (True, "", False)
