"""The mail server: what is sent is kept, shown and told, and nothing in it does anything."""

import json
import smtplib
import urllib.request
from collections.abc import Iterator
from email.message import EmailMessage

import pytest

from sandbox.mail.mailbox import KEPT, Mailbox
from sandbox.mail.server import MailServer, start


@pytest.fixture
def server() -> Iterator[MailServer]:
    with start() as running:
        yield running


def send(server: MailServer, subject: str, text: str, html: str = "") -> None:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "us@example.test", "vi@example.test", subject
    message.set_content(text)
    if html:
        message.add_alternative(html, subtype="html")
    with smtplib.SMTP("127.0.0.1", server.smtp_port) as smtp:
        smtp.send_message(message)


def get(server: MailServer, path: str) -> str:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(server.url + path) as answer:
        return str(answer.read().decode())


def test_mail_is_kept_newest_first(server: MailServer) -> None:
    send(server, "Your code", "It is 123 456.", "<p>It is <b>123 456</b>.</p>")
    send(server, "Grüße", "Zweite")
    told = [
        (each["to"], each["subject"], each["text"].strip()) for each in json.loads(get(server, "/messages"))
    ]

    assert told == [
        (["vi@example.test"], "Grüße", "Zweite"),
        (["vi@example.test"], "Your code", "It is 123 456."),
    ]
    assert get(server, "/").index("Grüße") < get(server, "/").index("Your code")


def test_markup_is_shown_and_links_lead(server: MailServer) -> None:
    send(server, "<script>x()</script>", 'Go to http://127.0.0.1:8000/a?b=1&c=2 <img onerror="x()">')
    page = get(server, "/1")

    assert "<script>" not in page + get(server, "/")
    assert "<img" not in page
    assert 'href="http://127.0.0.1:8000/a?b=1&amp;c=2"' in page


def test_only_the_last_are_kept() -> None:
    mailbox = Mailbox()
    for number in range(KEPT + 2):
        mailbox.add(["vi@example.test"], f"Subject: {number}\n\n".encode())

    assert (len(mailbox.messages()), mailbox.messages()[-1].subject) == (KEPT, "2")
