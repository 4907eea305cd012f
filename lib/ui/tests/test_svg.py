import pytest
from lucide import IconDoesNotExist

from lib.ui.svg import icon, logo


def test_icon_is_decorative_without_a_label():
    assert icon("check") == (
        '<svg class="icon" width="24" height="24" viewBox="0 0 24 24" aria-hidden="true">'
        '<path d="M20 6 9 17l-5-5" /></svg>'
    )


def test_icon_label_is_read_aloud_and_escaped():
    assert icon("check", "", "a < b").endswith('</svg><span class="sr-only">a &lt; b</span>')


def test_icon_class_is_escaped():
    assert icon("check", '"><b>').startswith('<svg class="icon &quot;&gt;&lt;b&gt;"')


def test_icon_unknown_to_lucide_is_an_error():
    with pytest.raises(IconDoesNotExist):
        icon("no-such-icon")


def test_icon_is_drawn_once():
    assert icon("inbox", "icon-sm") is icon("inbox", "icon-sm")


def test_logo_has_the_size_asked_for():
    assert logo(22).startswith('<svg class="logo" viewBox="0 0 32 32" width="22" height="22"')
