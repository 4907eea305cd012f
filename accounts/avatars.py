"""How a person is drawn: their colour, and where their picture is.

Its address changes with the picture, so that browsers may keep it.
"""

from pathlib import PurePath

from django.urls import reverse

from accounts.models import User

HUES = ("blue", "teal", "green", "amber", "orange", "pink", "violet")


def hue_of_person(user: User) -> str:
    """The colour behind a person's letters, the same on every page."""
    return HUES[user.pk.int % len(HUES)]


def picture_of(user: User) -> str:
    """The address of the picture, "" where there is none."""
    if not user.avatar.name:
        return ""
    version = PurePath(user.avatar.name).stem[:12]
    return f"{reverse('accounts:avatar', args=[user.pk])}?v={version}"
