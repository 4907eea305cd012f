"""What CTM sends us: verified as far as it can be, stored once, and turned into calls afterwards."""

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client as Browser
from django.utils import timezone

from accounts.models import Client
from crm.models import Activity, Call
from crm.tests.conftest import DENTAL, Desk, Record, spoken_story
from integrations.models import InboundEvent, OutboxDelivery
from integrations.services import outbox
from integrations.tasks import drain_outbox
from lib.signatures import ctm_signature

TOKEN = "token-brightside-dental"


def send(
    desk: Desk,
    body: object,
    position: str = "end",
    *,
    secret: str | None = "",
    token: str = TOKEN,
    age_s: float = 0,
    stamp: str = "",
) -> HttpResponse:
    """Post ``body`` as CTM would; ``secret`` None leaves the signature out, "" takes the right one."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = {}
    if secret is not None:
        stamp = stamp or str(int(timezone.now().timestamp() - age_s))
        key = secret or desk.vendor.accounts[DENTAL]["signing_secret"]
        headers = {"X-CTM-Time": stamp, "X-CTM-Signature": ctm_signature(key, stamp, raw)}
    return Browser().post(  # type: ignore[return-value]
        f"/hooks/ctm/{token}/{position}/", raw, content_type="application/json", headers=headers
    )


def stored(desk: Desk) -> list[InboundEvent]:
    with desk.inside():
        rows = InboundEvent.unscoped.filter(client=desk.house.client).exclude(external_id="x1")
        return list(rows.order_by("received_at", "pk"))


@pytest.fixture
def record(desk: Desk) -> Record:
    made = desk.vendor.happen(story=spoken_story(desk))
    return desk.vendor.one(made["id"])


def test_signed_delivery_becomes_a_call(desk: Desk, record: Record) -> None:
    assert send(desk, record).status_code == 200
    assert desk.calls() == []  # nothing is done while CTM waits

    drain_outbox()

    [event] = stored(desk)
    call = desk.call(record["id"])
    assert (event.kind, event.verified, event.error, event.body) == ("end", True, "", record)
    assert event.processed_at is not None
    assert (call.duration_seconds, call.recording_url) == (record["duration"], record["audio"])
    assert str(call.pk) in desk.browser().get("/inbox/").content.decode()
    assert desk.account.signature_seen_at is not None
    assert "signed" in desk.panel()


def test_unsigned_deliveries_are_taken_until_a_signed_one_was_seen(desk: Desk, record: Record) -> None:
    wrong = "not-the-secret"
    before = [send(desk, {**record, "n": 1}, secret=None), send(desk, {**record, "n": 2}, secret=wrong)]
    send(desk, {**record, "n": 3})
    after = [send(desk, {**record, "n": 4}, secret=None), send(desk, {**record, "n": 5}, secret=wrong)]

    assert [each.status_code for each in before + after] == [200, 200, 403, 403]
    assert [(event.body["n"], event.verified) for event in stored(desk)] == [
        (1, False),
        (2, False),
        (3, True),
    ]


def test_without_a_secret_of_ours_nothing_is_judged(desk: Desk, record: Record) -> None:
    desk.change(signing_credential=None)

    assert send(desk, record, secret=None).status_code == 200
    assert [event.verified for event in stored(desk)] == [None]
    assert desk.account.signature_seen_at is None


@pytest.mark.parametrize(("age_s", "status"), [(0, 200), (299, 200), (-290, 200), (400, 403), (-400, 403)])
def test_old_signature_is_no_signature(desk: Desk, record: Record, age_s: float, status: int) -> None:
    desk.change(signature_seen_at=timezone.now())

    assert send(desk, record, age_s=age_s).status_code == status


def test_time_that_is_no_number_is_not_judged_by_age(desk: Desk, record: Record) -> None:
    desk.change(signature_seen_at=timezone.now())

    assert send(desk, record, stamp="2026-03-03 09:14 AM -05:00").status_code == 200


def test_signature_covers_every_byte(desk: Desk, record: Record) -> None:
    desk.change(signature_seen_at=timezone.now())
    raw = json.dumps(record).encode()
    stamp = str(int(timezone.now().timestamp()))
    signature = ctm_signature(desk.vendor.accounts[DENTAL]["signing_secret"], stamp, raw)

    response = Browser().post(
        f"/hooks/ctm/{TOKEN}/end/",
        raw + b" ",
        content_type="application/json",
        headers={"X-CTM-Time": stamp, "X-CTM-Signature": signature},
    )

    assert (response.status_code, stored(desk)) == (403, [])


def test_same_delivery_twice_is_stored_once(desk: Desk, record: Record) -> None:
    statuses = [send(desk, record, position).status_code for position in ("end", "end", "status_change")]
    drain_outbox()

    assert statuses == [200, 200, 200]
    assert [event.kind for event in stored(desk)] == ["end", "status_change"]
    assert len(desk.calls()) == 1


def test_deliveries_that_differ_far_behind_are_both_stored(desk: Desk, record: Record) -> None:
    """However long the id is: the digest that tells them apart must not fall off the end."""
    for note in ("one", "two"):
        send(desk, {**record, "id": "9" * 500, "notes": note}, "p" * 90)

    assert len(stored(desk)) == 2


def ringing(record: Record) -> Record:
    nothing = dict.fromkeys(("duration", "talk_time", "ring_time", "hold_time", "wait_time"), 0)
    unheard: Record = {"audio": None, "transcription_text": None, "transcription_segments": []}
    words = dict.fromkeys(("status", "call_status", "dial_status"), "in progress")
    return {**record, **nothing, **unheard, **words, "tag_list": []}


def test_start_makes_the_call_and_end_completes_it(desk: Desk, record: Record) -> None:
    send(desk, ringing(record), "start")
    drain_outbox()
    during = desk.call(record["id"])
    send(desk, record)
    drain_outbox()
    after = desk.call(record["id"])

    assert (during.status, during.duration_seconds, during.transcript) == ("in-progress", 0, "")
    assert (after.pk, after.status, after.duration_seconds) == (during.pk, "answered", record["duration"])


def test_late_start_does_not_take_the_end_back(desk: Desk, record: Record) -> None:
    send(desk, record)
    drain_outbox()
    before = desk.call(record["id"])
    send(desk, ringing(record), "start")
    drain_outbox()

    after = desk.call(record["id"])
    assert (after.status, after.duration_seconds, after.transcript, after.recording_url) == (
        before.status, record["duration"], before.transcript, record["audio"],
    )  # fmt: skip
    assert [event.error for event in stored(desk)] == ["", ""]


def test_late_hang_up_does_not_take_the_recording_back(desk: Desk, record: Record) -> None:
    """``end_immediate`` knows no recording and no transcript yet."""
    send(desk, record)
    drain_outbox()
    bare = {**record, "audio": None, "transcription_text": None, "transcription_segments": []}
    send(desk, bare, "end_immediate")
    drain_outbox()

    after = desk.call(record["id"])
    assert (after.recording_url, after.transcript) == (record["audio"], record["transcription_text"])
    assert after.transcript_turns != []


def test_redaction_does_take_them_back(desk: Desk, record: Record) -> None:
    send(desk, record)
    send(desk, {**record, "audio": None, "transcription_text": None, "transcription_segments": [],
                "redacted": True}, "status_change")  # fmt: skip
    drain_outbox()

    after = desk.call(record["id"])
    assert (after.redacted, after.recording_url, after.transcript, after.transcript_turns) == (
        True,
        "",
        "",
        [],
    )


@pytest.mark.parametrize("token", ["nobody", "token-brightside-dental ", "x" * 500, "nul%00nul", "%C3%BC"])
def test_unknown_address_does_not_exist(desk: Desk, record: Record, token: str) -> None:
    assert send(desk, record, token=token).status_code == 404
    assert stored(desk) == []


def test_unknown_position_is_kept_and_used(desk: Desk, record: Record) -> None:
    assert send(desk, record, "transcription-ready").status_code == 200
    drain_outbox()

    assert [event.kind for event in stored(desk)] == ["transcription-ready"]
    assert desk.call(record["id"]).status == "answered"


@pytest.mark.parametrize(
    "body", [b"", b"not json", b"{", b'{"id": NaN}', b"\xff\xfe", b"[" * 5000, b'{"a":"' + b"x" * 1_000_001 + b'"}']
)  # fmt: skip
def test_body_that_is_no_json_is_refused(desk: Desk, body: bytes) -> None:
    response = send(desk, body)

    assert (response.status_code, response["Content-Type"]) == (400, "text/plain")
    assert stored(desk) == []


@pytest.mark.parametrize(
    "body", [[], 7, None, "text", {}, {"id": 5}, {"id": None, "unix_time": 1}, {"id": 5, "unix_time": "soon"}]
)
def test_body_that_is_no_call_is_kept_with_the_reason(desk: Desk, body: Any) -> None:
    assert send(desk, body).status_code == 200
    drain_outbox()

    [event] = stored(desk)
    assert "kept and not used" in event.error
    assert (event.processed_at is None, desk.calls()) == (False, [])


def test_other_accounts_call_is_kept_and_not_used(desk: Desk, record: Record) -> None:
    send(desk, {**record, "account_id": 511202})
    drain_outbox()

    assert [event.error for event in stored(desk)] == [
        "The delivery names another account; it was kept and not used."
    ]
    assert desk.calls() == []


@pytest.mark.parametrize("account_id", [None, "", DENTAL, str(DENTAL)])
def test_account_may_be_left_out(desk: Desk, record: Record, account_id: object) -> None:
    send(desk, {**record, "account_id": account_id})
    drain_outbox()

    assert len(desk.calls()) == 1


def test_delivery_for_a_connection_that_is_gone_is_kept(desk: Desk, record: Record) -> None:
    send(desk, record)
    with desk.inside():
        desk.account.delete()
    drain_outbox()

    assert [event.error for event in stored(desk)] == [
        "The client is no longer connected; the delivery was kept and not used."
    ]


def test_processing_again_changes_nothing(desk: Desk, record: Record) -> None:
    """News is told at least once; told again, it must not take back what was learned since."""
    send(desk, record)
    drain_outbox()
    desk.vendor.edit(record["id"], notes="Later.")
    desk.sync()
    with desk.inside():
        before = list(Call.unscoped.order_by("pk").values())
        OutboxDelivery.unscoped.filter(subscriber="crm.ctm_webhook").update(done_at=None)

    assert outbox.deliver_next(now=timezone.now() + timedelta(seconds=1))
    with desk.inside():
        assert list(Call.unscoped.order_by("pk").values()) == before
    assert len(stored(desk)) == 1


def test_echo_of_our_rating_is_no_second_deed(desk: Desk, record: Record) -> None:
    """We rate, CTM tells everybody, and we are among them."""
    from crm.tests.test_ratings import push, rate, vendor_stars, writes

    desk.sync()
    call = desk.call(record["id"])
    rate(desk, call, 2)
    push()
    send(desk, desk.vendor.one(record["id"]), "status_change")
    drain_outbox()

    after = desk.call(record["id"])
    with desk.inside():
        deeds = Activity.unscoped.filter(call=call, action="rating_changed").count()
    assert (after.rating, after.rating_by, after.ctm_rating, deeds) == (2, "human", 2, 1)
    assert (writes(desk, call), push(), vendor_stars(desk, call)) == ([(2, "sent")], 0, 2)


def test_delayed_delivery_with_older_stars_changes_nothing(desk: Desk, record: Record) -> None:
    """CTM repeats deliveries that failed: one may come after we wrote other stars there."""
    from crm.tests.test_ratings import push, rate, stars

    desk.sync()
    call = desk.call(record["id"])
    rate(desk, call, 2)
    push()
    old = desk.vendor.one(record["id"])
    rate(desk, call, 4)
    push()
    send(desk, old, "status_change")
    drain_outbox()

    assert stars(desk.call(record["id"])) == (4, "human", 4)
    desk.sync()
    assert stars(desk.call(record["id"])) == (4, "human", 4)


def test_stars_changed_at_ctm_soon_after_ours_are_settled_by_the_next_sync(
    desk: Desk, record: Record
) -> None:
    from crm.tests.test_ratings import push, rate, stars

    desk.sync()
    call = desk.call(record["id"])
    rate(desk, call, 2)
    push()
    desk.vendor.rate(record["id"], 4)
    send(desk, desk.vendor.one(record["id"]), "status_change")
    drain_outbox()
    desk.sync()

    assert stars(desk.call(record["id"])) == (4, "ctm", 4)


def test_get_is_not_a_delivery(desk: Desk) -> None:
    assert Browser().get(f"/hooks/ctm/{TOKEN}/end/").status_code == 405


@pytest.mark.slow
def test_simulator_delivers_to_the_running_product(real_desk: Desk, live_server: Any, settings: Any) -> None:
    """Registered at CTM, called by CTM, stored, drained, in the inbox: with real servers on both sides."""
    from crm.services import ctm_connect

    desk = real_desk
    settings.PUBLIC_URL = live_server.url
    added = ctm_connect.register_webhooks(desk.account, desk.vendor.keys())
    again = ctm_connect.register_webhooks(desk.account, desk.vendor.keys())
    made = desk.vendor.happen(story=spoken_story(desk), quiet=False)
    deadline = timezone.now() + timedelta(seconds=15)
    while len(stored(desk)) < 3 and timezone.now() < deadline:
        drain_outbox()
    drain_outbox()

    assert (added, again) == (len(ctm_connect.POSITIONS), 0)
    assert {event.verified for event in stored(desk)} == {True}
    assert desk.call(made["id"]).transcript == made["transcription_text"]
    assert made["name"] in desk.browser().get("/inbox/").content.decode()


def archive(desk: Desk, at: datetime | None) -> None:
    with desk.inside():
        Client.unscoped.filter(pk=desk.house.client.pk).update(archived_at=at)


def test_nothing_is_taken_in_for_a_client_in_the_archive(desk: Desk) -> None:
    """What was missed comes with the first sync after it."""
    desk.sync()
    archive(desk, timezone.now())
    made = desk.vendor.happen(story=spoken_story(desk))
    record, before = desk.vendor.one(made["id"]), len(desk.calls())

    answer = send(desk, record)
    drain_outbox()

    assert (answer.status_code, answer.content) == (410, b"Nothing is taken in for this account.\n")
    assert (stored(desk), len(desk.calls()), desk.account.last_webhook_at) == ([], before, None)

    archive(desk, None)
    desk.sync()
    assert desk.call(record["id"]).external_id == str(record["id"])
    assert send(desk, record).status_code == 200


def test_a_delivery_that_waits_when_its_client_is_archived_is_kept_and_not_used(
    desk: Desk, record: Record
) -> None:
    send(desk, record)
    archive(desk, timezone.now())

    drain_outbox()

    [event] = stored(desk)
    assert event.error == "The client is in the archive; the delivery was kept and not used."
    assert (event.processed_at is not None, desk.calls()) == (True, [])
