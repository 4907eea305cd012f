"""One way to write an address: none that looks like another, none that differs by case."""

import pytest
from django.core.exceptions import ValidationError

from accounts.mail_addresses import clean_address


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("nora@example.com", "nora@example.com"),
        ("  NORA@Example.COM\t", "nora@example.com"),
        ("n.o'ra+tag@sub.example.com", "n.o'ra+tag@sub.example.com"),
        ("nora@xn--mller-kva.example", "nora@xn--mller-kva.example"),
    ],
)
def test_plain_addresses_pass_in_lower_case(typed: str, kept: str) -> None:
    assert clean_address(typed) == kept


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("n\N{CYRILLIC SMALL LETTER O}ra@example.com", "cyrillic small letter o"),
        ("nora@ex\N{CYRILLIC SMALL LETTER A}mple.com", "cyrillic small letter a"),
        ("m\N{LATIN SMALL LETTER DOTLESS I}ke@example.com", "latin small letter dotless i"),
        ("\N{FULLWIDTH LATIN SMALL LETTER N}ora@example.com", "fullwidth latin small letter n"),
        ("nora@müller.example", "latin small letter u with diaeresis"),
        ("no\u200bra@example.com", "no spaces"),
        ("no\u202era@example.com", "no spaces"),
        ("no ra@example.com", "no spaces"),
        ("nora\x00@example.com", "no spaces"),
        ("nora\n@example.com", "no spaces"),
        ("nora\ud800@example.com", "no spaces"),
        ("nora", "whole address"),
        ("nora@", "whole address"),
        ("a@b@c.example", "whole address"),
        ("", "whole address"),
        ("x" * 260 + "@example.com", "at most 254"),
    ],
)
def test_others_are_refused_with_a_sentence(typed: str, words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        clean_address(typed)
