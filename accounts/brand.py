"""What an agency looks like to its people and clients: a name, a colour, a logo.

Stylesheets and logos are addressed by what is in them, so that they may be kept for good and hold nothing private.
"""

import json
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256

from django.urls import reverse

from accounts.models import Agency
from accounts.shades import OUR_OWN, dark, light
from accounts.statements import fetch
from lib.colour import is_hex

COOKIE = "house"  # the slug of the agency last visited, for pages that nobody is signed in to
LOGOS = "brand"  # the folder of the storage


@dataclass(frozen=True, slots=True)
class Brand:
    name: str
    slug: str
    brand: str  # "" for ours
    logo: str  # the digest of its picture, or ""

    @property
    def stylesheet_url(self) -> str:
        return stylesheet_url(self.brand)

    @property
    def logo_url(self) -> str:
        return logo_url(self.logo)


def brand_of(agency: Agency) -> Brand:
    looks = agency.branding
    return Brand(agency.name, agency.slug, looks.get("brand") or "", looks.get("logo") or "")


def stylesheet_url(colour: str) -> str:
    """The address of the stylesheet for ``colour``; "" for none, for ours, and for what is no colour."""
    if not is_hex(colour) or colour == OUR_OWN:
        return ""
    return reverse("brand:stylesheet", args=[f"{colour[1:]}-{_digest(stylesheet(colour))}"])


def logo_url(digest: str) -> str:
    return reverse("brand:logo", args=[digest]) if digest else ""


@lru_cache(maxsize=1024)
def stylesheet(colour: str) -> str:
    accent = f"light-dark({light(colour).accent}, {dark(colour).accent})"
    return f":root {{ --brand: {colour}; --accent: {accent} }}\n"


def stylesheet_named(name: str) -> str | None:
    """The stylesheet that ``stylesheet_url`` addressed as ``name``, None when there is none of that name."""
    colour, _, digest = name.partition("-")
    if not is_hex(f"#{colour}"):
        return None
    text = stylesheet(f"#{colour}")
    return text if _digest(text) == digest else None


def public_brand(slug: str) -> Brand | None:
    """The brand of the active agency with that address. Where one agency is all there is, no address is needed."""
    ((found,),) = fetch("SELECT accounts_brand(%s)", [slug])
    return Brand(**json.loads(found)) if found else None


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()[:8]
