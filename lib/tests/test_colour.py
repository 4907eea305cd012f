import itertools

import pytest

from lib.colour import contrast, from_oklch, is_hex, to_oklch


@pytest.mark.parametrize(
    ("one", "other", "ratio"),
    [
        ("#000000", "#ffffff", 21),
        ("#777777", "#ffffff", 4.48),
        ("#123456", "#123456", 1),
        ("#ff0000", "#ffffff", 4.0),
    ],
)
def test_contrast_is_that_of_wcag(one: str, other: str, ratio: float) -> None:
    assert contrast(one, other) == contrast(other, one)
    assert round(contrast(one, other), 2) == ratio


def test_every_colour_comes_back_as_it_went() -> None:
    colours = [f"#{r:02x}{g:02x}{b:02x}" for r, g, b in itertools.product(range(0, 256, 17), repeat=3)]

    assert [from_oklch(to_oklch(each)) for each in colours] == colours


@pytest.mark.parametrize(
    "text", ["", "#fff", "4c5bd4", "#4C5BD4", "#4c5bd", "#4c5bdg", "#4c5bd4;}", "#\uff14c5bd4"]
)
def test_only_six_small_digits_are_a_colour(text: str) -> None:
    assert (is_hex(text), is_hex("#4c5bd4")) == (False, True)
