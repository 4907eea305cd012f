"""Sign-in by Google and Microsoft, against a provider that runs as a process of its own."""

import subprocess
import sys
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from allauth.socialaccount.models import SocialAccount, SocialToken
from django.conf import settings as project
from django.contrib.messages import get_messages
from django.test import Client as Browser

from accounts.models import AuditEvent, User
from accounts.scope import PlatformUse, platform_scope
from conftest import NOON, Cast

HOSTED = {"sub": "g-1", "email": "nora@example.test", "email_verified": True, "hd": "example.test"}
EDOV = {"sub": "m-1", "email": "nora@example.test", "xms_edov": True}
CONNECTIONS = "/people/security/connections/"


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    command = [sys.executable, "-m", "sandbox.oidc", "--port", "0", "--client-id", "switchboard"]
    with subprocess.Popen(command, cwd=project.BASE_DIR, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
        process.terminate()


@pytest.fixture(autouse=True)
def offered(settings: Any, issuer: str) -> None:
    settings.SIGN_IN_PROVIDERS = {
        key: {"name": name, "issuer": issuer, "client_id": "switchboard", "client_secret": "sandbox-secret"}
        for key, name in (("google", "Google"), ("microsoft", "Microsoft"))
    }


@pytest.fixture
def nora(cast: Cast) -> User:
    """She has proved her address by an invitation, and has a password."""
    user = cast.give_password("nora")
    user.email_verified_at = NOON
    user.save()
    return user


def comes(issuer: str, person: dict[str, Any], fault: str = "") -> None:
    httpx.post(f"{issuer}/_sandbox/next", json={"person": person, "fault": fault}).raise_for_status()


def there_and_back(browser: Browser, start: str = "/accounts/google/login/", **data: str) -> Any:
    """Follow the browser to the provider and home; the answer to its coming home."""
    away = browser.post(start, data)
    assert away.status_code == 302, away.content
    home = urlsplit(httpx.get(away["Location"]).headers["location"])
    return browser.get(f"{home.path}?{home.query}")


def is_in(browser: Browser) -> bool:
    return browser.get("/people/roles/").status_code == 200


def said(answer: Any) -> str:
    return " ".join(str(each) for each in get_messages(answer.wsgi_request))


def reasons() -> list[str]:
    with platform_scope(PlatformUse.AUDIT):
        rows = AuditEvent.unscoped.filter(agency=None, event_type="login_failed").order_by("seq")
        return [each.failure_reason for each in rows]


def own_events(cast: Cast) -> list[tuple[str, str]]:
    with platform_scope(PlatformUse.AUDIT):
        rows = AuditEvent.unscoped.filter(agency=cast.larkspur, actor=cast.people["nora"]).order_by("seq")
        return [(each.event_type, each.target) for each in rows]


@pytest.mark.parametrize(("key", "person"), [("google", HOSTED), ("microsoft", EDOV)])
def test_person_who_exists_comes_in_by_an_address_the_provider_answers_for(
    cast: Cast, nora: User, issuer: str, key: str, person: dict[str, Any],
    mailoutbox: list[Any], django_capture_on_commit_callbacks: Any,
) -> None:  # fmt: skip
    browser = Browser()
    comes(issuer, person)
    with django_capture_on_commit_callbacks(execute=True):
        answer = there_and_back(browser, f"/accounts/{key}/login/", next="/people/roles/")

    assert (answer.status_code, answer["Location"]) == (302, "/people/roles/")
    assert is_in(browser)
    nora.refresh_from_db()
    assert (nora.auth_provider, nora.login_count) == (key, 1)
    account = SocialAccount.objects.get()
    assert (account.user_id, account.uid, account.extra_data) == (
        nora.pk,
        person["sub"],
        {"email": nora.email},
    )
    assert SocialToken.objects.count() == 0
    assert own_events(cast) == [("social_connected", key), ("login_success", "")]
    assert [each.to for each in mailoutbox] == [["nora@example.test"]]


def test_connected_account_comes_in_whatever_its_address_is_now(nora: User, issuer: str) -> None:
    SocialAccount.objects.create(user=nora, provider="google", uid="g-1")
    browser = Browser()
    comes(issuer, {"sub": "g-1", "email": "nora.new@elsewhere.test", "email_verified": False})
    there_and_back(browser)

    assert is_in(browser)
    assert SocialAccount.objects.count() == 1


FAULTS = {
    "wrong_nonce": "another sign-in's nonce",
    "no_nonce": "MissingRequiredClaimError",
    "expired": "ExpiredSignatureError",
    "other_audience": "InvalidAudienceError",
    "other_issuer": "another issuer",
    "forged": "InvalidSignatureError",
    "unknown_key": "unknown key",
    "unsigned": "InvalidAlgorithmError",
    "symmetric": "InvalidAlgorithmError",
    "no_id_token": "no id token",
    "no_sub": "MissingRequiredClaimError",
}


@pytest.mark.parametrize("fault", FAULTS)
def test_token_that_is_not_for_this_sign_in_lets_nobody_in(nora: User, issuer: str, fault: str) -> None:
    SocialAccount.objects.create(user=nora, provider="google", uid="g-1")
    browser = Browser()
    comes(issuer, HOSTED, fault)
    answer = there_and_back(browser)

    assert (answer["Location"], is_in(browser)) == ("/accounts/login/", False)
    assert "did not bring us anybody" in said(answer)
    assert reasons() == [FAULTS[fault]]


PEOPLE = {
    "unverified": ({**HOSTED, "email_verified": False}, "the provider does not answer for the address"),
    "foreign address": ({**HOSTED, "hd": "other.test"}, "the provider does not answer for the address"),
    "unknown": ({**HOSTED, "email": "nobody@example.test"}, "nobody has the address"),
    "superuser": ({**HOSTED, "email": "sam@example.test"}, "the login must be connected by hand"),
    "address not proved": ({**HOSTED, "email": "theo@example.test"}, "the login must be connected by hand"),
    "switched off": ({**HOSTED, "email": "bea@example.test"}, "the login is switched off"),
}


@pytest.mark.parametrize("who", PEOPLE)
def test_those_who_are_not_let_in_are_told_alike_and_nobody_is_made(
    cast: Cast, nora: User, issuer: str, who: str
) -> None:
    User.objects.filter(email="bea@example.test").update(is_active=False, email_verified_at=NOON)
    User.objects.filter(email="sam@example.test").update(email_verified_at=NOON)
    person, reason = PEOPLE[who]
    before = User.objects.count()
    browser = Browser()
    comes(issuer, person)
    answer = there_and_back(browser)

    assert (answer["Location"], is_in(browser)) == ("/accounts/login/", False)
    assert said(answer).startswith("Google did not bring us anybody who can come in.")
    assert reasons() == [reason]
    assert (User.objects.count(), SocialAccount.objects.count()) == (before, 0)


def test_second_account_of_a_provider_is_not_connected_by_itself(nora: User, issuer: str) -> None:
    SocialAccount.objects.create(user=nora, provider="google", uid="g-0")
    browser = Browser()
    comes(issuer, HOSTED)
    there_and_back(browser)

    assert not is_in(browser)


def test_only_the_browser_that_set_out_comes_back(nora: User, issuer: str) -> None:
    comes(issuer, HOSTED)
    mine, other = Browser(), Browser()
    away = mine.post("/accounts/google/login/")
    home = urlsplit(httpx.get(away["Location"]).headers["location"])
    path = f"{home.path}?{home.query}"

    stolen = other.get(path)
    elsewhere = mine.get(path.replace("/google/", "/microsoft/"))
    assert "began in another window" in said(stolen)
    assert "began in another window" in said(elsewhere)
    assert not is_in(other)
    assert not is_in(mine)
    assert there_and_back(mine)["Location"] == "/"


def test_state_is_used_up_by_coming_back(nora: User, issuer: str) -> None:
    browser = Browser()
    comes(issuer, HOSTED, "wrong_nonce")
    away = browser.post("/accounts/google/login/")
    home = urlsplit(httpx.get(away["Location"]).headers["location"])
    answers = [browser.get(f"{home.path}?{home.query}") for _ in range(2)]

    assert "did not bring us anybody" in said(answers[0])
    assert "began in another window" in said(answers[1])


def test_state_of_somebody_else_is_refused(nora: User, issuer: str) -> None:
    browser = Browser()
    comes(issuer, HOSTED, "wrong_state")
    answer = there_and_back(browser)

    assert "began in another window" in said(answer)
    assert not is_in(browser)


def test_journey_lasts_ten_minutes(nora: User, issuer: str) -> None:
    comes(issuer, HOSTED)
    browser = Browser()
    away = browser.post("/accounts/google/login/")
    session = browser.session
    session["provider_journeys"] = [{**each, "at": each["at"] - 601} for each in session["provider_journeys"]]
    session.save()
    home = urlsplit(httpx.get(away["Location"]).headers["location"])

    assert "took too long" in said(browser.get(f"{home.path}?{home.query}"))


@pytest.mark.parametrize(
    ("fault", "words"), [("denied", "You did not sign in"), ("broken", "does not answer")]
)
def test_provider_that_says_no_is_told_plainly(nora: User, issuer: str, fault: str, words: str) -> None:
    browser = Browser()
    comes(issuer, HOSTED, fault)

    assert words in said(there_and_back(browser))
    assert not is_in(browser)


def test_provider_that_is_down_is_told_plainly(settings: Any, nora: User) -> None:
    settings.SIGN_IN_PROVIDERS["google"]["issuer"] = "http://127.0.0.1:9"

    assert "does not answer" in said(Browser().post("/accounts/google/login/"))


def test_request_bears_pkce_state_and_nonce_and_no_secret(nora: User, issuer: str) -> None:
    comes(issuer, HOSTED)
    away = Browser().post("/accounts/google/login/")
    asked = {name: values[0] for name, values in parse_qs(urlsplit(away["Location"]).query).items()}

    assert asked["code_challenge_method"] == "S256"
    assert len({asked["state"], asked["nonce"], asked["code_challenge"]}) == 3
    assert min(len(asked[name]) for name in ("state", "nonce", "code_challenge")) >= 43
    assert asked["redirect_uri"] == "http://testserver/accounts/google/login/callback/"
    assert "secret" not in away["Location"]


def test_nothing_is_offered_until_it_is_set_up(settings: Any, nora: User) -> None:
    assert "Continue with Google" in Browser().get("/accounts/login/").content.decode()
    settings.SIGN_IN_PROVIDERS["google"]["client_secret"] = ""
    page = Browser().get("/accounts/login/")

    assert "Google" not in page.content.decode()
    assert "Continue with Microsoft" in page.content.decode()
    assert Browser().post("/accounts/google/login/").status_code == 404
    assert Browser().get("/accounts/google/login/callback/?state=x&code=y").status_code == 404


def test_policy_lets_the_form_lead_to_the_providers_alone(db: None, settings: Any, issuer: str) -> None:
    policy = Browser().get("/accounts/login/")["Content-Security-Policy"]
    assert f"form-action 'self' {issuer}" in policy
    settings.SIGN_IN_PROVIDERS = {}

    assert "form-action 'self';" in Browser().get("/accounts/login/")["Content-Security-Policy"] + ";"


def test_setting_out_needs_a_form_of_ours(nora: User) -> None:
    browser = Browser(enforce_csrf_checks=True)

    assert browser.post("/accounts/google/login/").status_code == 403
    assert browser.get("/accounts/google/login/").status_code == 405


# Connecting by hand


@pytest.fixture
def proved(cast: Cast, nora: User) -> Browser:
    """Nora's browser, in which she has just shown a second factor."""
    return cast.browser("nora")


def test_person_connects_any_account_after_proving_it_is_them(
    cast: Cast, proved: Browser, issuer: str
) -> None:
    comes(issuer, {"sub": "g-7", "email": "private@gmail.com", "email_verified": False})
    answer = there_and_back(proved, f"{CONNECTIONS}google/connect/")

    assert (answer["Location"], said(answer)) == (CONNECTIONS, "From now on you can sign in with Google.")
    assert "private@gmail.com" in proved.get(CONNECTIONS).content.decode()
    assert ("social_connected", "google") in own_events(cast)
    fresh = Browser()
    there_and_back(fresh)
    assert is_in(fresh)


def test_connecting_without_proof_is_asked_for_it(cast: Cast, nora: User) -> None:
    browser = cast.browser("nora", verified=False)
    SocialAccount.objects.create(user=nora, provider="google", uid="g-1")
    answers = [browser.post(f"{CONNECTIONS}google/{deed}/") for deed in ("connect", "remove")]

    assert {urlsplit(each["Location"]).path for each in answers} == {"/people/verify/"}
    assert SocialAccount.objects.count() == 1


def test_account_of_somebody_else_is_not_taken_over(cast: Cast, proved: Browser, issuer: str) -> None:
    SocialAccount.objects.create(user=cast.people["theo"], provider="google", uid="g-1")
    comes(issuer, HOSTED)
    answer = there_and_back(proved, f"{CONNECTIONS}google/connect/")

    assert said(answer) == "Somebody else signs in here with that Google account."
    assert SocialAccount.objects.get().user_id == cast.people["theo"].pk


def test_journey_of_one_person_connects_nothing_to_another(cast: Cast, proved: Browser, issuer: str) -> None:
    """Signing in as somebody else in between must not give them the account."""
    comes(issuer, HOSTED)
    away = proved.post(f"{CONNECTIONS}google/connect/")
    session = proved.session
    session["provider_journeys"] = [
        {**each, "whose": str(cast.people["theo"].pk)} for each in session["provider_journeys"]
    ]
    session.save()
    home = urlsplit(httpx.get(away["Location"]).headers["location"])
    proved.get(f"{home.path}?{home.query}")

    assert SocialAccount.objects.count() == 0


def test_removing_asks_first_and_takes_away_the_way_in(
    cast: Cast, proved: Browser, nora: User, issuer: str
) -> None:
    SocialAccount.objects.create(user=nora, provider="google", uid="g-1", extra_data={"email": nora.email})
    User.objects.filter(pk=nora.pk).update(email_verified_at=None)
    url = f"{CONNECTIONS}google/remove/"
    asked = proved.get(url)
    removed = proved.post(url)

    assert "Remove Google?" in asked.content.decode()
    assert (removed["Location"], SocialAccount.objects.count()) == (CONNECTIONS, 0)
    assert own_events(cast)[-1] == ("social_disconnected", "google")
    fresh = Browser()
    comes(issuer, HOSTED)
    there_and_back(fresh)
    assert not is_in(fresh)


def test_last_way_in_is_not_removed(cast: Cast, nora: User) -> None:
    SocialAccount.objects.create(user=nora, provider="google", uid="g-1")
    nora.set_unusable_password()
    nora.save()
    answer = cast.browser("nora").post(f"{CONNECTIONS}google/remove/")

    assert answer["Location"] == "/people/security/password/"
    assert SocialAccount.objects.count() == 1
