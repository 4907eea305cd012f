"""What tells one person or company from another, written one way. Plain values; nothing here raises."""

import re
from urllib.parse import urlsplit

PROFILE = re.compile(r"/(in|pub)/([^/?#]+)")
HOST = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)+")
# Addresses there say nothing of where somebody works.
MAIL_FOR_ALL = frozenset(
    (
        "gmail.com", "googlemail.com", "yahoo.com", "ymail.com", "hotmail.com", "outlook.com", "live.com", "msn.com",
        "icloud.com", "me.com", "mac.com", "aol.com", "proton.me", "protonmail.com", "gmx.com", "gmx.net", "gmx.de",
        "web.de", "mail.com", "zoho.com", "comcast.net", "verizon.net", "att.net", "sbcglobal.net", "cox.net",
        "bellsouth.net", "charter.net", "earthlink.net", "yandex.com", "mail.ru", "qq.com", "163.com",
    )
)  # fmt: skip


def profile_address(text: str) -> str:
    """``LinkedIn.com/in/Ann/?x=1`` → ``https://www.linkedin.com/in/ann``; "" for what is no person's profile."""
    path = linkedin_path(text, PROFILE)
    return f"https://www.linkedin.com/{path}" if path else ""


def linkedin_path(text: str, kinds: re.Pattern[str]) -> str:
    """``in/ann`` of an address there whose path begins as ``kinds`` asks, (kind, name) being its groups; else ""."""
    given = text.strip()
    try:
        parts = urlsplit(given if "://" in given else f"https://{given}")
        host = parts.hostname or ""
    except ValueError:
        return ""
    found = kinds.match(parts.path.lower())
    return "/".join(found.groups()) if found and f".{host}".endswith(".linkedin.com") else ""


def domain_of(address: str) -> str:
    """``https://www.Example.com/about`` and ``ann@example.com`` → ``example.com``; "" for what has none."""
    given = address.strip().rpartition("@")[2]
    try:
        host = (urlsplit(given if "://" in given else f"https://{given}").hostname or "").lower()
    except ValueError:
        return ""
    host = host.removeprefix("www.").rstrip(".")
    return host if HOST.fullmatch(host) and not host.replace(".", "").isdecimal() else ""


def work_domain(email: str) -> str:
    """The domain of an address at somebody's own company, "" for one of a mail service that everybody uses."""
    domain = domain_of(email) if "@" in email else ""
    return "" if domain in MAIL_FOR_ALL else domain
