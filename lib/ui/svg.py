"""Inline icons. No style attribute, which `style-src 'self'` forbids: the look is the stylesheet's."""

from functools import lru_cache

from django.utils.html import format_html
from django.utils.safestring import SafeString
from lucide.jinja import lucide

_PETAL = "M16 15.2c-3.2-2.4-3.6-6.4 0-9.4 3.6 3 3.2 7 0 9.4z"
_FLOWER = SafeString(
    "".join(f'<path d="{_PETAL}" transform="rotate({turn} 16 16)"/>' for turn in range(0, 360, 72))
)


@lru_cache(maxsize=1024)
def icon(name: str, css_class: str = "", label: str = "") -> SafeString:
    """A Lucide icon, decorative unless it has a label. Raises `lucide.IconDoesNotExist` for an unknown name."""
    drawing = lucide(name, size=None)
    # Stroke and fill come from `.icon`, so that a list does not repeat six attributes per row.
    inside = drawing[drawing.index(">") + 1 : drawing.rindex("</svg>")]
    shapes = SafeString("".join(line.strip() for line in inside.splitlines()))
    svg = format_html(
        '<svg class="{}" width="24" height="24" viewBox="0 0 24 24" aria-hidden="true">{}</svg>',
        f"icon {css_class}".strip(),
        shapes,
    )
    return format_html('{}<span class="sr-only">{}</span>', svg, label) if label else svg


@lru_cache(maxsize=512)
def logo(size: int = 24, picture_url: str = "") -> SafeString:
    """Somebody's own picture where there is one, else our flower in the accent. The name stands beside it."""
    if picture_url:
        return format_html('<img class="logo" src="{1}" width="{0}" height="{0}" alt="">', size, picture_url)
    return format_html(
        '<svg class="logo" viewBox="0 0 32 32" width="{0}" height="{0}" aria-hidden="true">'
        '<rect class="logo-bg" width="32" height="32" rx="8.5"/><g class="logo-fg">{1}</g></svg>',
        size,
        _FLOWER,
    )
