"""sRGB, OKLCH and the contrast of WCAG. Plain numbers in and out.

Source: Björn Ottosson, "A perceptual color space for image processing", 2020-12-23, and WCAG 2.2, relative luminance.
"""

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Oklch:
    """Lightness 0 to 1, chroma from 0, hue in radians."""

    l: float  # noqa: E741  the name of the thing
    c: float
    h: float


def to_rgb(colour: str) -> tuple[float, float, float]:
    """``#4c5bd4`` as red, green and blue from 0 to 1."""
    red, green, blue = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    return red, green, blue


def to_hex(rgb: tuple[float, float, float]) -> str:
    """The nearest of the 16 million; parts outside 0 to 1 are cut off, as a browser does."""
    return "#" + "".join(f"{round(min(max(part, 0.0), 1.0) * 255):02x}" for part in rgb)


def luminance(rgb: tuple[float, float, float]) -> float:
    red, green, blue = (_linear(min(max(part, 0.0), 1.0)) for part in rgb)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """The ratio of two colours, 1 (the same) to 21 (black on white)."""
    dark, light = sorted((luminance(to_rgb(one)), luminance(to_rgb(other))))
    return (light + 0.05) / (dark + 0.05)


def to_oklch(colour: str) -> Oklch:
    red, green, blue = map(_linear, to_rgb(colour))
    long = math.cbrt(0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue)
    medium = math.cbrt(0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue)
    short = math.cbrt(0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue)
    lightness = 0.2104542553 * long + 0.7936177850 * medium - 0.0040720468 * short
    a = 1.9779984951 * long - 2.4285922050 * medium + 0.4505937099 * short
    b = 0.0259040371 * long + 0.7827717662 * medium - 0.8086757660 * short
    return Oklch(lightness, math.hypot(a, b), math.atan2(b, a))


def from_oklch(colour: Oklch) -> str:
    """The colour as a screen shows it: what it can't show is cut off part by part."""
    a, b = colour.c * math.cos(colour.h), colour.c * math.sin(colour.h)
    long = (colour.l + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (colour.l - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (colour.l - 0.0894841775 * a - 1.2914855480 * b) ** 3
    return to_hex(
        (
            _bent(4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short),
            _bent(-1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short),
            _bent(-0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short),
        )
    )


def is_hex(colour: str) -> bool:
    """``#`` and six small hexadecimal digits, nothing else."""
    return len(colour) == 7 and colour[0] == "#" and all(each in "0123456789abcdef" for each in colour[1:])


def distance(one: str, other: str) -> float:
    """How different two colours look, 0 to about 1."""
    return math.dist(_place(to_oklch(one)), _place(to_oklch(other)))


def _place(colour: Oklch) -> tuple[float, float, float]:
    return colour.l, colour.c * math.cos(colour.h), colour.c * math.sin(colour.h)


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4


def _bent(part: float) -> float:
    if part <= 0.0031308:
        return 12.92 * max(part, 0.0)
    return float(1.055 * part ** (1 / 2.4) - 0.055)
