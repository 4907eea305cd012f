"""Small parts that stand for a person, a client or a rating. All take plain values and escape them."""

from functools import lru_cache
from zlib import crc32

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from lucide import IconDoesNotExist

from lib.ui.svg import icon

HUES = ("gray", "blue", "teal", "green", "lime", "amber", "orange", "red", "pink", "violet")
_STAR = "M12 2.6l2.9 5.88 6.49.94-4.7 4.58 1.11 6.46L12 17.4l-5.8 3.05 1.1-6.46-4.69-4.58 6.49-.94z"


def hue_of(name: str) -> str:
    """The same colour for the same name, on every page and after every restart. Never gray."""
    return HUES[1 + crc32(name.encode()) % (len(HUES) - 1)]


def _known(hue: str) -> str:
    return hue if hue in HUES else "gray"


def initials(name: str) -> str:
    """One or two letters, or nothing where the name is a number or empty."""
    words = [word for word in name[:200].split() if word[0].isalpha()]
    return "".join(word[0] for word in (words[:1] + words[1:][-1:])).upper()


def avatar(name: str, hue: str = "", size: str = "", picture: str = "") -> SafeString:
    """A person's round sign: the picture at that address, else letters of the name.

    `size` is "", "av-xs", "av-sm", "av-lg" or "av-xl"; av-xs has room for one letter.
    """
    if picture:
        return format_html('<img class="avatar {}" src="{}" alt="">', size, picture)
    letters = initials(name)
    return _avatar(letters[:1] if size == "av-xs" else letters, hue or hue_of(name), size)


@lru_cache(maxsize=4096)
def _avatar(letters: str, hue: str, size: str) -> SafeString:
    return format_html(
        '<span class="avatar {} hue-{}" aria-hidden="true">{}</span>',
        size,
        _known(hue),
        letters or icon("user-round"),
    )


@lru_cache(maxsize=4096)
def mark(name: str, hue: str = "", glyph: str = "", size: str = "") -> SafeString:
    """A client's square sign: its icon, or its first letter. `size` is "", "mark-md", "mark-lg" or "mark-xl"."""
    letter = initials(name)[:1] or name.strip()[:1]
    try:
        sign = icon(glyph) if glyph else letter
    except IconDoesNotExist:
        sign = letter
    return format_html(
        '<span class="mark {} hue-{}" aria-hidden="true">{}</span>', size, _known(hue or hue_of(name)), sign
    )


_STARS = tuple(
    format_html('<span class="stars s{}" role="img" aria-label="{}"></span>', count, words)
    for count, words in enumerate(["Not rated"] + [f"{count} of 5 stars" for count in range(1, 6)])
)


def stars(count: int | None) -> SafeString:
    """Read-only stars. None and anything outside 1 to 5 read as not rated."""
    return _STARS[count if count and 0 < count < 6 else 0]


def rating(name: str, value: int | None, legend: str) -> SafeString:
    """Stars to choose from: five radios for a <form>, sent by rating.js, or by the button where no script runs."""
    radios = format_html_join(
        "",
        '<label><input type="radio" name="{}" value="{}" required{}><svg viewBox="0 0 24 24" aria-hidden="true">'
        '<path d="{}"/></svg><span class="sr-only">{}</span></label>',
        (
            (
                name,
                count,
                SafeString(" checked") if count == value else "",
                _STAR,
                f"{count} star{'s' * (count > 1)}",
            )
            for count in range(1, 6)
        ),
    )
    return format_html(
        '<fieldset class="rate" data-rating><legend class="sr-only">{}</legend>{}'
        '<noscript><button class="btn btn-sm" type="submit">Save</button></noscript></fieldset>',
        legend,
        radios,
    )
