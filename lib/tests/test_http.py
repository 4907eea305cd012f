import gzip
import socket
import struct
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from lib.http import Client, ProviderError, retry_after_s
from lib.tests.service import Service, serving

KEY = ("access", "hunter2")
BASIC = "Basic YWNjZXNzOmh1bnRlcjI="
NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


@pytest.fixture
def service() -> Iterator[Service]:
    with serving() as running:
        yield running


@pytest.fixture
def client(service: Service) -> Iterator[Client]:
    with Client(f"{service.url}/api", auth=KEY, headers={"X-Token": "t0ken"}, read_timeout_s=0.5) as client:
        yield client


def failure(client: Client, url: str = "/x") -> tuple[str, int | None, bool]:
    with pytest.raises(ProviderError) as caught:
        client.get_json(url)
    return caught.value.kind, caught.value.status, caught.value.retryable


def test_get_sends_credentials_and_reads_json(service: Service, client: Client) -> None:
    service.answers["/api/calls?page=2"] = (200, {}, rb'{"name": "A\u0000b"}')

    assert client.get_json("/calls?page=2") == {"name": "Ab"}
    (asked,) = service.asked
    expected = {"authorization": BASIC, "x-token": "t0ken", "accept": "application/json"}
    assert {name: asked.headers[name] for name in expected} == expected
    assert asked.headers["user-agent"] == "Switchboard/1"


def test_post_sends_json_or_a_form(service: Service, client: Client) -> None:
    service.answers["/api/x"] = (201, {}, b"{}")

    assert client.post_json("/x", {"score": 5}) == {}
    assert client.post_form("/x", {"a b": "ü&"}) == {}

    sent = [(each.method, each.headers["content-type"], each.body) for each in service.asked]
    assert sent == [
        ("POST", "application/json", b'{"score":5}'),
        ("POST", "application/x-www-form-urlencoded", b"a+b=%C3%BC%26"),
    ]


def test_empty_answer_is_fine_for_a_deed_but_not_for_a_question(service: Service, client: Client) -> None:
    service.answers["/api/x"] = (200, {}, b"")
    service.answers["/api/none"] = (204, {}, b"")

    assert (client.delete_json("/x"), client.post_json("/none", {})) == (None, None)
    assert failure(client) == ("unreadable", 200, True)


@pytest.mark.parametrize(
    ("status", "kind", "retryable"),
    [
        (400, "rejected", False),
        (401, "unauthorised", False),
        (403, "forbidden", False),
        (404, "not_found", False),
        (408, "unavailable", True),
        (422, "rejected", False),
        (429, "rate_limited", True),
        (500, "unavailable", True),
        (503, "unavailable", True),
    ],
)
def test_refusals_have_kinds(
    service: Service, client: Client, status: int, kind: str, retryable: bool
) -> None:
    service.answers["/api/x"] = (status, {}, b'{"error": "no"}')

    assert failure(client) == (kind, status, retryable)


def test_refusal_tells_when_to_come_back(service: Service, client: Client) -> None:
    service.answers["/api/x"] = (429, {"Retry-After": "17"}, b"")

    with pytest.raises(ProviderError) as caught:
        client.get_json("/x")

    assert caught.value.retry_after_s == 17


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("", None),
        ("0", 0),
        ("2.5", 2.5),
        (" 17 ", 17),
        ("-5", None),
        ("inf", None),
        ("nan", None),
        ("999999999", 86_400),
        ("soon", None),
        (format_datetime(NOW + timedelta(seconds=90)), 90),
        (format_datetime(NOW - timedelta(seconds=90)), 0),
        (format_datetime((NOW + timedelta(seconds=90)).replace(tzinfo=None)), 90),
        ("Fri, 20 Nov 99999 12:00:00 GMT", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(header: str, seconds: float | None) -> None:
    assert retry_after_s(header, NOW) == seconds


@pytest.mark.parametrize(
    "body", [b"<!doctype html><title>Sign in</title>", b'{"calls": [', b"\xff\xfe", b"[1e999]", b"[" * 200]
)
def test_answer_that_is_not_json_is_unreadable(service: Service, client: Client, body: bytes) -> None:
    service.answers["/api/x"] = (200, {"Content-Type": "application/json"}, body)

    assert failure(client) == ("unreadable", 200, True)


def test_answer_cut_short_is_unreadable(service: Service, client: Client) -> None:
    service.answers["/api/x"] = (200, {"Content-Length": "500", "Connection": "close"}, b'{"calls": []}')

    assert failure(client) == ("unreadable", 200, True)


def test_answer_with_broken_compression_is_unreadable(service: Service, client: Client) -> None:
    service.answers["/api/x"] = (200, {"Content-Encoding": "gzip"}, b"this is not gzip")

    assert failure(client) == ("unreadable", 200, True)


def test_answer_that_is_too_large_is_unreadable_also_when_packed(service: Service) -> None:
    packed = gzip.compress(b'"' + b"a" * 300_000 + b'"')
    service.answers["/x"] = (200, {"Content-Encoding": "gzip"}, packed)

    with Client(service.url, max_bytes=100_000) as client:
        assert failure(client) == ("unreadable", 200, False)
    with Client(service.url) as client:
        assert client.get_json("/x") == "a" * 300_000


def test_silence_is_unavailable(service: Service, client: Client) -> None:
    service.answers["/api/x"] = lambda handler: time.sleep(1.2)

    assert failure(client) == ("unavailable", None, True)


def test_trickle_ends_at_the_deadline(service: Service) -> None:
    def trickle(handler: Any) -> None:
        handler.send_response(200)
        handler.end_headers()
        for _ in range(40):
            handler.wfile.write(b" ")
            time.sleep(0.05)

    service.answers["/x"] = trickle
    began = time.monotonic()

    with Client(service.url, read_timeout_s=5, total_timeout_s=0.3) as client:
        assert failure(client) == ("unavailable", None, True)
    assert time.monotonic() - began < 1.5


def test_reset_is_unavailable(service: Service, client: Client) -> None:
    def reset(handler: Any) -> None:
        handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        handler.connection.close()

    service.answers["/api/x"] = reset

    assert failure(client) == ("unavailable", None, True)


def test_nobody_listening_is_unavailable() -> None:
    with socket.create_server(("127.0.0.1", 0)) as vacant:
        port = vacant.getsockname()[1]

    with Client(f"http://127.0.0.1:{port}") as client:
        assert failure(client) == ("unavailable", None, True)


def test_redirect_of_a_question_is_not_followed(service: Service, client: Client) -> None:
    service.answers["/api/x"] = (302, {"Location": "/api/login"}, b"{}")

    assert failure(client) == ("unreadable", 302, True)
    assert [each.path for each in service.asked] == ["/api/x"]


def test_foreign_address_is_refused_before_anything_is_sent(service: Service, client: Client) -> None:
    with serving() as foreign:
        for url in (
            f"{foreign.url}/x",
            f"http://localhost:{service.port}/x",
            f"http://user@127.0.0.1:{service.port}/x",
            f"{service.url}@127.0.0.1:{foreign.port}/x",
            f"{service.url}\\@127.0.0.1:{foreign.port}/x",
            "file:///etc/passwd",
            "x",
            "",
            "http://[",
            "http://127.0.0.1:99999/",
            f"http:/{foreign.url}",
        ):
            assert failure(client, url) == ("foreign_host", None, False), url

        assert (foreign.asked, service.asked) == ([], [])


def test_two_slashes_do_not_lead_to_another_host(service: Service, client: Client) -> None:
    with serving() as foreign:
        path = f"//127.0.0.1:{foreign.port}/x"
        service.answers["/api" + path] = (200, {}, b"1")

        assert (client.get_json(path), foreign.asked) == (1, [])


def test_allowed_host_is_asked_with_credentials(service: Service) -> None:
    with serving() as second:
        second.answers["/page"] = (200, {}, b"[]")
        hosts = frozenset({f"127.0.0.1:{second.port}"})

        with Client(service.url, auth=KEY, allowed_hosts=hosts) as client:
            assert client.get_json(f"{second.url}/page") == []

        assert second.asked[0].headers["authorization"] == BASIC


def test_service_over_tls_is_never_asked_in_clear() -> None:
    with Client("https://api.example.com", auth=KEY) as client:
        assert failure(client, "http://api.example.com/x") == ("foreign_host", None, False)


def test_cookies_are_not_kept(service: Service, client: Client) -> None:
    service.answers["/api/x"] = (200, {"Set-Cookie": "session=hunter2"}, b"1")

    client.get_json("/x")
    client.get_json("/x")

    assert ["cookie" in each.headers for each in service.asked] == [False, False]


def test_nothing_shown_contains_a_secret(service: Service, client: Client) -> None:
    service.answers["/api/x?key=hunter2"] = (401, {}, b"hunter2")

    with pytest.raises(ProviderError) as caught:
        client.get_json("/x?key=hunter2")

    shown = f"{client!r} {client} {caught.value!r} {caught.value}"
    assert not [secret for secret in ("hunter2", "t0ken", BASIC) if secret in shown]


def test_headers_of_our_hosts_are_heard(service: Service) -> None:
    told: list[str] = []
    service.answers["/api/x"] = (200, {"X-Left": "7"}, b"{}")
    service.answers["/api/y"] = (429, {"X-Left": "0"}, b"{}")
    with Client(f"{service.url}/api", heard=lambda headers: told.append(headers["x-left"])) as client:
        client.get_json("/x")
        assert failure(client, "/y")[0] == "rate_limited"

    assert told == ["7", "0"]
