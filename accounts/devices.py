"""Which browser this is, told by a cookie of its own that outlives sessions.

The cookie is a secret: it can stand for a second factor on a trusted device. What is stored is derived from it.
"""

import hashlib
import secrets
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

TOKEN_CHARS = 40
COOKIE_AGE_S = 400 * 24 * 3600  # the most that browsers keep


def device_of(request: HttpRequest) -> UUID | None:
    """The browser's id; None when it has never signed in here, or cleared its cookies."""
    token = getattr(request, "new_device_token", "") or request.COOKIES.get(settings.DEVICE_COOKIE_NAME, "")
    return _id(token) if len(token) >= TOKEN_CHARS else None


def remember_device(request: HttpRequest) -> UUID:
    """The browser's id; a browser without one gets it with the answer to this request."""
    if (known := device_of(request)) is not None:
        return known
    request.new_device_token = secrets.token_urlsafe(32)  # type: ignore[attr-defined]
    return _id(request.new_device_token)  # type: ignore[attr-defined]


def _id(token: str) -> UUID:
    return UUID(bytes=hashlib.sha256(b"device\0" + token.encode()).digest()[:16], version=4)


def tell_device(request: HttpRequest, response: HttpResponseBase) -> None:
    token = getattr(request, "new_device_token", "")
    if token:
        response.set_cookie(
            settings.DEVICE_COOKIE_NAME,
            token,
            max_age=COOKIE_AGE_S,
            secure=settings.SECURE,
            httponly=True,
            samesite="Lax",
        )
