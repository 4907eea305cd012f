"""Inter, where it was fetched. Without it the pages use the system's font; nothing else changes."""

from functools import cache

from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import staticfiles_storage
from django.utils.html import format_html
from django.utils.safestring import SafeString

STYLESHEET = "inter/inter.css"
PRELOADED = "inter/files/inter-latin-wght-normal.woff2"


@cache
def font_links() -> SafeString:
    """The tags for <head>, or nothing. Asked once per process: fonts do not come and go while it runs."""
    if not (staticfiles_storage.exists(STYLESHEET) or finders.find(STYLESHEET)):
        return SafeString("")
    try:
        preloaded, stylesheet = staticfiles_storage.url(PRELOADED), staticfiles_storage.url(STYLESHEET)
    except ValueError:  # fetched after the last collectstatic, so the manifest does not know it
        return SafeString("")
    return format_html(
        '<link rel="preload" href="{}" as="font" type="font/woff2" crossorigin><link rel="stylesheet" href="{}">',
        preloaded,
        stylesheet,
    )
