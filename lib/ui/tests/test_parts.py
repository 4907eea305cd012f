import re

import pytest

from lib.ui.parts import HUES, avatar, hue_of, initials, mark, rating, stars
from lib.ui.svg import icon

EVIL = '<script>"&'


@pytest.mark.parametrize(
    ("name", "letters"),
    [
        ("Marisol Vega", "MV"),
        ("Ana María de la Cruz", "AC"),
        ("cher", "C"),
        ("Élodie ßen", "ÉSS"),
        ("李 小龙", "李小"),
        ("(512) 555-0148", ""),
        ("+", ""),
        ("", ""),
        ("   ", ""),
        ("x" * 10_000, "X"),
    ],
)
def test_initials_of(name, letters):
    assert initials(name) == letters


def test_avatar_shows_initials_in_the_names_own_hue():
    assert avatar("Marisol Vega", "pink", "av-xl") == (
        '<span class="avatar av-xl hue-pink" aria-hidden="true">MV</span>'
    )
    assert avatar("Marisol Vega") == avatar("Marisol Vega", hue_of("Marisol Vega"))


def test_avatar_extra_small_has_room_for_one_letter():
    assert avatar("Marisol Vega", "pink", "av-xs") == (
        '<span class="avatar av-xs hue-pink" aria-hidden="true">M</span>'
    )


def test_avatar_of_a_number_is_a_figure():
    assert avatar("(512) 555-0148", "teal") == (
        f'<span class="avatar  hue-teal" aria-hidden="true">{icon("user-round")}</span>'
    )


def test_avatar_and_mark_accept_only_known_hues():
    assert 'class="avatar  hue-gray"' in avatar("Ann", EVIL)
    assert 'class="mark  hue-gray"' in mark("Ann", EVIL)


def test_hue_of_a_name_stays_and_is_never_gray():
    assert hue_of("Marisol Vega") == "violet"
    assert {hue_of(f"Person {number}") for number in range(200)} == set(HUES) - {"gray"}


def test_mark_shows_the_glyph_or_else_the_first_letter():
    assert mark("Delgado", "blue", "droplets") == (
        f'<span class="mark  hue-blue" aria-hidden="true">{icon("droplets")}</span>'
    )
    for glyph in ("", "no-such-icon", EVIL):
        assert mark("Delgado", "blue", glyph) == '<span class="mark  hue-blue" aria-hidden="true">D</span>'


def test_mark_escapes_a_name_that_begins_with_markup():
    assert mark(EVIL, "blue") == '<span class="mark  hue-blue" aria-hidden="true">&lt;</span>'


@pytest.mark.parametrize(
    ("count", "words"),
    [
        (1, "1 of 5 stars"),
        (5, "5 of 5 stars"),
        (None, "Not rated"),
        (0, "Not rated"),
        (6, "Not rated"),
        (-1, "Not rated"),
    ],
)
def test_stars_say_their_count(count, words):
    shown = int(words[0]) if words[0].isdigit() else 0
    assert stars(count) == f'<span class="stars s{shown}" role="img" aria-label="{words}"></span>'


def test_rating_is_five_radios_in_reading_order():
    html = rating("stars", 3, "Lead quality")
    assert re.findall(r'value="(\d)" required( checked)?>', html) == [
        ("1", ""), ("2", ""), ("3", " checked"), ("4", ""), ("5", ""),
    ]  # fmt: skip
    assert re.findall(r'<span class="sr-only">([^<]+)</span>', html) == [
        "1 star", "2 stars", "3 stars", "4 stars", "5 stars",
    ]  # fmt: skip


def test_rating_has_a_button_where_no_script_runs():
    assert '<noscript><button class="btn btn-sm" type="submit">Save</button></noscript>' in rating(
        "stars", None, "Q"
    )


def test_rating_escapes_what_it_is_given():
    assert EVIL not in rating(EVIL, None, EVIL)


def test_rating_without_a_value_has_none_chosen():
    assert " checked" not in rating("stars", None, "Lead quality")
