"""Choosing a new password while signed in."""

from typing import Any

import pytest
from django.test import Client as Browser

from accounts.models import AuditEvent, RateLimit, User, UserSession
from accounts.scope import PlatformUse, platform_scope
from accounts.validators import HouseWordsValidator, house_words
from conftest import PASSWORD, Cast

URL = "/people/security/password/"
GOOD = "eleven quiet herons"


def change(browser: Browser, new: str, current: str = PASSWORD) -> Any:
    return browser.post(URL, {"current": current, "new": new})


def test_change_keeps_this_session_and_ends_the_others(
    cast: Cast, nora: User, mailoutbox: list[Any], django_capture_on_commit_callbacks: Any
) -> None:
    here, elsewhere = cast.browser("nora"), cast.browser("nora")
    with django_capture_on_commit_callbacks(execute=True):
        answer = change(here, GOOD)

    nora.refresh_from_db()
    assert (answer.status_code, answer["Location"]) == (302, URL)
    assert (here.get(URL).status_code, elsewhere.get(URL).status_code) == (200, 302)
    assert nora.check_password(GOOD)
    assert nora.password_changed_at is not None
    ended = UserSession.objects.filter(user=nora).values_list("revoked_reason", flat=True)
    assert sorted(ended) == ["", "password_change"]
    assert [(each.to, each.subject) for each in mailoutbox] == [
        (["nora@example.test"], "Your Switchboard password was changed")
    ]
    with platform_scope(PlatformUse.AUDIT):
        written = list(AuditEvent.unscoped.filter(event_type="password_changed"))
    assert [(each.actor_id, each.details) for each in written] == [(nora.pk, {})]


@pytest.mark.parametrize(
    ("new", "words"),
    [
        ("short", "at least 12 characters"),
        ("1q2w3e4r5t6y", "too common"),
        ("nora@example.test", "too similar"),
        ("Larkspur-2026", "close to the name of your house"),
        ("brightside99!", "close to the name of your house"),
        ("Switchboard 1", "close to the name of your house"),
        (PASSWORD, "This is your password now"),
        ("", "This field is required"),
    ],
)
def test_poor_password_is_refused_beside_its_field(cast: Cast, nora: User, new: str, words: str) -> None:
    """Hannah knows Brightside, where she works, and Nora only her agency's name."""
    cast.give_password("hannah")
    answer = change(cast.browser("hannah" if "bright" in new else "nora"), new)

    assert answer.status_code == 422
    assert words in str(answer.context["form"].errors["new"])
    assert PASSWORD not in answer.content.decode()


def test_wrong_present_password_is_refused_and_counted(cast: Cast, nora: User) -> None:
    browser = cast.browser("nora")
    answers = [change(browser, GOOD, "not the password") for _ in range(6)]

    assert {each.status_code for each in answers} == {422}
    assert "That is not your password" in str(answers[0].context["form"].errors["current"])
    assert change(browser, GOOD).status_code == 422  # within the pause
    nora.refresh_from_db()
    assert nora.check_password(PASSWORD)


def test_thinking_about_a_new_one_is_no_wrong_try(cast: Cast, nora: User) -> None:
    browser = cast.browser("nora")
    for _ in range(8):
        change(browser, "short")
        change(browser, "", "")

    assert RateLimit.objects.filter(limit_type="login_account", attempts__gt=0).count() == 0
    assert change(browser, GOOD).status_code == 302


def test_login_without_a_password_is_led_to_the_mail(cast: Cast, nora: User) -> None:
    nora.set_unusable_password()
    nora.save()
    browser = cast.browser("nora")

    assert "Choose a password by mail" in browser.get(URL).content.decode()
    assert change(browser, GOOD, "").status_code == 422


def test_house_words_are_those_of_ones_own_house(cast: Cast) -> None:
    assert house_words(cast.people["hannah"]) == {
        "switchboard", "larkspur", "brightside", "dental", "brightsidedental",
    }  # fmt: skip
    assert house_words(cast.people["otto"]) == {"switchboard", "ironwood"}
    assert house_words(None) == house_words(User(email="new@example.test")) == {"switchboard"}


def test_house_word_is_no_harm_in_a_long_password(cast: Cast) -> None:
    HouseWordsValidator().validate("larkspur seven quiet herons", cast.people["nora"])
