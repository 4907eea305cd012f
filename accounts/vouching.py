"""When a provider's word about an e-mail address is enough to let somebody into a login that has it (ADR 0011).

A provider knows who owns an account of its own. It does not always know who owns the address on that account: anybody
may put a foreign address on a Microsoft account, and a Google account keeps an address that has since passed to
somebody else. Only a provider that runs the mailbox, or has proof that it answers for the address's domain, is believed
here.
"""

from collections.abc import Mapping
from typing import Any

GOOGLES_OWN = ("gmail.com", "googlemail.com")


def vouched_email(provider: str, told: Mapping[str, Any]) -> str | None:
    """The address, in small letters, that ``provider`` answers for with the claims ``told``, or None."""
    email = told.get("email")
    if not isinstance(email, str) or email.count("@") != 1 or not email.isascii():
        return None
    email = email.lower()
    domain = email.partition("@")[2]
    if provider == "google":
        runs_it = domain in GOOGLES_OWN or told.get("hd") == domain
        return email if told.get("email_verified") is True and runs_it else None
    if (
        provider == "microsoft"
    ):  # "email domain owner verified": a claim to be switched on in the app's registration
        return email if told.get("xms_edov") in (True, 1, "1", "true") else None
    return None
