"""Settings of the platform: typed, with a default that always holds."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.urls import reverse

from accounts.models import AppSetting, AuditEvent
from accounts.scope import PlatformUse, platform_scope
from accounts.services.action_tokens import life_of
from accounts.settings_registry import REGISTRY, forget, platform_setting
from conftest import Cast

ADD = "admin:accounts_appsetting_add"


@pytest.fixture(autouse=True)
def nothing_kept() -> None:
    for key in REGISTRY:
        forget(key)


def put(key: str, value: Any) -> None:
    AppSetting.objects.update_or_create(key=key, defaults={"value": value})
    forget(key)


def test_defaults_fit_their_own_type() -> None:
    assert [each.key for each in REGISTRY.values() if not each.fits(each.default)] == []


@pytest.mark.parametrize(
    ("key", "good", "bad"),
    [
        ("agency.timezone", "America/Chicago", ["Mars/Olympus", 5, None, ""]),
        ("invitation.days", 14, ["14", 0, 61, 1.5, True, None]),
        ("support.email", "help@switchboard.test", ["help", 5, None]),
        ("sign_in.message", "Closed on Sunday.", [5, None, "x" * 301, ["a"]]),
    ],
)
def test_what_fits_holds_and_what_does_not_falls_back(db: None, key: str, good: Any, bad: list[Any]) -> None:
    put(key, good)
    assert platform_setting(key) == good
    for each in bad:
        put(key, each)
        assert platform_setting(key) == REGISTRY[key].default, each
    AppSetting.objects.all().delete()
    forget(key)
    assert platform_setting(key) == REGISTRY[key].default


def test_what_another_process_kept_is_not_believed_blindly(db: None) -> None:
    cache.set("platform-setting:invitation.days", "many", 60)
    assert platform_setting("invitation.days") == 7


def test_settings_are_read_by_those_they_are_for(cast: Cast) -> None:
    put("invitation.days", 3)
    put("support.email", "help@switchboard.test")
    put("sign_in.message", "Closed <on> Sunday.")
    put("agency.timezone", "America/Denver")

    page = cast.browser(None).get(reverse("account_login")).content.decode()
    begin = cast.browser("sam").get(reverse("admin:accounts_agency_add")).content.decode()

    assert life_of("invite") == timedelta(days=3)
    assert ("mailto:help@switchboard.test" in page, "Closed &lt;on&gt; Sunday." in page) == (True, True)
    assert 'value="America/Denver"' in begin


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("invitation.days", '"soon"', "This must be a whole number from 1 to 60."),
        ("agency.timezone", '"Mars"', "This must be the name of a time zone in quotes"),
        ("colour.of.the.sky", "1", "Select a valid choice"),
        ("invitation.days", "{", "Enter a valid JSON."),
    ],
)
def test_admin_refuses_in_words(cast: Cast, key: str, value: str, words: str) -> None:
    page = cast.browser("sam").post(reverse(ADD), {"key": key, "value": value}).content.decode()

    assert words in page
    assert not AppSetting.objects.exclude(key="test.nothing").exists()


def test_change_is_told_and_holds_at_once(cast: Cast, django_capture_on_commit_callbacks: Any) -> None:
    sam = cast.browser("sam")
    with django_capture_on_commit_callbacks(execute=True):
        assert platform_setting("invitation.days") == 7
        sam.post(reverse(ADD), {"key": "invitation.days", "value": "9"})
    assert platform_setting("invitation.days") == 9
    with django_capture_on_commit_callbacks(execute=True):
        sam.post(reverse("admin:accounts_appsetting_delete", args=["invitation.days"]), {"post": "yes"})
    assert platform_setting("invitation.days") == 7

    with platform_scope(PlatformUse.ADMIN):
        told = AuditEvent.unscoped.filter(event_type="setting_changed").order_by("seq")
        seen = [(each.target, each.details, each.actor_id) for each in told]
    sam_id = cast.people["sam"].pk
    assert seen == [("invitation.days", {"value": 9}, sam_id), ("invitation.days", {"default": True}, sam_id)]
