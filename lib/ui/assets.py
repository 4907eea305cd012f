"""What every page's <head> loads. The addresses do not change while a process runs, so they are put together once."""

from functools import cache

from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import staticfiles_storage
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

SHEETS = ("tokens", "base", "layout", "components", "views")
INTER = "inter/inter.css"
PRELOADED = "inter/files/inter-latin-wght-normal.woff2"


@cache
def stylesheets() -> SafeString:
    """The icon, the font where it was fetched, and our sheets in the order in which they build on each other."""
    return format_html(
        '<link rel="icon" href="{}" type="image/svg+xml">{}{}',
        staticfiles_storage.url("img/icon.svg"),
        _font(),
        format_html_join(
            "",
            '<link rel="stylesheet" href="{}">',
            ((staticfiles_storage.url(f"css/{name}.css"),) for name in SHEETS),
        ),
    )


@cache
def app_script() -> SafeString:
    return format_html('<script type="module" src="{}"></script>', staticfiles_storage.url("js/app.js"))


def _font() -> SafeString:
    """Without Inter the pages use the system's font; nothing else changes."""
    if not (staticfiles_storage.exists(INTER) or finders.find(INTER)):
        return SafeString("")
    try:
        preloaded, stylesheet = staticfiles_storage.url(PRELOADED), staticfiles_storage.url(INTER)
    except ValueError:  # fetched after the last collectstatic, so the manifest does not know it
        return SafeString("")
    return format_html(
        '<link rel="preload" href="{}" as="font" type="font/woff2" crossorigin><link rel="stylesheet" href="{}">',
        preloaded,
        stylesheet,
    )
