"""Wrong passwords: how many are tried, what the person and the log are told, and who lets them in again."""

import os
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.db import connections
from django.http import HttpResponse
from django.test import Client as Browser
from django.urls import reverse
from django.utils import timezone

from accounts.adapters import ClosedAdapter
from accounts.models import AuditEvent, Membership, RateLimit, User
from accounts.scope import PlatformUse, platform_scope
from conftest import PASSWORD, Cast

WRONG = "not the password"
LOGIN = "/accounts/login/"


class CountingHasher(Argon2PasswordHasher):
    """The real one, which also counts how often it worked."""

    worked: list[str] = []

    def encode(self, password: str, salt: str) -> str:
        self.worked.append("encode")
        return super().encode(password, salt)

    def verify(self, password: str, encoded: str) -> bool:
        self.worked.append("verify")
        return super().verify(password, encoded)


@pytest.fixture
def worked(settings: Any) -> Iterator[list[str]]:
    settings.PASSWORD_HASHERS = [f"{__name__}.CountingHasher"]
    CountingHasher.worked.clear()
    yield CountingHasher.worked
    CountingHasher.worked.clear()


def give_password(user: User) -> User:
    user.set_password(PASSWORD)
    user.save()
    return user


def sign_in(email: str, password: str, *, ip: str = "203.0.113.7", **headers: str) -> HttpResponse:
    return Browser().post(  # type: ignore[return-value]
        LOGIN, {"login": email, "password": password}, REMOTE_ADDR=ip, headers=headers
    )


def fail(times: int, email: str = "nora@example.test") -> list[int]:
    return [sign_in(email, WRONG, ip=f"198.51.100.{n}").status_code for n in range(times)]


def told(response: HttpResponse) -> str:
    """The page without what was typed and the token."""
    page = response.content.decode()
    return re.sub(r'value="[^"]*"|[\w.]+@example\.test', "", page[page.index("<main") :])


def events(kind: str) -> list[tuple[str, str, Any]]:
    with platform_scope(PlatformUse.AUDIT):
        rows = AuditEvent.unscoped.filter(event_type=kind).order_by("agency_id", "seq")
        return [(each.failure_reason, str(each.ip), each.actor_id) for each in rows]


def test_right_password_is_refused_in_the_same_words_during_a_pause(nora: User) -> None:
    first = sign_in("nora@example.test", WRONG)
    fail(4)
    locked = sign_in("nora@example.test", PASSWORD)

    assert (first.status_code, locked.status_code) == (200, 200)
    assert told(locked) == told(first)
    assert "do not go together" in told(locked)


def test_pause_is_the_same_for_an_address_that_nobody_has(nora: User, worked: list[str]) -> None:
    give_password(nora)
    worked.clear()
    pages: list[str] = []
    work: list[int] = []
    for email in ("nora@example.test", "nobody@example.test"):
        for _ in range(7):
            pages.append(told(sign_in(email, WRONG, ip=f"198.51.100.{len(pages)}")))
            work.append(len(worked))
            worked.clear()

    assert len(set(pages)) == 1
    assert work == [1, 1, 1, 1, 1, 0, 0] * 2


def test_person_who_is_switched_off_is_told_what_a_stranger_is(nora: User, worked: list[str]) -> None:
    nora = give_password(nora)
    User.objects.filter(pk=nora.pk).update(is_active=False)
    pages, work = [], []
    for email, password in (
        ("nora@example.test", PASSWORD),
        ("nora@example.test", WRONG),
        ("no@example.test", WRONG),
    ):
        worked.clear()
        pages.append(told(sign_in(email, password)))
        work.append(len(worked))

    assert (len(set(pages)), work) == (1, [1, 1, 1])
    assert [reason for reason, _, _ in events("login_failed")] == [
        "login is switched off",
        "login is switched off",
        "unknown e-mail",
    ]


def test_pause_ends_by_itself_and_a_sign_in_forgets_the_wrong_tries(nora: User) -> None:
    fail(5)
    nora.refresh_from_db()
    assert nora.failed_login_count == 5
    assert nora.locked_until is not None
    assert timedelta(minutes=4) < nora.locked_until - timezone.now() <= timedelta(minutes=5)

    earlier = timezone.now() - timedelta(minutes=6)
    RateLimit.objects.filter(limit_type="login_account").update(
        first_attempt_at=earlier, locked_until=timezone.now() - timedelta(seconds=1)
    )
    assert sign_in("nora@example.test", PASSWORD).status_code == 302

    kept = User.objects.get(pk=nora.pk)
    assert (kept.failed_login_count, kept.locked_until, kept.login_count) == (0, None, 1)
    assert fail(5)[-1] == 200  # five more before the next pause, which is short again
    assert RateLimit.objects.filter(limit_type="login_account").get().pauses == 1


def test_writing_the_address_another_way_gives_no_more_tries(nora: User, worked: list[str]) -> None:
    worked.clear()
    for email in ("nora@example.test", "NORA@example.test", " nora@Example.test ", "Nora@EXAMPLE.TEST") * 3:
        sign_in(email, WRONG, ip=f"198.51.100.{len(worked)}")

    assert len(worked) == 5


def test_person_is_told_when_a_pause_begins_and_not_each_time(
    nora: User, mailoutbox: list[Any], django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        fail(9)

    (mail,) = mailoutbox
    assert (mail.to, mail.subject) == (["nora@example.test"], "Sign-in to Switchboard is paused for you")
    assert re.search(r"paused until \w+day, \d+ \w+ \d{4} at \d+:\d\d [AP]M E[SD]T", mail.body)
    assert "198.51.100.4" in mail.body


def test_nobody_is_mailed_at_an_address_that_nobody_has(
    cast: Cast, mailoutbox: list[Any], django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        fail(9, "nobody@example.test")

    assert mailoutbox == []


def test_log_tells_of_each_try(nora: User) -> None:
    fail(6)
    sign_in("nobody@example.test", WRONG)

    assert [reason for reason, _, _ in events("login_failed")] == [
        *["wrong password"] * 5,
        "locked",
        "unknown e-mail",
    ]
    assert events("account_locked") == [("", "198.51.100.4", nora.pk)]


def test_one_address_trying_many_people_is_paused_and_locks_nobody_out(cast: Cast, worked: list[str]) -> None:
    for n in range(40):
        sign_in(f"person{n}@example.test", WRONG, ip="203.0.113.66")

    assert len(worked) == 30
    assert events("address_paused") == [("", "203.0.113.66", None)]
    assert RateLimit.objects.filter(limit_type="login_account").count() == 30
    cast.give_password("theo")
    assert sign_in("theo@example.test", PASSWORD, ip="203.0.113.67").status_code == 302
    assert sign_in("theo@example.test", PASSWORD, ip="203.0.113.66").status_code == 429


def test_office_behind_one_address_signs_in_all_day(nora: User) -> None:
    assert {sign_in("nora@example.test", PASSWORD).status_code for _ in range(29)} == {302}
    assert RateLimit.objects.get(limit_type="login_ip", last_attempt_at__gt=nora.created_at).attempts == 0


def test_ipv6_house_is_one_address(cast: Cast, worked: list[str]) -> None:
    for n in range(40):
        sign_in(f"person{n}@example.test", WRONG, ip=f"2001:db8:1:2::{n:x}")

    assert len(worked) == 30


def test_failed_try_is_counted_though_the_request_ends_in_an_error(nora: User, settings: Any) -> None:
    settings.ACCOUNT_ADAPTER = "accounts.tests.test_lockout.BrokenAdapter"
    browser = Browser(raise_request_exception=False)
    answer = browser.post(LOGIN, {"login": "nora@example.test", "password": WRONG})

    assert answer.status_code == 500
    assert RateLimit.objects.get(limit_type="login_account").attempts == 1


class BrokenAdapter(ClosedAdapter):
    def authentication_failed(self, request: Any, **credentials: Any) -> None:
        raise ZeroDivisionError


@pytest.fixture
def own_log(transactional_db: None) -> Iterator[None]:
    """Leaves no chain of events behind, which no role of the product could remove."""
    yield
    with psycopg.connect(os.environ["DATABASE_OWNER_URL"], autocommit=True) as owner:
        owner.execute("TRUNCATE accounts_auditevent, accounts_audithead")


@pytest.mark.slow
@pytest.mark.parametrize("spread", [True, False], ids=["from many addresses", "from one"])
def test_fifty_at_once_are_not_tried_more_often_than_five_times(
    own_log: None, worked: list[str], spread: bool
) -> None:
    give_password(User.objects.create(email="nora@example.test"))
    worked.clear()

    def work(n: int) -> int:
        try:
            return sign_in("nora@example.test", WRONG, ip=f"198.51.100.{n if spread else 1}").status_code
        finally:
            connections.close_all()

    with ThreadPoolExecutor(10) as pool:
        statuses = list(pool.map(work, range(50)))

    assert len(worked) == 5
    assert set(statuses) <= {200, 429}
    assert User.objects.get().failed_login_count == 5


# Lifting a pause


def lift(browser: Browser, user: User) -> int:
    return browser.post(reverse("accounts:locked_lift", args=[user.pk])).status_code


@pytest.mark.parametrize(
    ("who", "whom", "status"),
    [
        ("nora", "theo", 302),
        ("nora", "hannah", 302),
        ("hannah", "vi", 302),
        ("hannah", "rafael", 404),
        ("hannah", "theo", 404),
        ("otto", "nora", 404),
        ("rafael", "hannah", 404),
        ("theo", "bea", 403),
        ("vi", "hannah", 403),
    ],
)
def test_pause_is_lifted_by_those_who_run_the_house(cast: Cast, who: str, whom: str, status: int) -> None:
    person = cast.give_password(whom)
    fail(6, person.email)

    assert lift(cast.browser(who), person) == status
    assert sign_in(person.email, PASSWORD).status_code == (302 if status == 302 else 200)
    lifted = [("", "127.0.0.1", cast.people[who].pk)] if status == 302 else []
    assert events("account_unlocked") == lifted


def test_admin_of_a_house_does_not_touch_its_owner(cast: Cast) -> None:
    with platform_scope(PlatformUse.PROVISION):
        Membership.unscoped.filter(user=cast.people["theo"]).update(role="agency_admin", client_access="all")
        Membership.unscoped.filter(user=cast.people["vi"]).update(role="client_admin")
    for name in ("nora", "hannah", "bea"):
        fail(6, cast.give_password(name).email)

    def shown(who: str) -> set[str]:
        return {
            each.email.split("@")[0] for each in cast.browser(who).get("/people/locked/").context["people"]
        }

    assert (shown("theo"), shown("vi")) == ({"hannah", "bea"}, set())
    assert lift(cast.browser("theo"), cast.people["nora"]) == 404
    assert lift(cast.browser("vi"), cast.people["hannah"]) == 404


def test_superuser_lifts_a_pause_in_the_admin(nora: User, cast: Cast) -> None:
    fail(6)
    chosen = {"action": "lift_pause", "_selected_action": [str(nora.pk)]}
    answer = cast.browser("sam").post("/admin/accounts/user/", chosen)

    assert answer.status_code == 302
    assert sign_in("nora@example.test", PASSWORD).status_code == 302
    assert events("account_unlocked") == [("", "127.0.0.1", cast.people["sam"].pk)]


# Other ways in


def test_admin_has_no_sign_in_of_its_own(cast: Cast) -> None:
    browser = Browser()

    asked = browser.get("/admin/login/?next=/admin/crm/")
    tried = browser.post("/admin/login/", {"username": "sam@example.test", "password": PASSWORD})

    assert asked["Location"] == "/accounts/login/?next=/admin/crm/"
    assert tried["Location"] == "/accounts/login/?next=/admin/"
    assert cast.browser("nora").get("/admin/login/")["Location"] == "/"


def test_password_is_never_tried_without_being_counted(rf: Any, nora: User) -> None:
    from django.contrib.auth import authenticate

    with pytest.raises(AttributeError):
        authenticate(rf.post("/"), email="nora@example.test", password=PASSWORD)


def test_reauthentication_counts_as_a_try(nora: User, cast: Cast, worked: list[str]) -> None:
    give_password(nora)
    worked.clear()
    browser = cast.browser("nora")
    url = reverse("account_reauthenticate")

    wrong = [browser.post(url, {"password": WRONG}).status_code for _ in range(7)]

    assert (wrong, len(worked)) == ([200] * 7, 5)
    assert browser.post(url, {"password": PASSWORD}).status_code == 200


def test_reauthentication_forgets_the_wrong_tries_before(nora: User, cast: Cast) -> None:
    browser = cast.browser("nora")
    url = reverse("account_reauthenticate")
    for _ in range(4):
        browser.post(url, {"password": WRONG})

    assert browser.post(url, {"password": PASSWORD}).status_code == 302
    assert [browser.post(url, {"password": WRONG}).status_code for _ in range(4)] == [200] * 4
    assert browser.post(url, {"password": PASSWORD}).status_code == 302


def test_mails_that_strangers_ask_for_are_limited(
    nora: User, mailoutbox: list[Any], django_capture_on_commit_callbacks: Any
) -> None:
    url, told = reverse("account_reset_password"), {"email": "nora@example.test"}
    with django_capture_on_commit_callbacks(execute=True):
        answers = [Browser().post(url, told, REMOTE_ADDR=f"198.51.100.{n}") for n in range(6)]

    assert {(each.status_code, each["Location"]) for each in answers} == {
        (302, "/accounts/password/reset/done/")
    }
    assert len(mailoutbox) == 3


def test_asking_for_a_mail_tells_nobody_who_is_known(nora: User) -> None:
    url = reverse("account_reset_password")
    answers = [Browser().post(url, {"email": email}) for email in (nora.email, "nobody@example.test")]

    assert len({(each.status_code, each["Location"]) for each in answers}) == 1


def test_mails_to_many_asked_for_by_one_are_limited(
    cast: Cast, mailoutbox: list[Any], django_capture_on_commit_callbacks: Any
) -> None:
    url = reverse("account_reset_password")
    with django_capture_on_commit_callbacks(execute=True):
        for n in range(30):
            Browser().post(url, {"email": f"person{n}@example.test"}, REMOTE_ADDR="198.51.100.9")

    assert len(mailoutbox) == 20
