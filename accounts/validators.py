"""What a password must not be besides short or common."""

import re
from collections.abc import Iterator

from django.core.exceptions import ValidationError

from accounts.models import User
from accounts.principal import load_principal

SHORTEST_WORD = 4
PRODUCT = "switchboard"


class HouseWordsValidator:
    """Refuses passwords that are made of the names around a person: the product's, their agency's, their clients'.

    A password may hold such a name if at least ``rest`` other letters or digits remain without it.
    """

    def __init__(self, rest: int = 8) -> None:
        self.rest = rest

    def validate(self, password: str, user: User | None = None) -> None:
        plain = _plain(password)
        for word in house_words(user):
            if word in plain and len(plain.replace(word, "")) < self.rest:
                raise ValidationError(
                    "This password is close to the name of your house or of Switchboard. "
                    "Choose one that nobody there would guess.",
                    code="password_house_word",
                )

    def get_help_text(self) -> str:
        return "Not the name of your house or of Switchboard."


def house_words(user: User | None) -> set[str]:
    """Names, and each longer word of them, in small letters without spaces."""
    return {word for name in _names(user) for word in _words(name) if len(word) >= SHORTEST_WORD}


def _names(user: User | None) -> Iterator[str]:
    yield PRODUCT
    principal = load_principal(user.pk) if user is not None and not user._state.adding else None
    if principal is not None:
        yield from (agency.name for agency in principal.agencies.values())
        yield from principal.seat_names.values()


def _words(name: str) -> Iterator[str]:
    yield _plain(name)
    yield from (_plain(each) for each in name.split())


def _plain(text: str) -> str:
    return re.sub(r"[\W_]", "", text.lower())
