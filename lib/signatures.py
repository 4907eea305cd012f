"""Signatures on what others send us. All comparisons take the same time, wherever the difference lies."""

import hashlib
import hmac
import re
from base64 import b64encode
from datetime import datetime

EPOCH_SECONDS = re.compile(r"\s*(\d{9,11}(?:\.\d{1,9})?)\s*", re.ASCII)


def ctm_signature(secret: str, time_header: str, body: bytes) -> str:
    """Base64 of HMAC-SHA1 over the time header and the raw body. Source: the vendor's webhook example, 2026-11."""
    return b64encode(hmac.digest(secret.encode(), time_header.encode() + body, hashlib.sha1)).decode()


def ctm_matches(secret: str, time_header: str, body: bytes, signature: str) -> bool:
    """Whether ``signature`` is right. White space in it is passed over: some senders wrap the Base64.

    Without a secret nothing matches.
    """
    given = "".join(signature.split()).encode("utf-8", "replace")
    expected = ctm_signature(secret, time_header, body).encode()
    return hmac.compare_digest(expected, given) and bool(secret)


def is_fresh(time_header: str, now: datetime, tolerance_s: int = 300) -> bool | None:
    """Whether ``time_header``, in seconds since 1970, is within ``tolerance_s`` of ``now`` (aware) either way.

    None when it is no such number: CTM does not document the header's format.
    """
    match = EPOCH_SECONDS.fullmatch(time_header)
    if match is None:
        return None
    return abs(now.timestamp() - float(match[1])) <= tolerance_s
