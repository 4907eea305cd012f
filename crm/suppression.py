"""What identifies somebody who must not be contacted, written one way, and which reasons outweigh which.

Plain values: the question itself is `crm.services.suppression.suppressed`.
"""

import re
from urllib.parse import urlsplit

from crm.identity import linkedin_path
from crm.models.suppression import Suppression
from lib import phones

Kind, Reason = Suppression.Kind, Suppression.Reason

# Weakest first. Somebody added twice keeps the stronger reason.
STRENGTH = (
    Reason.MANUAL, Reason.IMPORTED, Reason.INVALID, Reason.OPTED_OUT, Reason.UNSUBSCRIBED, Reason.DO_NOT_CONTACT,
    Reason.HARD_BOUNCE, Reason.COMPLAINT, Reason.ERASED,
)  # fmt: skip
STICKY = frozenset({Reason.HARD_BOUNCE, Reason.COMPLAINT, Reason.ERASED})
LONGEST = 320

HOST = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)+")
PROFILE = re.compile(r"/(in|pub|company|sales/lead)/([^/?#]+)")


def normalised(kind: str, given: str, region: str = phones.INTERNATIONAL) -> str:
    """The one way to write ``given``; "" when it is nothing of that kind. Never raises.

    A number without its country's code is read as dialled in ``region``, the country of the client whose list it is.
    ``Ann@Example.COM`` → ``ann@example.com`` · ``(512) 555-0148`` in the US → ``+15125550148`` ·
    ``https://www.example.com/about`` → ``example.com`` · ``LinkedIn.com/in/Ann/?x=1`` → ``linkedin.com/in/ann``
    """
    text = given.strip().strip("\u200b\ufeff")
    written = {
        Kind.EMAIL: _email,
        Kind.PHONE: lambda raw: phones.parse(raw, region).e164,
        Kind.DOMAIN: _domain,
        Kind.LINKEDIN: _profile,
    }[Kind(kind)](text)
    return written if len(written) <= LONGEST else ""


def guess(given: str, region: str = phones.INTERNATIONAL) -> tuple[str, str]:
    """The kind and the one way to write ``given``; ("", "") when it is none of the four."""
    for kind in (Kind.LINKEDIN, Kind.EMAIL, Kind.PHONE, Kind.DOMAIN):
        if value := normalised(kind, given, region):
            return kind.value, value
    return "", ""


def covering(email: str) -> list[str]:
    """The domains whose suppression covers a normalised ``email``: its own and those above, without bare endings."""
    labels = email.rpartition("@")[2].split(".")
    return [".".join(labels[n:]) for n in range(len(labels) - 1)]


def _email(text: str) -> str:
    local, at, host = text.rpartition("@")
    host = _ascii(host)
    return f"{local.lower()}@{host}" if at and local and " " not in text and HOST.fullmatch(host) else ""


def _domain(text: str) -> str:
    if "://" in text:
        try:
            text = urlsplit(text).hostname or ""
        except ValueError:
            return ""
    host = _ascii(text.partition("/")[0].removeprefix("@")).removeprefix("www.")
    return host if HOST.fullmatch(host) and not host.replace(".", "").isdecimal() else ""


def _profile(text: str) -> str:
    path = linkedin_path(text, PROFILE)
    return f"linkedin.com/{path}" if path else ""


def _ascii(host: str) -> str:
    """A host name in small ASCII letters: what other scripts write has an ``xn--`` form. "" for what has none."""
    try:
        return host.strip().rstrip(".").lower().encode("idna").decode()
    except UnicodeError:
        return ""
