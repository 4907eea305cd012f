"""Starts everything a run needs, in order; watches it; ends it all."""

import os
import signal
import time
from collections.abc import Mapping
from pathlib import Path
from types import FrameType
from typing import NoReturn

from runtime import ports, process, programs
from runtime.children import Children, end_leftovers
from runtime.liveness import Liveness
from runtime.progress import Failure, say
from runtime.servers import Servers
from runtime.state import Lock, state_directory

SANDBOX_PORT = 8801  # and the next one, for recordings
PAGE_WITHIN_S = 60
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class StopRequested(BaseException):
    """Ctrl-C, a polite kill, or the terminal is gone. Not an Exception, so that nothing on the way handles it."""


def run() -> None:
    """Run Switchboard until told to stop. Raises `Failure` when it cannot run."""
    for number in _SIGNALS:
        signal.signal(number, _request_stop)
    state = state_directory()
    lock = Lock(state / "lock")
    if not lock.take():
        raise Failure(
            f"Switchboard is already running at {lock.read()}: stop it with Ctrl-C in its terminal."
        )
    supervisor = Supervisor(state)
    lock.write(f"{supervisor.public_url} (process {os.getpid()})")
    try:
        supervisor.start()
        supervisor.watch()
    except StopRequested:
        say("stopping")
    finally:
        for number in _SIGNALS:  # a second Ctrl-C would leave half of it running
            signal.signal(number, signal.SIG_IGN)
        supervisor.stop()
    say("stopped")


class Supervisor:
    """One run over ``state``."""

    def __init__(self, state: Path) -> None:
        self._state = state
        self._logs = state / "logs"
        self._logs.mkdir(exist_ok=True)
        self._host, self._port = os.environ.get("HOST", "127.0.0.1"), _number("PORT", 8000)
        self._children = Children(state / "children")
        self._servers = Servers(state)
        self._liveness: Liveness | None = None
        self._mail_url = ""
        self.public_url = os.environ.get("PUBLIC_URL") or f"http://127.0.0.1:{self._port}"

    def start(self) -> None:
        """Bring everything up and greet. What a failure leaves running, ``stop`` ends."""
        end_leftovers(self._state / "children")
        if not ports.is_free(self._port, self._host):
            raise Failure(
                f"Port {self._port} is in use: choose another, for example PORT={self._port + 10} bin/run."
            )
        for server in self._servers.children:
            self._children.add(server)
            say(f"{server.name} ready")
        sandbox_port = ports.free_pair(_number("SANDBOX_PORT", SANDBOX_PORT))
        sandbox_url = f"http://127.0.0.1:{sandbox_port}"
        self._children.add(programs.sandbox(sandbox_port, state=self._state))
        mail_port = ports.free_pair(sandbox_port + 2)
        self._children.add(programs.mail(mail_port, state=self._state))
        self._mail_url = f"http://127.0.0.1:{mail_port}"
        env = programs.settings(
            self._state, public_url=self.public_url, sandbox_url=sandbox_url, smtp_port=mail_port + 1
        )
        env |= self._servers.prepare_database() | self._servers.queue()
        say("roles and rights ready")
        self._prepare(env, sandbox_url)
        self._start_product(env)

    def watch(self) -> NoReturn:
        """Start again what dies, and end a worker that no longer listens. Raises `Failure` when that is no use."""
        while True:
            self._children.check()
            if self._liveness is not None and self._liveness.lost():
                say("worker does not answer")
                self._children.kill("worker")
            time.sleep(0.5)

    def stop(self) -> None:
        if self._liveness is not None:
            self._liveness.stop()
        self._children.stop()
        self._servers.clear()

    def _prepare(self, env: Mapping[str, str], sandbox_url: str) -> None:
        """Bring the tables and the static files up to date, and seed the demo agency once."""
        as_owner = {**env, "DATABASE_URL": env["DATABASE_OWNER_URL"]}
        migrating = programs.manage("migrate", "--noinput", env=as_owner, logs=self._logs)
        collecting = programs.manage("collectstatic", "--noinput", env=env, logs=self._logs)
        migrating.finish()
        say("tables up to date")
        if not process.wait_until(lambda: ports.answers(f"{sandbox_url}/_sandbox/accounts"), timeout_s=20):
            raise Failure(
                f"The sandbox does not answer; its log ends so:\n{process.tail(self._logs / 'sandbox.log')}"
            )
        programs.manage("seed_demo", "--sandbox", sandbox_url, env=env, logs=self._logs).finish()
        say("demo agency ready")
        collecting.finish()
        say("static files ready")

    def _start_product(self, env: Mapping[str, str]) -> None:
        """Start web first, for whoever waits at the terminal, then the rest; greet."""
        product = programs.product(env, bind=f"{self._host}:{self._port}", logs=self._logs)
        self._children.add(product.pop("web"))
        logins = programs.manage("seed_demo", "--logins", env=env, logs=self._logs)
        local = "127.0.0.1" if self._host in {"0.0.0.0", ""} else self._host  # noqa: S104  compared, not bound
        health = f"http://{local}:{self._port}/healthz"
        if not process.wait_until(lambda: self._healthy(health), timeout_s=PAGE_WITHIN_S):
            raise Failure(
                f"No page within {PAGE_WITHIN_S} s; the log ends so:\n{process.tail(self._logs / 'web.log')}"
            )
        for child in product.values():
            self._children.add(child)
        self._liveness = Liveness(env=env, log=self._logs / "worker.log")
        shown = logins.finish().rstrip()
        say("first page ready")
        print(
            f"\n{shown}\n\n  Open {self.public_url}\n  Mail it sends: {self._mail_url}\n"
            f"  Ctrl-C stops it; logs are in {self._logs}\n",
            flush=True,
        )

    def _healthy(self, url: str) -> bool:
        """Say whether ``url`` answers; what has died meanwhile is started again."""
        self._children.check()
        return ports.answers(url)


def _request_stop(_number: int, _frame: FrameType | None) -> NoReturn:
    for number in _SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    raise StopRequested


def _number(name: str, otherwise: int) -> int:
    given = os.environ.get(name) or str(otherwise)
    if not given.isdigit() or not 0 < int(given) < 65_536:
        raise Failure(f"{name}={given} is not a port: use a number from 1 to 65535.")
    return int(given)
