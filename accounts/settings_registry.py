"""The settings of the whole platform: what there is, of what type, and what holds until somebody says otherwise.

They are kept in Django admin (``AppSetting``). A value that does not fit, or a key that is not here, is refused there;
should one stand in the table all the same, the default holds.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from accounts.models import AppSetting
from accounts.zones import is_zone

KEPT_S = 60  # how long another process may still show the former value


@dataclass(frozen=True, slots=True)
class Setting:
    key: str
    default: Any
    words: str
    fits: Callable[[Any], bool]
    wanted: str  # what a value must be, to who typed another


def text_up_to(most: int) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, str) and len(value) <= most and "\x00" not in value


def whole_number(least: int, most: int) -> Callable[[Any], bool]:
    return lambda value: type(value) is int and least <= value <= most


def is_email_or_blank(value: Any) -> bool:
    if not isinstance(value, str):
        return False
    try:
        validate_email(value or "nobody@example.com")
    except ValidationError:
        return False
    return True


REGISTRY = {
    each.key: each
    for each in (
        Setting(
            "agency.timezone",
            "America/New_York",
            "The time zone that a new agency begins with.",
            is_zone,
            'the name of a time zone in quotes, such as "America/Chicago"',
        ),
        Setting(
            "invitation.days",
            7,
            "How many days an invitation can be accepted.",
            whole_number(1, 60),
            "a whole number from 1 to 60",
        ),
        Setting(
            "support.email",
            "",
            "Where people write to who can't get in; shown on the sign-in page. Empty shows nothing.",
            is_email_or_blank,
            'an e-mail address in quotes, or "" for none',
        ),
        Setting(
            "sign_in.message",
            "",
            "A notice above the sign-in form, such as planned maintenance. Empty shows nothing.",
            text_up_to(300),
            'a text in quotes of up to 300 characters, or "" for none',
        ),
    )
}


def platform_setting(key: str) -> Any:
    """What holds for ``key``. One that is not in ``REGISTRY`` is a programming error."""
    setting = REGISTRY[key]
    value = cache.get_or_set(_place(key), lambda: _read(setting), KEPT_S)
    return value if setting.fits(value) else setting.default


def forget(key: str) -> None:
    """Let the next reader ask the database again. To be called after the commit."""
    cache.delete(_place(key))


def _read(setting: Setting) -> Any:
    row = AppSetting.objects.filter(pk=setting.key).first()
    return row.value if row else setting.default


def _place(key: str) -> str:
    return f"platform-setting:{key}"
