"""Mail about accounts. One template makes subject, text and HTML; it leaves after the deed's transaction."""

import logging
from collections.abc import Mapping
from typing import Any

from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.template.loader import render_to_string

log = logging.getLogger(__name__)


def send_mail(*, template: str, to: str, context: Mapping[str, Any], sender: str | None = None) -> None:
    """Send ``accounts/mail/<template>.txt`` (its first line is the subject) to one address, after commit.

    The lines become paragraphs of the HTML part; a line that is an address alone becomes its button. When the mail
    server refuses, that is logged and nothing is raised: the deed stands, and each such mail can be asked for again.
    """
    subject, _, text = (
        render_to_string(f"accounts/mail/{template}.txt", dict(context)).strip().partition("\n")
    )
    paragraphs = [each.strip() for each in text.strip().split("\n\n") if each.strip()]
    html = render_to_string(
        "accounts/mail/frame.html", {**context, "subject": subject, "paragraphs": paragraphs}
    )
    mail = EmailMultiAlternatives(subject.strip(), text.strip() + "\n", sender, [to])
    mail.attach_alternative(html, "text/html")
    transaction.on_commit(lambda: _deliver(mail, template))


def _deliver(mail: EmailMultiAlternatives, template: str) -> None:
    try:
        mail.send()
    except OSError:
        log.exception("The mail %r could not be sent", template)
