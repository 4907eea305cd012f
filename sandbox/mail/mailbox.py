"""What was sent, newest first, and the page that shows it."""

import re
import threading
from collections import deque
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from html import escape
from time import strftime

from sandbox.exchange import TYPE_HTML, Reply, Request

KEPT = 500
LINK = re.compile(r"https?://[^\s<>\"]+")
FRAME = """<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="color-scheme" content="light dark">
<meta name="viewport" content="width=device-width"><meta http-equiv="refresh" content="{refresh}">
<title>Mail of the demo</title><style>
body {{ font: 15px/1.5 system-ui, sans-serif; max-width: 46rem; margin: 2rem auto; padding: 0 1rem }}
li {{ margin: .4rem 0 }} small {{ opacity: .7 }} pre {{ white-space: pre-wrap; font: inherit; overflow-wrap: anywhere }}
</style></head><body><h1><a href="/">Mail of the demo</a></h1>{body}</body></html>"""


@dataclass(frozen=True, slots=True)
class Kept:
    number: int
    at: str
    recipients: tuple[str, ...]
    subject: str
    text: str

    def told(self) -> dict[str, object]:
        return {"to": list(self.recipients), "subject": self.subject, "text": self.text, "at": self.at}


class Mailbox:
    """Holds the last `KEPT` messages."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._messages: deque[Kept] = deque(maxlen=KEPT)
        self._count = 0

    def add(self, recipients: list[str], raw: bytes) -> None:
        message = message_from_bytes(raw, policy=policy.default)
        subject = str(message.get("Subject", ""))
        with self._lock:
            self._count += 1
            kept = Kept(self._count, strftime("%H:%M:%S"), tuple(recipients), subject, _text(message))
            self._messages.appendleft(kept)

    def messages(self) -> list[Kept]:
        with self._lock:
            return list(self._messages)

    def respond(self, request: Request) -> Reply:
        """``/`` lists, ``/<number>`` shows one, ``/messages`` tells all as JSON, newest first."""
        if request.path == "/messages":
            return Reply([each.told() for each in self.messages()])
        if request.path == "/":
            return _page(_list(self.messages()), refresh="5")
        for each in self.messages():
            if request.path == f"/{each.number}":
                return _page(_one(each), refresh="3600")
        return Reply({"error": "Not found"}, 404)


def _text(message: EmailMessage) -> str:
    part = message.get_body(("plain", "html"))
    return str(part.get_content()) if part else ""


def _page(body: str, *, refresh: str) -> Reply:
    return Reply(FRAME.format(body=body, refresh=refresh).encode(), content_type=TYPE_HTML)


def _list(messages: list[Kept]) -> str:
    lines = [
        f'<li><a href="/{each.number}">{escape(each.subject) or "No subject"}</a> '
        f"<small>to {escape(', '.join(each.recipients))}, {each.at}</small></li>"
        for each in messages
    ]
    return f"<ul>{''.join(lines)}</ul>" if lines else "<p>Nothing was sent yet.</p>"


def _one(each: Kept) -> str:
    text = LINK.sub(lambda found: f'<a href="{found[0]}">{found[0]}</a>', escape(each.text, quote=False))
    heading = (
        f"<h2>{escape(each.subject)}</h2><small>to {escape(', '.join(each.recipients))}, {each.at}</small>"
    )
    return f"{heading}<pre>{text}</pre>"
