"""One simulator for the whole run, put back to its beginning before each test."""

import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import pytest

from sandbox.server import Sandbox, start

Record = dict[str, Any]

DENTAL, LAW, PLUMBING, ROOFING, LAWN = range(511201, 511206)


@pytest.fixture(scope="session")
def running() -> Iterator[Sandbox]:
    with start(days=10) as sandbox:
        yield sandbox


@pytest.fixture
def control(running: Sandbox) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=f"{running.url}/_sandbox/") as client:
        client.post("reset").raise_for_status()
        yield client


@pytest.fixture
def keys(control: httpx.Client) -> dict[Any, tuple[str, str]]:
    """Key pairs by account id, and those named ``agency`` and ``empty``."""
    body = control.get("accounts").json()
    pairs = {account["id"]: account for account in body["accounts"]} | {
        name: body[name] for name in ("agency", "empty")
    }
    return {name: (pair["access_key"], pair["secret_key"]) for name, pair in pairs.items()}


@pytest.fixture
def agency(running: Sandbox, keys: dict[Any, tuple[str, str]]) -> Iterator[httpx.Client]:
    """The vendor's API with the agency's keys."""
    with httpx.Client(base_url=f"{running.url}/api/v1/", auth=keys["agency"]) as client:
        yield client


@pytest.fixture
def happen(control: httpx.Client) -> Callable[..., Record]:
    def make(account_id: int = PLUMBING, **wish: object) -> Record:
        response = control.post("calls", json={"account_id": account_id, **wish})
        assert response.status_code == 201, response.text
        return dict(response.json())

    return make


class Receiver:
    """Listens for webhooks; answers with ``statuses`` in turn and then with 200."""

    def __init__(self) -> None:
        self.got: list[tuple[str, dict[str, str], bytes]] = []  # path, headers in lower case, body
        self.statuses: list[int] = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                headers = {name.lower(): value for name, value in self.headers.items()}
                receiver.got.append((self.path, headers, body))
                self.send_response(receiver.statuses.pop(0) if receiver.statuses else 200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()

    def wait(self, count: int, seconds: float = 5) -> list[tuple[str, dict[str, str], bytes]]:
        """Return what has arrived as soon as ``count`` have, and a moment later for one too many."""
        until = time.monotonic() + seconds
        while len(self.got) < count and time.monotonic() < until:
            time.sleep(0.01)
        time.sleep(0.05)
        return self.got

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    listening = Receiver()
    yield listening
    listening.stop()


def walk(client: httpx.Client, first: str) -> list[Record]:
    """Return every page from ``first`` on, by following ``next_page``."""
    pages, url = [], first
    while url:
        pages.append(client.get(url).raise_for_status().json())
        url = pages[-1]["next_page"]
    return pages
