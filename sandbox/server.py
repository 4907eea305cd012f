"""Sockets and threads: the simulator as something that can be started and stopped."""

import socket
import struct
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Self

from sandbox import media
from sandbox.api import Api
from sandbox.app import App
from sandbox.control import Control
from sandbox.exchange import Reply, Request
from sandbox.keeping import load, save
from sandbox.state import World
from sandbox.webhooks import Dispatcher

LARGEST_BODY = 1_000_000
SAVE_EVERY_S = 2.0
IDLE_S = 60.0

Respond = Callable[[Request], Reply]


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
    respond: Respond

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of callers who hang up, which is no error of ours."""


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body leave in one piece
    disable_nagle_algorithm = True
    timeout = IDLE_S
    server: Server

    def _any(self) -> None:
        length = self.headers.get("Content-Length", "0")
        if not length.isdecimal() or int(length) > LARGEST_BODY:
            self.close_connection = True
            self._send(Reply({"error": "Request too large"}, 413))
            return
        path, _, query = self.path.partition("?")
        headers = {name.lower(): value for name, value in self.headers.items()}
        host = headers.get("host") or "{}:{}".format(*self.server.server_address[:2])
        request = Request(self.command, path, query, headers, self.rfile.read(int(length)), f"http://{host}")
        try:
            reply = self.server.respond(request)
        except Exception as error:
            reply = Reply({"error": f"the sandbox itself failed: {error!r}"}, 500)
            self.log_error("%s %s: %r", self.command, self.path, error)
        self._send(reply)

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = _any  # noqa: N815 - names the base class looks for

    def _send(self, reply: Reply) -> None:
        if reply.hang_up:
            self._reset()
            return
        body = reply.encode()
        self.send_response(reply.status)
        self.send_header("Content-Type", reply.content_type)
        self.send_header("Content-Length", str(len(body)))
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def _reset(self) -> None:
        """Close so that the caller sees a reset rather than an end."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()
        self.close_connection = True

    def log_request(self, code: object = "-", size: object = "-") -> None:
        """Keep quiet; requests are in the log that the control API shows."""


@dataclass
class Sandbox:
    """A running simulator. It runs in threads of this process; leave by `stop` or use it in ``with``."""

    world: World
    dispatcher: Dispatcher
    control: Control
    servers: list[Server]
    stopping: threading.Event
    state_file: Path | None
    _threads: list[threading.Thread] = field(default_factory=list)

    @property
    def url(self) -> str:
        return self.world.base_url

    @property
    def media_url(self) -> str:
        return self.world.media_url

    def stop(self) -> None:
        """Stop everything, and write the state file a last time where there is one."""
        self.stopping.set()
        for server in self.servers:
            server.shutdown()
            server.server_close()
        self.dispatcher.stop()
        for thread in self._threads:
            thread.join(timeout=5)
        if self.state_file:
            save(self.world, self.state_file)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def run(self, target: Callable[[], None], name: str) -> None:
        thread = threading.Thread(target=target, name=f"sandbox-{name}", daemon=True)
        self._threads.append(thread)
        thread.start()

    def live(self) -> None:
        waited = 0.0
        while not self.stopping.wait(0.25):
            waited += 0.25
            if self.control.live_every and waited >= self.control.live_every:
                waited = 0.0
                with self.world.lock:
                    self.control.make_any_call()

    def keep(self, path: Path) -> None:
        saved = -1
        while not self.stopping.wait(SAVE_EVERY_S):
            if saved != self.world.changes:
                saved = save(self.world, path)


def start(
    *,
    port: int = 0,
    media_port: int = 0,
    host: str = "127.0.0.1",
    seed: int = 7,
    days: int = 21,
    live_every: float = 0,
    late_seconds: float = 180,
    state_file: Path | None = None,
) -> Sandbox:
    """Start the simulator in threads of this process and return it, ready to answer. Port 0 takes a free one.

    ``late_seconds`` is the time from the end of a call to its transcript; the recording takes a third of
    it and the score 480 times as long. Raises OSError when a port is taken.
    """
    first = Server((host, port), Handler)
    try:
        second = Server((host, media_port), Handler)
    except OSError:
        first.server_close()
        raise
    base_url, media_url = (f"http://{host}:{server.server_address[1]}" for server in (first, second))
    world = World(seed=seed, late_seconds=late_seconds, base_url=base_url, media_url=media_url)
    dispatcher, stopping = Dispatcher(world), threading.Event()
    control = Control(world, dispatcher, days, live_every)
    if state_file:
        load(world, state_file)
    control.fill()
    app = App(world, Api(world, dispatcher), control, stopping)
    first.respond = app.respond
    second.respond = lambda request: media.respond(world, request)
    sandbox = Sandbox(world, dispatcher, control, [first, second], stopping, state_file)
    dispatcher.start()
    sandbox.run(lambda: first.serve_forever(0.1), "api")
    sandbox.run(lambda: second.serve_forever(0.1), "media")
    sandbox.run(sandbox.live, "live")
    if state_file:
        sandbox.run(lambda: sandbox.keep(state_file), "keep")
    return sandbox
