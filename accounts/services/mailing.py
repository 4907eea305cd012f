"""Mail about accounts. One template makes subject, text and HTML; it leaves after the deed's transaction."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import formataddr, parseaddr
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.template.loader import render_to_string

from accounts.brand import logo_url
from accounts.models import Agency, User
from accounts.principal import only_agency
from accounts.scope import agency_scope
from accounts.shades import OUR_OWN, light

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class MailLooks:
    """Colours as mail programs understand them, and a logo with its whole address."""

    name: str = "Switchboard"
    colour: str = OUR_OWN
    logo: str = ""
    sender: str = ""

    @property
    def accent(self) -> str:
        return light(self.colour).accent

    @property
    def on_accent(self) -> str:
        return light(self.colour).on_accent

    @property
    def logo_url(self) -> str:
        return settings.PUBLIC_URL + logo_url(self.logo) if self.logo else ""

    @property
    def from_email(self) -> str:
        """The address that we send from, under the agency's name."""
        ours, address = parseaddr(settings.DEFAULT_FROM_EMAIL)
        return formataddr((self.sender or ours, address))


def looks_of(agency_id: UUID | None) -> MailLooks:
    """How mails of an agency look; those of nobody's look like ours."""
    if agency_id is None:
        return MailLooks()
    with transaction.atomic(), agency_scope(agency_id):
        agency = Agency.objects.filter(pk=agency_id).first()
    if agency is None:
        return MailLooks()
    looks = agency.branding
    return MailLooks(
        agency.name,
        looks.get("brand") or OUR_OWN,
        looks.get("logo", ""),
        looks.get("sender") or agency.name,
    )


def send_mail(*, template: str, to: str, context: Mapping[str, Any], agency_id: UUID | None = None) -> None:
    """Send ``accounts/mail/<template>.txt`` (its first line is the subject) to one address, after commit.

    It comes under the name, colour and logo of the agency: the one that is named, else the only one that the person
    with this address belongs to.

    The lines become paragraphs of the HTML part; a line that is an address alone becomes its button. When the mail
    server refuses, that is logged and nothing is raised: the deed stands, and each such mail can be asked for again.
    """
    mail = _mail(template, to, context, agency_id)
    transaction.on_commit(lambda: _deliver(mail, template))


class MailRefused(Exception):
    """The mail server did not take a mail, or could not be reached."""


def send_now(
    *, template: str, to: str, context: Mapping[str, Any], agency_id: UUID | None = None, key: str = ""
) -> None:
    """Send as `send_mail` does, but at once and outside of any transaction, for whoever notes what became of it.

    ``key`` names the mail: sent twice, it carries the same Message-ID. Raises `MailRefused`.
    """
    mail = _mail(template, to, context, agency_id)
    if key:
        domain = parseaddr(mail.from_email)[1].rpartition("@")[2] or "localhost"
        mail.extra_headers["Message-ID"] = f"<{key}@{domain}>"
    try:
        mail.send()
    except OSError as error:
        raise MailRefused(str(error)) from error


def _mail(
    template: str, to: str, context: Mapping[str, Any], agency_id: UUID | None
) -> EmailMultiAlternatives:
    subject, _, text = (
        render_to_string(f"accounts/mail/{template}.txt", dict(context)).strip().partition("\n")
    )
    paragraphs = [each.strip() for each in text.strip().split("\n\n") if each.strip()]
    looks = looks_of(agency_id or _home_of(to))
    html = render_to_string(
        "accounts/mail/frame.html",
        {**context, "subject": subject, "paragraphs": paragraphs, "looks": looks},
    )
    mail = EmailMultiAlternatives(subject.strip(), text.strip() + "\n", looks.from_email, [to])
    mail.attach_alternative(html, "text/html")
    return mail


def _home_of(address: str) -> UUID | None:
    person = User.objects.by_address(address)
    return only_agency(person.pk) if person else None


def _deliver(mail: EmailMultiAlternatives, template: str) -> None:
    try:
        mail.send()
    except OSError:
        log.exception("The mail %r could not be sent", template)
