"""The two sockets: mail comes in by SMTP, people look by HTTP."""

import socket
import threading
from dataclasses import dataclass
from typing import Any, Self

from aiosmtpd.controller import Controller

from sandbox.mail.mailbox import Mailbox
from sandbox.server import Handler, Server


class _Taking:
    def __init__(self, mailbox: Mailbox) -> None:
        self._mailbox = mailbox

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: ARG002, N802  its name and shape
        self._mailbox.add(envelope.rcpt_tos, envelope.content)
        return "250 Kept"


@dataclass
class MailServer:
    """Runs in threads of this process; leave by `stop` or use it in ``with``."""

    mailbox: Mailbox
    smtp_port: int
    url: str
    _smtp: Controller
    _web: Server
    _thread: threading.Thread

    def stop(self) -> None:
        self._smtp.stop()
        self._web.shutdown()
        self._web.server_close()
        self._thread.join(timeout=5)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def start(*, port: int = 0, smtp_port: int = 0, host: str = "127.0.0.1") -> MailServer:
    """Listen on both ports; 0 takes a free one. Raises OSError when one is taken."""
    mailbox = Mailbox()
    web = Server((host, port), Handler)
    web.respond = mailbox.respond
    smtp = Controller(_Taking(mailbox), hostname=host, port=smtp_port or _free(host))
    try:
        smtp.start()
    except OSError:
        web.server_close()
        raise
    thread = threading.Thread(target=lambda: web.serve_forever(0.1), name="mail-web", daemon=True)
    thread.start()
    return MailServer(mailbox, smtp.port, f"http://{host}:{web.server_address[1]}", smtp, web, thread)


def _free(host: str) -> int:
    """A free port, asked of the system: the controller cannot tell which one it took for 0."""
    with socket.socket() as probe:
        probe.bind((host, 0))
        taken: int = probe.getsockname()[1]
        return taken
