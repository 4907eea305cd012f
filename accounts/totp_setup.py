"""The seed of an authenticator app, until a code of the app confirms it: sealed, in the session."""

from base64 import b32encode
from secrets import token_bytes
from typing import Any

from allauth.mfa.adapter import get_adapter
from django.http import HttpRequest

from accounts.sealing import ring
from lib.encryption import Undecryptable

WAITING = "totp_waiting"


def waiting_secret(request: HttpRequest) -> str:
    """The seed shown to this session, or a new one. It stays the same while the person goes back and forth."""
    user: Any = request.user
    sealed = request.session.get(WAITING)
    if sealed:
        try:
            return ring().decrypt(sealed, aad=_place(user))
        except Undecryptable:
            pass  # of somebody else, or sealed by a key that is gone: begin anew
    secret = b32encode(token_bytes(20)).decode()
    request.session[WAITING] = ring().encrypt(secret, aad=_place(user))
    return secret


def forget_secret(request: HttpRequest) -> None:
    request.session.pop(WAITING, None)


def qr_svg(request: HttpRequest) -> str:
    """What the app's camera reads, black on white."""
    adapter = get_adapter()
    svg: str = adapter.build_totp_svg(adapter.build_totp_url(request.user, waiting_secret(request)))
    return svg


def in_groups(secret: str) -> str:
    return " ".join(secret[start : start + 4] for start in range(0, len(secret), 4))


def _place(user: Any) -> str:
    return f"session|totp|{user.pk}"
