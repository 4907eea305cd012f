"""Colours and logos of agencies, for anybody, and the agency's own way to the sign-in page."""

from typing import TypeVar

from django.conf import settings
from django.core.files.storage import default_storage
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseNotFound
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.views.decorators.http import require_GET

from accounts.access import public
from accounts.brand import COOKIE, LOGOS, public_brand, stylesheet_named

FOR_GOOD = "public, max-age=31536000, immutable"  # the address says what is in it
YEAR_S = 365 * 24 * 3600
Answer = TypeVar("Answer", bound=HttpResponseBase)


@require_GET
@public
def stylesheet(request: HttpRequest, name: str) -> HttpResponse:
    text = stylesheet_named(name)
    if text is None:
        return _nothing()
    return _kept(HttpResponse(text, content_type="text/css; charset=utf-8"))


@require_GET
@public
def logo(request: HttpRequest, digest: str) -> HttpResponseBase:
    """A picture that was drawn anew by us, and is nothing else."""
    path = f"{LOGOS}/{digest}.png"
    if not default_storage.exists(path):
        return _nothing()
    return _kept(FileResponse(default_storage.open(path), content_type="image/png"))


@require_GET
@public
def door(request: HttpRequest, house: str) -> HttpResponse:
    """Where an agency sends its people to sign in: from here on the open pages look like that agency's."""
    response = redirect("portal:start")
    if public_brand(house):
        remember_house(response, house)
    return response


def remember_house(response: HttpResponse, slug: str) -> None:
    response.set_cookie(COOKIE, slug, max_age=YEAR_S, samesite="Lax", secure=settings.SECURE, httponly=True)


def _kept(response: Answer) -> Answer:
    response["Cache-Control"] = FOR_GOOD
    response["X-Content-Type-Options"] = "nosniff"
    return response


def _nothing() -> HttpResponse:
    """In plain words: behind these addresses stands no page that knows who asks."""
    return HttpResponseNotFound("Not found.\n", content_type="text/plain")
