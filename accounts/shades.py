"""The shades that the stylesheet derives from an agency's one colour, and whether people can see them.

The formulas are those of ``static/css/tokens.css``, except that the accent of the dark theme is lifted until it
stands out from the page. Text is legible on every shade whatever the colour; what a very light colour lacks is that
dots, ticks and buttons stand out from a white page.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from lib.colour import Oklch, contrast, distance, from_oklch, to_oklch

OUR_OWN = "#4c5bd4"  # tokens.css
LIGHT_FROM = 0.7  # from this lightness on a colour carries ink instead of white
TEXT, PARTS = 4.5, 3.0  # WCAG 1.4.3 and 1.4.11


@dataclass(frozen=True, slots=True)
class Shades:
    """One theme's: the page, the accent on it, what is written on the accent, and the accent as text."""

    surface: str
    accent: str
    on_accent: str
    accent_text: str


@dataclass(frozen=True, slots=True)
class Check:
    words: str
    ratio: float
    least: float

    @property
    def passes(self) -> bool:
        return self.ratio >= self.least


def light(brand: str) -> Shades:
    one = to_oklch(brand)
    return Shades(
        surface="#ffffff",
        accent=from_oklch(one if _is_light(one) else Oklch(min(one.l, 0.535), one.c, one.h)),
        on_accent=_on_accent(one),
        accent_text=from_oklch(Oklch(min(one.l, 0.48), min(one.c, 0.2), one.h)),
    )


def dark(brand: str) -> Shades:
    one = to_oklch(brand)
    surface = from_oklch(Oklch(0.188, min(one.c, 0.1) * 0.07, one.h))
    return Shades(
        surface=surface,
        accent=from_oklch(one) if _is_light(one) else _lifted(one, surface),
        on_accent=_on_accent(one),
        accent_text=from_oklch(Oklch(max(one.l, 0.775), min(one.c, 0.13), one.h)),
    )


def _lifted(one: Oklch, surface: str) -> str:
    """A dark colour as light as it must be to stand out from a dark page. Blues need more of it than others."""
    begin = round(min(max(one.l, 0.49), 0.535) * 1000)
    shades = (from_oklch(Oklch(step / 1000, one.c, one.h)) for step in range(begin, 700, 5))
    first = from_oklch(Oklch(begin / 1000, one.c, one.h))
    return next((each for each in shades if contrast(each, surface) >= PARTS), first)


def checks(brand: str) -> list[Check]:
    """Every check of ``brand``, in both themes."""
    return list(_checks(brand))


def _checks(brand: str) -> Iterator[Check]:
    for theme, shades in (("light", light(brand)), ("dark", dark(brand))):
        yield Check(f"Words on a button, {theme}", contrast(shades.on_accent, shades.accent), TEXT)
        yield Check(f"Links, {theme}", contrast(shades.accent_text, shades.surface), TEXT)
        yield Check(f"Buttons, ticks and dots, {theme}", contrast(shades.accent, shades.surface), PARTS)


def is_good(brand: str) -> bool:
    return all(each.passes for each in _checks(brand))


def nearest_good(brand: str) -> str:
    """The colour nearest to ``brand`` that passes: of its hue, darker or lighter, paler where it must be."""
    if is_good(brand):
        return brand
    one = to_oklch(brand)
    shades = (
        from_oklch(Oklch(step / 100, one.c * share / 10, one.h))
        for step in range(20, 100)
        for share in (10, 8, 6, 4)
    )
    return min(
        (each for each in shades if is_good(each)), key=lambda each: distance(brand, each), default=OUR_OWN
    )


def _is_light(one: Oklch) -> bool:
    return one.l >= LIGHT_FROM


def _on_accent(one: Oklch) -> str:
    return from_oklch(Oklch(0.2, 0.03, one.h)) if _is_light(one) else "#ffffff"
