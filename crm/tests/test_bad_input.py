"""Whatever CTM sends or people type: a plain sentence on the panel or a correct row, never an error page."""

import json
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest
from django.http import HttpResponse
from django.utils import timezone

from crm.models import CTMAccount
from crm.providers.ctm import client as ctm_client
from crm.services.ctm_problems import WORDS
from crm.tests.conftest import DENTAL, LAW, Desk, Record
from crm.tests.test_sync import assert_rows_equal_truth

CALLS_PAGE = "/calls.json"


def plain(page: str) -> str:
    return page.replace("&#x27;", "'")


def named(value: object) -> str:
    """A short name of a case, the same in every process."""
    return "expected" if callable(value) else str(value)[:30]


@pytest.mark.parametrize(
    ("fault", "how", "kind"),
    [
        ("status", {"status": 401}, "unauthorised"),
        ("status", {"status": 403}, "forbidden"),
        ("status", {"status": 404}, "not_found"),
        ("status", {"status": 500}, "unavailable"),
        ("status", {"status": 503}, "unavailable"),
        ("status", {"status": 422}, "rejected"),
        ("status", {"status": 429}, "rate_limited"),
        ("ok_error", {}, "rejected"),
        ("html", {}, "unreadable"),
        ("truncated", {}, "unreadable"),
        ("reset", {}, "unavailable"),
        ("cut_short", {}, "cut_short"),
        ("repeat_page", {"skip": 1}, "repeated_page"),
    ],
)
def test_trouble_is_told_in_words_and_passes(
    desk: Desk, small_pages: int, fault: str, how: Record, kind: str
) -> None:
    desk.vendor.fault(fault, path_contains=CALLS_PAGE, **how)

    run, account, page = desk.sync(), desk.account, plain(desk.panel())

    words = WORDS[kind].split("{")[0]
    assert (run.status, run.error_kind, account.problem_kind, account.failures) == ("failed", kind, kind, 1)
    assert page.count(words) >= 2  # above the panel, and beside the run
    assert ("Needs attention" in page) == (kind in ("unauthorised", "forbidden", "not_found"))
    assert ("Trying again" in page) == ("Needs attention" not in page)
    assert (account.lease_until, account.sync_cursor) == (None, None)
    assert account.next_run_at is not None
    assert account.next_run_at > timezone.now()

    while desk.sync().status != "done":
        pass
    assert_rows_equal_truth(desk)
    assert words not in plain(desk.panel()).split("Latest syncs")[0]


def test_reason_given_by_the_vendor_is_shown_as_text(desk: Desk) -> None:
    desk.vendor.fault("ok_error", message="<b>account</b> suspended", path_contains=CALLS_PAGE)
    desk.sync()

    page = desk.panel()
    assert "&lt;b&gt;account&lt;/b&gt; suspended" in page
    assert "<b>account</b>" not in page


@pytest.mark.parametrize(("asked", "least", "most"), [(90, 90, 91), (7200, 3600, 3601), (None, 10, 20)])
def test_slow_down_is_honoured_within_reason(desk: Desk, asked: int | None, least: int, most: int) -> None:
    how = {} if asked is None else {"retry_after": asked}
    desk.vendor.fault("status", status=429, path_contains=CALLS_PAGE, **how)
    before = timezone.now()
    desk.sync()

    assert desk.account.next_run_at is not None
    assert least <= (desk.account.next_run_at - before).total_seconds() <= most + 5


def test_slow_page_is_given_up(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ctm_client, "PAGE_TIMEOUT_S", 0.3)
    desk.vendor.fault("slow", seconds=1.5, path_contains=CALLS_PAGE)

    assert (desk.sync().status, desk.account.problem_kind) == ("failed", "unavailable")


def test_keys_that_stop_working_pause_for_a_person(desk: Desk) -> None:
    """What earlier syncs brought stays."""
    desk.sync()
    here = len(desk.calls())
    desk.vendor.fault("status", status=401, times=9)

    desk.sync()

    assert "does not accept these keys" in desk.panel()
    assert len(desk.calls()) == here


def test_our_own_fault_frees_the_account_and_is_told(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    from crm.services import walks

    def broken(**_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(walks, "ingest_calls", broken)
    run = desk.sync()

    assert (run.status, run.error_kind, desk.account.lease_until) == ("failed", "unexpected", None)
    assert "Something went wrong on our side" in desk.panel()


def test_undecryptable_keys_are_asked_for_again(desk: Desk, settings: Any) -> None:
    from base64 import b64encode

    settings.ENCRYPTION_KEYS = "new:" + b64encode(b"k" * 32).decode()
    run = desk.sync()

    assert (run.status, run.error_kind) == ("failed", "undecryptable")
    assert "Enter them again" in desk.panel()


class Liar:
    """Answers every request with the next of ``answers``, the last one for ever; remembers who asked."""

    def __init__(self) -> None:
        self.answers: list[object] = []
        self.heard: list[tuple[str, str]] = []  # path, authorization
        liar = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                liar.heard.append((self.path, self.headers.get("Authorization", "")))
                answer = liar.answers.pop(0) if len(liar.answers) > 1 else liar.answers[0]
                body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()

    def page(self, *entries: object, **envelope: object) -> Record:
        return {"calls": list(entries), "next_page": None, "total_entries": len(entries), **envelope}

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture
def liar(desk: Desk, settings: Any) -> Iterator[Liar]:
    lying = Liar()
    settings.CTM_BASE_URL = f"{lying.url}/api/v1"
    yield lying
    lying.stop()


@pytest.fixture
def elsewhere() -> Iterator[Liar]:
    other = Liar()
    other.answers = [other.page()]
    yield other
    other.stop()


@pytest.mark.parametrize(
    "address",
    [
        "{other}/api/v1/calls?after=x",
        "//{bare}/calls",
        "http://user@{bare}/calls",
        "https://app.calltrackingmetrics.com.example.test/",
        "ftp://127.0.0.1/",
        "http://[",
        "http://\u0001/",
        "javascript:alert(1)",
    ],
)
def test_next_page_elsewhere_is_never_visited(desk: Desk, liar: Liar, elsewhere: Liar, address: str) -> None:
    bare = elsewhere.url.removeprefix("http://")
    liar.answers = [liar.page(next_page=address.format(other=elsewhere.url, bare=bare)), "nothing else"]

    run = desk.sync()

    assert elsewhere.heard == []
    assert (run.status, desk.account.sync_cursor) == ("failed", None)
    assert run.error_kind in ("foreign_host", "unreadable")
    assert desk.account.page_token == "" or run.error_kind == "unreadable"
    assert desk.account.problem in plain(desk.panel())


CALL = {"id": 9001, "sid": "CA9001", "account_id": DENTAL, "direction": "inbound", "unix_time": 1_763_700_000,
        "caller_number": "+17185550142", "status": "answered", "duration": 60, "talk_time": 50}  # fmt: skip


@pytest.mark.parametrize(
    ("change", "expect"),
    [
        ({"caller_number": "+"}, lambda c: (c.from_number, c.from_e164, c.lead) == ("", "", None)),
        ({"caller_number": None}, lambda c: (c.from_number, c.lead) == ("", None)),
        ({"caller_number": {"no": "number"}}, lambda c: c.from_number == ""),
        ({"caller_number": "anonymous"}, lambda c: (c.from_e164, c.lead) == ("", None)),
        ({"caller_number": "9" * 900}, lambda c: (len(c.from_number), c.from_e164) == (40, "")),
        ({"direction": "hologram"}, lambda c: (c.kind, c.direction) == ("other", "inbound")),
        ({"direction": "video_outbound"}, lambda c: (c.kind, c.direction) == ("other", "outbound")),
        ({"direction": 7}, lambda c: (c.kind, c.direction) == ("other", "inbound")),
        ({"name": "W" * 10_000}, lambda c: c.caller_name == "W" * 200 == c.lead.display_name),
        ({"name": "Ann\x00 Lee\ud800"}, lambda c: c.caller_name == "Ann Lee"),
        ({"duration": 10**30, "talk_time": -5}, lambda c: (c.duration_seconds, c.talk_seconds) == (0, 0)),
        ({"duration": 10**400}, lambda c: c.duration_seconds == 0),
        ({"duration": 10**12}, lambda c: c.duration_seconds == 2_000_000_000),
        ({"duration": "12", "talk_time": "x"}, lambda c: (c.duration_seconds, c.talk_seconds) == (12, 0)),
        ({"duration": [1], "talk_time": True}, lambda c: c.duration_seconds == 0),
        ({"unix_time": "1763700000"}, lambda c: c.started_at.timestamp() == 1_763_700_000),
        (
            {"unix_time": None, "called_at": "2025-11-20 11:40 PM -05:00"},
            lambda c: c.started_at.isoformat() == "2025-11-21T04:40:00+00:00",
        ),
        ({"id": "A-17/x"}, lambda c: c.external_id == "A-17/x"),
        ({"sale": {"score": 9}}, lambda c: c.ctm_rating is None),
        ({"sale": "five"}, lambda c: c.ctm_rating is None),
        ({"sale": {"score": 10**400}}, lambda c: c.ctm_rating is None),
        ({"sale": {"score": "4"}}, lambda c: (c.rating, c.ctm_rating) == (4, 4)),
        ({"tag_list": "roof, roof ,  leak"}, lambda c: names(c) == ["leak", "roof"]),
        ({"tag_list": [None, 5, {"a": 1}, "ok", "x" * 900]}, lambda c: names(c) == ["ok", "x" * 60]),
        ({"tag_list": ["Straße", "STRASSE", "İ", "i̇"]}, lambda c: len(names(c)) == 2),
        ({"tag_list": 5, "form": 5, "transcription_segments": 5}, lambda c: names(c) == []),
        ({"transcription_segments": [5, {"text": None}, {"text": "Hi", "start": 10**400}]},
         lambda c: c.transcript_turns == [{"speaker": "", "text": "Hi", "start_s": None}]),
        ({"email": "NOT AN ADDRESS@"}, lambda c: c.lead.email == ""),
        ({"email": "x" * 300 + "@example.test"}, lambda c: c.lead.email == ""),
        ({"audio": "javascript:alert(1)"}, lambda c: c.external_id == "9001"),
        ({"audio": "x" * 9000}, lambda c: len(c.recording_url) <= 500),
        ({"status": "Half\nAsleep " * 40}, lambda c: c.answered is None),
        ({"city": 5, "state": [], "source": {}, "tracking_label": 1.5}, lambda c: c.tracking_label == "1.5"),
        (dict.fromkeys(("sid", "account_id", "direction", "caller_number", "status", "duration", "talk_time",
                        "name", "email", "audio", "tag_list", "sale", "form", "notes", "summary")),
         lambda c: (c.kind, c.direction, c.duration_seconds, c.lead) == ("other", "inbound", 0, None)),
    ],
    ids=named,
)  # fmt: skip
def test_odd_entry_becomes_a_correct_row(
    desk: Desk, liar: Liar, change: Record, expect: Callable[[Any], bool]
) -> None:
    liar.answers = [liar.page({**CALL, **change}, {**CALL, "id": 9002, "unix_time": 1_763_700_001})]

    run = desk.sync()
    call = desk.call({**CALL, **change}["id"])

    assert (run.status, run.created, run.errors) == ("done", 2, 0)
    with desk.inside():
        assert expect(call), (call.__dict__, call.lead and call.lead.__dict__)
    for url in ("/inbox/", f"/inbox/{call.pk}/", f"/clients/{desk.house.client.slug}/"):
        assert desk.browser().get(url).status_code == 200
    assert desk.browser("hannah").get(f"/portal/calls/{call.pk}/").status_code == 200


def names(call: Any) -> list[str]:
    return sorted(call.call_tags.values_list("tag__name", flat=True))


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        (5, "not an object"),
        (None, "not an object"),
        ([], "not an object"),
        ({}, "no id"),
        ({**CALL, "id": None}, "no id"),
        ({**CALL, "id": ""}, "no id"),
        ({**CALL, "id": {"a": 1}}, "no id"),
        ({**CALL, "unix_time": None}, "no readable time"),
        ({**CALL, "unix_time": "soon", "called_at": "tomorrow"}, "no readable time"),
        ({**CALL, "unix_time": 10**400}, "no readable time"),
        ({**CALL, "unix_time": 99_999_999_999}, "no believable time"),
        ({**CALL, "unix_time": 0, "called_at": "0001-01-01 12:00 AM +00:00"}, "no believable time"),
    ],
    ids=named,
)
def test_entry_that_is_no_call_is_left_out_and_said(
    desk: Desk, liar: Liar, entry: object, reason: str
) -> None:
    liar.answers = [liar.page(entry, {**CALL, "id": 9002})]

    run = desk.sync()

    assert (run.status, run.seen, run.created, run.errors) == ("done", 2, 1, 1)
    assert f"Left out: The entry {'is' if 'object' in reason else 'has'} {reason}" in desk.panel()


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        ([], "unreadable"),
        (None, "unreadable"),
        ({"calls": None}, "unreadable"),
        ({"calls": {"0": {}}}, "unreadable"),
        ({}, "unreadable"),
        (b"", "unreadable"),
        (b'{"calls": [NaN]}', "unreadable"),
        (b'{"calls": [' + b"[" * 2000, "unreadable"),
        (b'{"calls": [' + b"9" * 5000 + b"]}", "unreadable"),
        ({"success": False}, "rejected"),
        ({"errors": ["a", "b"]}, "rejected"),
        ({"error": ""}, "rejected"),
        ({"status": ["error"]}, "unreadable"),
    ],
    ids=named,
)
def test_answer_that_is_no_list_is_told(desk: Desk, liar: Liar, answer: object, kind: str) -> None:
    liar.answers = [answer]

    assert (desk.sync().error_kind, desk.account.sync_cursor) == (kind, None)
    assert desk.account.problem.split("{")[0][:40] in plain(desk.panel())


@pytest.mark.parametrize("total", [-1, 2**40, "many", True, None, 1.5])
def test_total_that_is_no_number_is_not_believed(desk: Desk, liar: Liar, total: object) -> None:
    liar.answers = [liar.page(CALL, total_entries=total)]

    assert desk.sync().status == "done"


@pytest.mark.parametrize(
    "field", ["name", "city", "tracking_label", "source", "notes", "transcription_text", "summary"]
)
def test_markup_is_shown_as_text(desk: Desk, liar: Liar, field: str) -> None:
    markup = """<script>alert("hi")</script><img src=x onerror=alert(1)> & {{ 7*7 }} {% now "Y" %}"""
    liar.answers = [liar.page({**CALL, field: markup, "tag_list": [markup]})]
    desk.sync()
    call = desk.call(9001)

    pages = [
        desk.browser().get(url).content.decode()
        for url in ("/inbox/", f"/inbox/{call.pk}/", f"/inbox/?q={'alert'}")
    ]
    pages += [
        desk.browser("hannah").get(url).content.decode()
        for url in ("/portal/", "/portal/calls/", f"/portal/calls/{call.pk}/", "/portal/leads/",
                    f"/portal/leads/{call.lead_id}/")
    ]  # fmt: skip
    for page in pages:
        assert "<script>alert" not in page
        assert "<img src=x" not in page
    assert any("&lt;script&gt;alert" in page for page in pages)


# Connecting


def connect(desk: Desk, **typed: str) -> HttpResponse:
    keys = desk.vendor.keys()
    usual = {"account_number": str(DENTAL), "access_key": keys.access_key, "secret_key": keys.secret_key}
    slug = desk.house.client.slug
    response: HttpResponse = desk.browser().post(f"/clients/{slug}/connect/", {**usual, **typed})  # type: ignore[assignment]
    return response


def test_good_keys_are_kept_and_the_first_sync_is_due(desk: Desk) -> None:
    keys = desk.vendor.keys()
    response = connect(desk, signing_secret="a-signing-secret")
    account, page = desk.account, desk.panel()

    assert (response.status_code, account.health, account.account_name) == (
        302,
        "waiting",
        "Brightside Dental",
    )
    assert account.next_run_at is not None
    assert account.next_run_at <= timezone.now()
    assert f"key ending in {keys.access_key[-4:]}" in page
    for secret in (keys.access_key, keys.secret_key, "a-signing-secret"):
        assert secret not in page


@pytest.mark.parametrize(
    ("typed", "field", "words"),
    [
        ({"secret_key": "wrong-but-secret"}, "secret_key", "does not accept these keys"),
        ({"access_key": "wrong-key"}, "secret_key", "does not accept these keys"),
        ({"account_number": str(LAW)}, "account_number", "They see: Brightside Dental (511201)."),
        ({"account_number": "../511202"}, "account_number", "see this account. They see"),
        ({"account_number": ""}, "account_number", "Enter the account number."),
        ({"access_key": ""}, "access_key", "Enter the access key."),
        ({"secret_key": ""}, "secret_key", "Enter the secret key."),
        ({"access_key": "k" * 201}, "access_key", "at most 200"),
        ({"secret_key": "nul\x00nul"}, "secret_key", "Null characters are not allowed"),
        ({"access_key": "schlüssel:ключ"}, "secret_key", "does not accept these keys"),
    ],
)  # fmt: skip
def test_refused_keys_are_said_beside_the_field(
    desk: Desk, typed: dict[str, str], field: str, words: str
) -> None:
    before = desk.account.credential_id
    response = connect(desk, **typed)
    page = plain(response.content.decode())

    assert response.status_code == 422
    around = page.split(f'name="{field}"')
    assert words in around[0][-1500:] + around[1][:1500]
    shown = {"account_number": str(DENTAL), "access_key": desk.vendor.keys().access_key, **typed}
    for name in ("account_number", "access_key"):
        assert f'value="{shown[name]}"' in page or shown[name] == ""
    for secret in (desk.vendor.keys().secret_key, "wrong-but-secret"):
        assert secret not in page
    assert (desk.account.credential_id, desk.account.health) == (before, "waiting")


def test_keys_that_see_no_account_are_said(desk: Desk) -> None:
    empty = desk.vendor.empty
    page = connect(desk, access_key=empty["access_key"], secret_key=empty["secret_key"]).content.decode()

    assert WORDS["no_accounts"] in page


def test_account_list_that_comes_empty_is_no_success(desk: Desk) -> None:
    desk.vendor.fault("empty_accounts")

    assert WORDS["no_accounts"] in connect(desk).content.decode()


def test_account_that_is_listed_and_refused_is_said(desk: Desk) -> None:
    """A key may list an account and not be let at its calls."""
    desk.vendor.fault("status", status=403, path_contains=CALLS_PAGE)
    page = connect(desk).content.decode()

    assert WORDS["forbidden"] in page


@pytest.mark.parametrize(
    ("fault", "how", "kind"),
    [("status", {"status": 500}, "unavailable"), ("html", {}, "unreadable"), ("reset", {}, "unavailable"),
     ("truncated", {}, "unreadable"), ("status", {"status": 429}, "rate_limited")],
)  # fmt: skip
def test_vendor_in_trouble_while_connecting_is_said(desk: Desk, fault: str, how: Record, kind: str) -> None:
    desk.vendor.fault(fault, **how)
    response = connect(desk)
    page = plain(response.content.decode())

    assert response.status_code == 422
    assert WORDS[kind] in page
    assert desk.vendor.keys().secret_key not in page


def test_agency_keys_open_any_account(desk: Desk) -> None:
    pair = desk.vendor.agency
    response = connect(
        desk, account_number=str(LAW), access_key=pair["access_key"], secret_key=pair["secret_key"]
    )

    assert (response.status_code, desk.account.account_name) == (302, "Hartwell Law")


def test_another_account_ends_the_walk_over_the_old_one(desk: Desk, small_pages: int) -> None:
    """A half-read page of the old account must not be gone on with, by nobody."""
    desk.vendor.fault("reset", skip=1, path_contains=CALLS_PAGE)
    desk.sync()
    assert desk.account.page_token != ""
    from crm.services import ctm_sync, walks

    with desk.inside():
        CTMAccount.unscoped.filter(pk=desk.account.pk).update(next_run_at=timezone.now())
        walk = walks.begin(ctm_sync.CTM, desk.account.pk, "schedule", timezone.now())
    pair = desk.vendor.agency
    connect(desk, account_number=str(LAW), access_key=pair["access_key"], secret_key=pair["secret_key"])

    with desk.inside(), pytest.raises(walks.SyncTaken):
        walks.hold(ctm_sync.CTM, walk)
    account = desk.account
    assert (account.page_token, account.walk_began_at, account.lease_until) == ("", None, None)


def test_key_pair_shows_no_secret_when_printed() -> None:
    from crm.services.ctm_connect import CTMKeys

    assert repr(CTMKeys("access", "secret", "511201")) == "CTMKeys(511201)"
