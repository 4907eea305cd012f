"""Who makes whom show more at every sign-in, and what an agency may loosen."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Agency, AuditEvent, Membership, MFASettings, User
from accounts.risk import Rules
from accounts.scope import PlatformUse, platform_scope
from accounts.services.sign_in_rules import rules_of
from conftest import NOON, Cast


def person(name: str, cast: Cast) -> str:
    return reverse("accounts:rules_person", args=[cast.people[name].pk])


def always(cast: Cast) -> set[str]:
    rows = MFASettings.objects.filter(require_mfa_always=True)
    return {each.user.email.split("@")[0] for each in rows}


def switch(cast: Cast, **mfa: Any) -> None:
    with platform_scope(PlatformUse.PROVISION):
        Agency.objects.filter(pk=cast.larkspur.pk).update(settings={"mfa": mfa})


@pytest.mark.parametrize(
    ("name", "switches", "expected"),
    [
        ("nora", {}, Rules(strong=True)),
        ("nora", {"staff_email": True}, Rules()),
        ("nora", {"risk": False}, Rules(by_risk=False)),
        ("nora", {"always": True}, Rules(always=True, strong=True)),
        ("nora", {"always": "yes", "risk": None, "staff_email": 1}, Rules(strong=True)),
        ("hannah", {}, Rules()),
        ("hannah", {"always": True, "risk": False}, Rules(always=True, by_risk=False)),
        ("sam", {"staff_email": True}, Rules(strong=True)),
        ("lena", {}, Rules()),
    ],
)
def test_rules_of(cast: Cast, name: str, switches: dict[str, Any], expected: Rules) -> None:
    switch(cast, **switches)

    assert rules_of(cast.people[name]) == expected


def test_the_strictest_house_rules(cast: Cast) -> None:
    """Nora also works at Ironwood, which wants what Larkspur does not."""
    switch(cast, risk=False, staff_email=True)
    with platform_scope(PlatformUse.PROVISION):
        Agency.objects.filter(pk=cast.ironwood.pk).update(settings={})
        Membership.unscoped.create(
            agency=cast.ironwood, user=cast.people["nora"], role="agency_member", accepted_at=NOON
        )

    assert rules_of(cast.people["nora"]) == Rules(strong=True)


def test_a_person_is_asked_always_and_no_longer(cast: Cast) -> None:
    browser = cast.browser("nora")
    browser.post(person("hannah", cast), {"always": "yes"})
    on = always(cast)
    browser.post(person("hannah", cast), {"always": "no"})
    with platform_scope(PlatformUse.ADMIN):
        told = AuditEvent.unscoped.filter(event_type="mfa_required").order_by("seq")
        rows = [(each.target, each.details) for each in told]

    assert (on, always(cast)) == ({"hannah"}, set())
    assert rows == [("hannah@example.test", {"always": True}), ("hannah@example.test", {"always": False})]


def test_admins_do_not_reach_owners(cast: Cast) -> None:
    with platform_scope(PlatformUse.PROVISION):
        Membership.unscoped.filter(user=cast.people["theo"]).update(role="agency_admin", client_access="all")
        Membership.unscoped.filter(user=cast.people["vi"]).update(role="client_admin")
    outcomes = [
        cast.browser(who).post(person(whom, cast), {"always": "yes"}).status_code
        for who, whom in (
            ("theo", "nora"),
            ("theo", "bea"),
            ("vi", "hannah"),
            ("vi", "rafael"),
            ("otto", "nora"),
        )
    ]

    assert (outcomes, always(cast)) == ([403, 302, 403, 404, 404], {"bea"})


def test_what_another_agency_may_rely_on_stays(cast: Cast) -> None:
    with platform_scope(PlatformUse.PROVISION):
        Membership.unscoped.create(
            agency=cast.ironwood, user=cast.people["bea"], role="agency_member", accepted_at=NOON
        )
    browser = cast.browser("nora")
    browser.post(person("bea", cast), {"always": "yes"})
    browser.post(person("bea", cast), {"always": "no"})

    assert always(cast) == {"bea"}


def test_the_agencys_switches_are_its_owners(cast: Cast) -> None:
    with platform_scope(PlatformUse.PROVISION):
        Membership.unscoped.filter(user=cast.people["theo"]).update(role="agency_admin", client_access="all")
        Agency.objects.filter(pk=cast.larkspur.pk).update(settings={"other": 1})
    url = reverse("accounts:rules_agency")
    by_admin = cast.browser("theo").post(url, {"staff_email": "on"}).status_code
    by_owner = cast.browser("nora").post(url, {"by_risk": "on"}).status_code
    with platform_scope(PlatformUse.ADMIN):
        kept = Agency.objects.get(pk=cast.larkspur.pk).settings

    assert (by_admin, by_owner) == (403, 302)
    assert kept == {"other": 1, "mfa": {"always": False, "risk": True, "staff_email": False}}


def test_the_page_asks_the_same_for_few_people_and_many(cast: Cast) -> None:
    browser, counts = cast.browser("hannah"), []
    for number in range(2):
        with CaptureQueriesContext(
            connection,
        ) as seen:
            page = browser.get(reverse("accounts:rules")).content.decode()
        counts.append(len(seen))
        user = User.objects.create(email=f"new{number}@example.test", password="!")
        with platform_scope(PlatformUse.PROVISION):
            Membership.unscoped.create(
                agency=cast.larkspur,
                client=cast.brightside.client,
                user=user,
                role="client_member",
                accepted_at=NOON,
            )

    assert "rafael@example.test" not in page
    assert "nora@example.test" not in page
    assert counts[0] == counts[1]


STALE = ("/people/team/invite/", "/people/security/factors/codes/")


@pytest.mark.parametrize("url", STALE)
def test_what_gives_rights_asks_for_a_fresh_proof(cast: Cast, url: str) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        browser = cast.browser("nora")
        fresh = browser.get(url).status_code
        clock.shift(timedelta(minutes=10))
        stale = browser.get(url)

    assert (fresh, stale.status_code, stale["Location"][:28]) == (200, 302, "/people/verify/?why=step_up&")


def test_every_act_that_matters_asks_for_a_fresh_proof() -> None:
    """By name, so that a decorator that is lost is missed."""
    from django.urls import get_resolver

    marked = {
        pattern.name
        for resolver in get_resolver().url_patterns
        for pattern in getattr(resolver, "url_patterns", [])
        if getattr(pattern.callback, "wants_fresh_proof", False)
    }
    assert marked == {
        "connect", "ghl_connect", "security_connect", "rules_agency", "rules_person", "team_invite",
        "client_team_invite",
        "team_person", "client_team_person", "team_end", "client_team_end", "team_deactivate", "team_reactivate",
        "factors_start", "factors_totp", "factors_qr", "factors_codes", "factors_methods", "factors_passkey_add",
        "factors_passkey", "factors_remove", "connections_connect", "connections_remove",
        "profile_email", "campaign_autopilot", "lead_erase",
    }  # fmt: skip


def test_a_large_export_asks_for_a_fresh_proof(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("accounts.audit_page.LARGE", 2)
    with time_machine.travel(NOON, tick=False) as clock:
        browser = cast.browser("nora")
        fresh = browser.get("/people/audit.csv").status_code
        clock.shift(timedelta(minutes=10))
        stale, small = browser.get("/people/audit.csv"), browser.get("/people/audit.csv?event=logout")

    assert (fresh, stale.status_code, small.status_code) == (200, 302, 200)
    assert "next=%2Fpeople%2Faudit.csv" in stale["Location"]
