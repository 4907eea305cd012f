"""Behind the password: who is held, what opens to them, and how they get in."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.core import mail
from django.test import Client as Browser
from django.urls import reverse

from accounts.models import Agency, KnownPlace, MFAChallenge, MFASettings, TrustedDevice, User
from accounts.scope import PlatformUse, platform_scope
from accounts.services.audit import Origin
from accounts.services.factors import enrol_totp
from accounts.tests.mmdb import write
from accounts.tests.test_challenges import SECRET, totp_at
from conftest import NOON, PASSWORD, Cast

VERIFY = "/people/verify/"
M = timedelta(minutes=1)


@pytest.fixture
def clock() -> Iterator[Any]:
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


@pytest.fixture
def risky(cast: Cast) -> Cast:
    """Both houses as real ones are: asking by risk, and no e-mail codes for their staff."""
    with platform_scope(PlatformUse.PROVISION):
        Agency.objects.update(settings={})
    for name in ("nora", "hannah", "rafael", "sam"):
        cast.give_password(name)
    return cast


@pytest.fixture
def sign_in(risky: Cast, django_capture_on_commit_callbacks: Any) -> Any:
    def sign(name: str, browser: Browser | None = None, **origin: str) -> Browser:
        browser = browser or Browser(**origin)  # type: ignore[arg-type]
        with django_capture_on_commit_callbacks(execute=True):
            response = browser.post(
                "/accounts/login/", {"login": f"{name}@example.test", "password": PASSWORD}
            )
        assert response.status_code == 302
        return browser

    return sign


def code() -> str:
    found = re.search(r"\b\d{6}\b", str(mail.outbox[-1].subject))
    assert found
    return found.group()


def show(browser: Browser, **data: str) -> Any:
    return browser.post(VERIFY, {"method": "email_otp", **data})


def is_held(browser: Browser) -> bool:
    return str(browser.get("/").headers["Location"]).startswith(VERIFY)


def held(browser: Browser) -> str:
    """What a held browser is shown of a page of its own house."""
    response = browser.get("/portal/calls/")
    return f"{response.status_code} {response.headers.get('Location', '')}"


def test_a_new_device_is_held_until_the_mailed_code(sign_in: Any, clock: Any) -> None:
    browser = sign_in("hannah")
    before = held(browser)
    page = browser.get(VERIFY).content.decode()
    refused = show(browser, code="000000" if code() != "000000" else "000001")
    passed = show(browser, code=code())

    assert before == f"302 {VERIFY}?next=%2Fportal%2Fcalls%2F"
    assert "We sent a six-digit code to h•••@example.test" in page
    assert "a device we had not seen before" in page
    assert (refused.status_code, "That is not the code." in refused.content.decode()) == (422, True)
    assert (passed.status_code, browser.get("/portal/calls/").status_code) == (302, 200)


def test_what_the_person_wanted_is_where_they_go(sign_in: Any, clock: Any) -> None:
    browser = sign_in("hannah")
    good = browser.post(f"{VERIFY}?next=/portal/leads/", {"method": "email_otp", "code": code()})

    assert good["Location"] == "/portal/leads/"


@pytest.mark.parametrize(
    "evil", ["https://evil.example/", "//evil.example", "javascript:alert(1)", "/\\evil.example", "\x00/a"]
)
def test_nobody_is_led_elsewhere(sign_in: Any, clock: Any, evil: str) -> None:
    browser = sign_in("hannah")
    response = browser.post(f"{VERIFY}?{'next'}={evil}", {"method": "email_otp", "code": code()})

    assert response["Location"] == "/"


def test_a_held_person_cannot_set_up_a_factor_of_their_own(sign_in: Any) -> None:
    """Or a stolen password would be enough after all."""
    browser = sign_in("nora")
    urls = ("factors_start", "factors_totp", "factors_qr", "factors_passkey_add")

    assert [browser.get(reverse(f"accounts:{url}"))["Location"][: len(VERIFY)] for url in urls] == [
        VERIFY
    ] * 4
    assert browser.get(f"{VERIFY}?method=totp").content.decode().count("authenticator app") >= 1


def test_public_pages_see_nobody_while_somebody_is_held(sign_in: Any) -> None:
    browser = sign_in("hannah")
    healthz, missing = browser.get("/healthz"), browser.get("/there-is-no-such-page/")

    assert (healthz.status_code, missing.status_code) == (200, 404)
    assert healthz.wsgi_request.user.is_anonymous
    assert missing.wsgi_request.user.is_anonymous


def test_htmx_and_posts_are_sent_to_the_proof_too(sign_in: Any) -> None:
    browser = sign_in("nora")
    fragment = browser.get("/inbox/", headers={"hx-request": "true"})
    posted = browser.post("/people/seat/", {"seat": "x"})

    assert (fragment.content, fragment["HX-Redirect"]) == (b"", VERIFY)
    assert (posted.status_code, posted["Location"]) == (302, VERIFY)


def test_the_admin_is_held_as_well(sign_in: Any) -> None:
    browser = sign_in("sam")

    assert browser.get("/admin/accounts/user/")["Location"].startswith(VERIFY)


def test_signing_out_works_while_held(sign_in: Any) -> None:
    browser = sign_in("hannah")
    browser.post("/accounts/logout/")

    assert browser.get("/portal/")["Location"].startswith("/accounts/login/")


def test_a_session_without_any_word_on_it_is_held(risky: Cast) -> None:
    """However it came about: no proof, no entry."""
    browser = risky.browser("hannah")
    session = browser.session
    del session["otp_device_id"]
    session.save()

    assert is_held(browser)


@pytest.mark.parametrize(
    "forged",
    ["", "proof/totp", "proof/anything/{me}/{now}", "proof/totp/{other}/{now}", "x/totp/{me}/{now}",
     "proof/totp/{me}/soon", "proof/totp/{me}/99999999999999999999"],
)  # fmt: skip
def test_anything_but_ones_own_proof_is_none(risky: Cast, forged: str) -> None:
    browser, people = risky.browser("hannah"), risky.people
    session = browser.session
    session["otp_device_id"] = forged.format(
        me=people["hannah"].pk, other=people["nora"].pk, now=int(datetime.now(UTC).timestamp())
    )
    session.save()

    assert is_held(browser)


def test_the_same_browser_is_not_asked_again_and_another_is(sign_in: Any, clock: Any) -> None:
    browser = sign_in("hannah", REMOTE_ADDR="203.0.113.9")
    show(browser, code=code())
    browser.post("/accounts/logout/")
    clock.move_to(NOON + timedelta(days=1))
    again = is_held(sign_in("hannah", browser))
    other = is_held(sign_in("hannah", REMOTE_ADDR="203.0.113.9"))
    clock.shift(2 * M)
    elsewhere = Browser(REMOTE_ADDR="198.51.100.7")
    elsewhere.cookies = browser.cookies
    elsewhere.post("/accounts/logout/")

    assert (again, other, is_held(sign_in("hannah", elsewhere))) == (False, True, True)
    assert list(KnownPlace.objects.filter(ip__isnull=False).values_list("ip", flat=True)) == ["203.0.113.9"]
    newest = MFAChallenge.objects.filter(user__email="hannah@example.test").latest("created_at")
    assert newest.trigger_reason == "new_ip"


def test_a_country_not_seen_before_is_asked_for_and_named(
    sign_in: Any, clock: Any, settings: Any, tmp_path: Path
) -> None:
    """One browser that travels: at home, abroad, elsewhere abroad, home again, and where no country is known."""
    known = {"203.0.113.0/24": "US", "198.51.100.0/24": "FR"}
    settings.GEOIP_DATABASE = str(write(tmp_path / "countries.mmdb", known))
    browser, asked = Browser(), []
    for day, ip in enumerate(("203.0.113.9", "198.51.100.7", "198.51.100.8", "203.0.113.9", "192.0.2.1")):
        clock.move_to(NOON + timedelta(days=day))
        browser.defaults["REMOTE_ADDR"] = ip
        sign_in("hannah", browser)
        if is_held(browser):
            told = browser.get(VERIFY).content.decode()
            newest = MFAChallenge.objects.filter(user__email="hannah@example.test").latest("created_at")
            asked.append((ip, newest.trigger_reason, "a country you had not signed in from before" in told))
            show(browser, code=code())
        assert browser.get("/portal/").status_code == 200
        browser.post("/accounts/logout/")

    assert asked == [
        ("203.0.113.9", "new_device", False),
        ("198.51.100.7", "new_country", True),
        ("198.51.100.8", "new_ip", False),
        ("192.0.2.1", "new_ip", False),
    ]
    places = KnownPlace.objects.filter(user__email="hannah@example.test").order_by("first_seen_at")
    assert list(places.values_list("ip", "country_code")) == [
        ("203.0.113.9", "US"),
        ("198.51.100.7", "FR"),
        ("198.51.100.8", "FR"),
        ("192.0.2.1", ""),
    ]


def test_being_held_makes_no_device_known(sign_in: Any, clock: Any) -> None:
    browser = sign_in("hannah")
    browser.post("/accounts/logout/")

    assert is_held(sign_in("hannah", browser))


def test_a_trusted_device_is_let_in_anywhere_for_thirty_days(sign_in: Any, clock: Any) -> None:
    browser = sign_in("hannah", REMOTE_ADDR="203.0.113.9")
    show(browser, code=code(), trust="on")
    [device] = TrustedDevice.objects.filter(user__email="hannah@example.test")
    outcomes = []
    for days, ip in ((29, "198.51.100.7"), (30, "198.51.100.8")):
        clock.move_to(NOON + timedelta(days=days))
        away = Browser(REMOTE_ADDR=ip)
        away.cookies["device"] = browser.cookies["device"].value
        outcomes.append(is_held(sign_in("hannah", away)))

    assert (device.expires_at, outcomes) == (NOON + timedelta(days=30), [False, True])


def test_trust_taken_back_holds_again_and_is_ones_own(risky: Cast, sign_in: Any, clock: Any) -> None:
    browser = sign_in("hannah")
    show(browser, code=code(), trust="on")
    [device] = TrustedDevice.objects.filter(user__email="hannah@example.test")
    url = reverse("accounts:factors_untrust", args=[device.pk])
    by_other = risky.browser("rafael").post(url).status_code
    by_self = browser.post(url).status_code
    away = Browser(REMOTE_ADDR="198.51.100.7")
    away.cookies["device"] = browser.cookies["device"].value

    assert (by_other, by_self, is_held(sign_in("hannah", away))) == (404, 302, True)


def test_trust_does_not_outweigh_always(risky: Cast, sign_in: Any, clock: Any) -> None:
    browser = sign_in("hannah")
    show(browser, code=code(), trust="on")
    MFASettings.objects.create(user=risky.people["hannah"], require_mfa_always=True)
    browser.post("/accounts/logout/")
    clock.shift(M)

    assert is_held(sign_in("hannah", browser))
    page = browser.get(VERIFY).content.decode()
    show(browser, code=code(), trust="on")
    assert "Trust this device" not in page
    assert not is_held(browser)


def test_an_agency_may_ask_always_and_may_ask_nobody(risky: Cast, sign_in: Any) -> None:
    outcomes = []
    for switches in ({"risk": False}, {"risk": False, "always": True}, {}):
        with platform_scope(PlatformUse.PROVISION):
            Agency.objects.filter(pk=risky.larkspur.pk).update(settings={"mfa": switches})
        outcomes.append(is_held(sign_in("hannah")))

    assert outcomes == [False, True, True]


# Staff need more than a mailbox


def test_staff_without_a_strong_factor_set_one_up_after_a_mailed_code(sign_in: Any, clock: Any) -> None:
    browser = sign_in("nora")
    led = show(browser, code=code())["Location"]
    still = is_held(browser)
    setting_up = browser.get(reverse("accounts:factors_totp"))
    secret = re.search(r'key">([A-Z2-7 ]+)<', setting_up.content.decode())
    assert secret
    wrong = browser.post(reverse("accounts:factors_totp"), {"code": "000000"})
    seed = secret.group(1).replace(" ", "")
    right = format_hotp_value(hotp_value(seed, int(NOON.timestamp()) // 30))
    done = browser.post(reverse("accounts:factors_totp"), {"code": right})

    assert (led, still, wrong.status_code) == ("/people/security/factors/start/", True, 422)
    assert (done.status_code, done.content.decode().count("<li>")) == (200, 10)
    assert browser.get("/inbox/").status_code == 200
    assert seed not in str(browser.session.items())


def test_a_mailed_code_opens_the_set_up_for_ten_minutes(sign_in: Any, clock: Any) -> None:
    browser = sign_in("nora")
    show(browser, code=code())
    clock.shift(10 * M)

    assert browser.get(reverse("accounts:factors_totp"))["Location"].startswith(VERIFY)


def test_staff_with_an_app_are_not_offered_a_mail(risky: Cast, sign_in: Any, clock: Any) -> None:
    nora = risky.people["nora"]
    enrol_totp(user=nora, secret=SECRET, code=totp_at(NOON), now=NOON, origin=Origin())
    clock.shift(M)
    mail.outbox.clear()
    browser = sign_in("nora")
    page = browser.get(VERIFY).content.decode()
    by_mail = browser.post("/people/verify/send/")
    shown = browser.post(VERIFY, {"method": "totp", "code": totp_at(NOON + M)})

    assert ("authenticator app" in page, "Code by e-mail" in page, mail.outbox) == (True, False, [])
    assert (by_mail.status_code, shown.status_code, is_held(browser)) == (302, 302, False)


def test_staff_of_a_relaxed_agency_may_use_a_mailed_code(risky: Cast, sign_in: Any, clock: Any) -> None:
    with platform_scope(PlatformUse.PROVISION):
        Agency.objects.filter(pk=risky.larkspur.pk).update(settings={"mfa": {"staff_email": True}})
    browser = sign_in("nora")
    show(browser, code=code())

    assert browser.get("/inbox/").status_code == 200


# The admin


def test_the_admin_wants_an_app_or_a_passkey_even_of_who_is_let_in(risky: Cast, clock: Any) -> None:
    sam = risky.people["sam"]
    browser = risky.browser("sam")
    outcomes = []
    for method in ("not_asked", "trusted_device", "email_otp", "totp"):
        session = browser.session
        session["otp_device_id"] = f"proof/{method}/{sam.pk}/{int(NOON.timestamp())}"
        session.save()
        outcomes.append(browser.get("/admin/").status_code)
    asked = browser.get("/admin/login/?next=/admin/").headers["Location"]

    assert (outcomes, asked) == ([302, 302, 302, 200], "/admin/")


def test_the_admin_asks_again_after_ten_idle_minutes(risky: Cast, clock: Any) -> None:
    browser = risky.browser("sam")
    outcomes = []
    for minutes in (9, 18, 28):
        clock.move_to(NOON + minutes * M)
        outcomes.append(browser.get("/admin/").status_code)
    posted = browser.post(
        "/admin/accounts/user/add/", {}, headers={"referer": "http://testserver/admin/accounts/user/add/"}
    )

    assert outcomes == [200, 200, 302]
    assert posted["Location"] == f"{VERIFY}?why=admin&next=%2Fadmin%2Faccounts%2Fuser%2Fadd%2F"


def test_the_admins_own_sign_in_form_is_gone(risky: Cast) -> None:
    browser = Browser()
    posted = browser.post("/admin/login/", {"username": "sam@example.test", "password": PASSWORD})

    assert posted["Location"] == "/accounts/login/?next=/admin/"
    assert risky.browser("nora").get("/admin/login/")["Location"] == "/"


# Step-up


def test_a_step_up_asks_and_leads_back(
    risky: Cast, clock: Any, django_capture_on_commit_callbacks: Any
) -> None:
    browser = risky.browser("hannah")
    clock.shift(10 * M)
    page = "/people/security/factors/codes/"
    asked = browser.get(page)["Location"]
    with django_capture_on_commit_callbacks(execute=True):
        browser.post(f"/people/verify/send/?why=step_up&next={page}")
    done = browser.post(asked, {"method": "email_otp", "code": code()})

    assert asked == f"{VERIFY}?why=step_up&next=%2Fpeople%2Fsecurity%2Ffactors%2Fcodes%2F"
    assert (done["Location"], browser.get(page).status_code) == (page, 200)


def test_a_form_sent_too_late_says_so(risky: Cast, clock: Any) -> None:
    browser = risky.browser("hannah")
    clock.shift(10 * M)
    sent = browser.post(
        "/people/security/factors/methods/",
        {},
        headers={"referer": "http://testserver/people/security/factors/"},
    )
    page = browser.get(sent["Location"]).content.decode()

    assert sent["Location"] == f"{VERIFY}?why=step_up&next=%2Fpeople%2Fsecurity%2Ffactors%2F"
    assert "Nothing was saved yet" in page


def test_changing_a_factor_ends_other_sessions_and_trust(risky: Cast, clock: Any) -> None:
    hannah, first, second = risky.people["hannah"], risky.browser("hannah"), risky.browser("hannah")
    TrustedDevice.objects.create(
        user=hannah, device_id="0" * 32, trusted_at=NOON, expires_at=NOON + timedelta(days=30)
    )
    page = first.get(reverse("accounts:factors_totp")).content.decode()
    seed = re.search(r'key">([A-Z2-7 ]+)<', page).group(1).replace(" ", "")  # type: ignore[union-attr]
    right = format_hotp_value(hotp_value(seed, int(NOON.timestamp()) // 30))
    first.post(reverse("accounts:factors_totp"), {"code": right})

    assert first.get("/portal/").status_code == 200
    assert second.get("/portal/").status_code == 302
    assert TrustedDevice.objects.get(user=hannah).revoked_at == NOON


def test_nobody_removes_the_last_factor_that_their_role_needs(risky: Cast, clock: Any) -> None:
    outcomes = {}
    for name in ("nora", "hannah"):
        user: User = risky.people[name]
        enrol_totp(user=user, secret=SECRET, code=totp_at(NOON), now=NOON, origin=Origin())
        row = Authenticator.objects.get(user=user, type="totp")
        browser = risky.browser(name)
        foreign = risky.browser("rafael").post(reverse("accounts:factors_remove", args=[row.pk])).status_code
        asked = browser.get(reverse("accounts:factors_remove", args=[row.pk])).status_code
        browser.post(reverse("accounts:factors_remove", args=[row.pk]))
        outcomes[name] = (foreign, asked, Authenticator.objects.filter(user=user).count())

    assert outcomes == {"nora": (404, 200, 2), "hannah": (404, 200, 0)}


def test_why_page_tells_ones_own_story_only(risky: Cast, sign_in: Any, clock: Any) -> None:
    browser = sign_in("hannah")
    show(browser, code=code())
    sign_in("rafael")
    page = browser.get(reverse("accounts:why")).content.decode()

    assert page.count("<tr>") == 2  # the head, and hers
    assert "You proved it" in page
