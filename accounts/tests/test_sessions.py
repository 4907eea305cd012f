"""Sessions of browsers: one row a sign-in, a key that turns, and what happens to a copied one."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.contrib.sessions.backends.base import UpdateError
from django.core import mail
from django.db import connections, transaction
from django.test import Client as Browser

from accounts.models import AuditEvent, Membership, UserSession
from accounts.scope import PlatformUse, platform_scope
from accounts.services.sessions import end_others
from accounts.sessions import SessionStore
from accounts.tasks import clear_sessions
from accounts.tests.mmdb import write
from conftest import NOON, PASSWORD, Cast, make_cast

M = timedelta(minutes=1)


@pytest.fixture
def clock() -> Any:
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


def cookie(browser: Browser) -> str:
    return browser.cookies["sid"].value if "sid" in browser.cookies else ""


def with_key(key: str) -> Browser:
    browser = Browser()
    browser.cookies["sid"] = key
    return browser


def rows_of(cast: Cast, name: str) -> list[UserSession]:
    known = "of a session long over"
    return list(
        UserSession.objects.filter(user=cast.people[name]).exclude(key_hash=known).order_by("created_at")
    )


def is_in(browser: Browser) -> bool:
    return browser.get("/")["Location"] == "/inbox/"


def test_a_sign_in_is_one_row_that_says_where(cast: Cast, clock: Any, settings: Any, tmp_path: Path) -> None:
    settings.GEOIP_DATABASE = str(write(tmp_path / "countries.mmdb", {"203.0.113.0/24": "US"}))
    nora = cast.give_password("nora")
    browser = Browser(
        headers={"user-agent": "Mozilla/5.0 (Windows NT 10.0) Firefox/140.0"}, REMOTE_ADDR="203.0.113.9"
    )
    browser.get("/accounts/login/")
    browser.post("/accounts/login/", {"login": nora.email, "password": PASSWORD})
    [row] = rows_of(cast, "nora")

    assert is_in(browser)
    assert (row.title, row.place, row.kind) == ("Firefox on Windows", "US, 203.0.113.9", "browser")
    with platform_scope(PlatformUse.AUDIT):
        event = AuditEvent.unscoped.get(event_type="login_success")
    assert (event.country_code, event.ip, event.device_id) == ("US", "203.0.113.9", row.device_id)
    assert (row.sliding_expiry_at, row.absolute_expiry_at) == (
        NOON + timedelta(days=30),
        NOON + timedelta(days=90),
    )
    assert row.device_id is not None
    assert cookie(browser) not in str(row.__dict__)
    assert UserSession.objects.filter(user=None).count() == 0


def test_the_key_turns_every_quarter_hour_and_the_row_stays(cast: Cast, clock: Any) -> None:
    browser = cast.browser("nora")
    keys = []
    for minutes in (14, 15, 16, 31):
        clock.move_to(NOON + minutes * M)
        assert is_in(browser)
        keys.append(cookie(browser))
    [row] = rows_of(cast, "nora")

    assert [keys[0] == keys[1], keys[1] == keys[2], keys[2] == keys[3]] == [False, True, False]
    assert (row.last_activity_at, row.sliding_expiry_at) == (
        NOON + 31 * M,
        NOON + 31 * M + timedelta(days=30),
    )


def test_a_copied_key_ends_the_family_and_tells_the_person(
    cast: Cast, clock: Any, django_capture_on_commit_callbacks: Any
) -> None:
    browser = cast.browser("nora")
    copied = cookie(browser)
    clock.move_to(NOON + 15 * M)
    is_in(browser)
    is_in(browser)
    grace = is_in(with_key(copied))
    clock.move_to(NOON + 17 * M)
    thief = with_key(copied)
    with django_capture_on_commit_callbacks(execute=True):
        stolen = is_in(thief)
        again = is_in(with_key(copied))
    [row] = rows_of(cast, "nora")
    with platform_scope(PlatformUse.AUDIT):
        events = AuditEvent.unscoped.filter(event_type="session_reused")
        audited = [(each.actor_id, each.success, each.agency_id) for each in events]

    assert (grace, stolen, again, is_in(browser)) == (True, False, False, False)
    assert row.revoked_reason == "reuse_detected"
    assert audited == [(cast.people["nora"].pk, False, cast.larkspur.pk)]
    assert [message.to for message in mail.outbox] == [["nora@example.test"]]
    assert "was used a second time" in browser.get("/accounts/login/").content.decode()


def test_an_older_key_is_known_too(cast: Cast, clock: Any) -> None:
    browser = cast.browser("nora")
    copied = cookie(browser)
    for minutes in (15, 30, 45):
        clock.move_to(NOON + minutes * M)
        assert is_in(browser)

    assert (is_in(with_key(copied)), is_in(browser)) == (False, False)


def test_a_lost_answer_locks_nobody_out(cast: Cast, clock: Any) -> None:
    """The new key went out and never arrived: the browser comes back with the one it has."""
    browser = cast.browser("nora")
    held = cookie(browser)
    is_in(browser)
    clock.move_to(NOON + 15 * M)
    is_in(browser)
    lost = cookie(browser)
    clock.move_to(NOON + 40 * M)
    back = with_key(held)

    assert is_in(back)
    assert cookie(back) not in (held, lost)
    assert is_in(back)
    assert (is_in(with_key(lost)), is_in(back)) == (False, False)


def test_forged_and_foreign_keys_are_nobodys_and_harm_nobody(cast: Cast, clock: Any) -> None:
    browser = cast.browser("nora")
    key = cookie(browser)
    forged = [key[:-6] + "AAAAAA", "x" * 64, "", key + "A" * 64]

    assert [is_in(with_key(each)) for each in forged] == [False] * 4
    assert is_in(browser)


def test_sessions_end_after_thirty_quiet_days_and_ninety_in_all(cast: Cast, clock: Any) -> None:
    quiet, busy = cast.browser("nora"), cast.browser("otto")
    day = timedelta(days=1)
    for days in (20, 40, 60, 80):
        clock.move_to(NOON + days * day)
        assert is_in(busy)
    clock.move_to(NOON + 90 * day - timedelta(seconds=1))
    last = is_in(busy)
    clock.move_to(NOON + 90 * day)

    assert (last, is_in(busy), is_in(quiet)) == (True, False, False)


def test_signing_out_ends_the_row_for_every_copy(cast: Cast, clock: Any) -> None:
    browser = cast.browser("nora")
    copied = cookie(browser)
    browser.post("/accounts/logout/")
    [row] = rows_of(cast, "nora")

    assert (is_in(with_key(copied)), row.revoked_reason) == (False, "logout")


def test_a_visitor_gets_a_new_key_by_signing_in(cast: Cast, clock: Any) -> None:
    nora = cast.give_password("nora")
    store = SessionStore()
    store["planted"] = True
    store.save()
    browser = with_key(str(store.session_key))
    browser.post("/accounts/login/", {"login": nora.email, "password": PASSWORD})

    assert is_in(browser)
    assert cookie(browser) != store.session_key
    assert not is_in(with_key(str(store.session_key)))


def test_ending_the_others_keeps_this_one(cast: Cast, clock: Any) -> None:
    here, there = cast.browser("nora"), cast.browser("nora")
    kept = SessionStore(cookie(here)).row_id
    ended = end_others(user_id=cast.people["nora"].pk, keep=kept, reason="password_change", now=NOON)

    assert (ended, is_in(here), is_in(there)) == (1, True, False)
    assert "password was changed" in there.get("/accounts/login/").content.decode()


@pytest.mark.django_db(transaction=True)
def test_requests_at_once_turn_the_key_once() -> None:
    """None of them is taken for a thief, and the cookie that wins is one that works."""
    with transaction.atomic():
        cast = make_cast()
    browser = cast.browser("nora")
    key = cookie(browser)
    UserSession.objects.filter(user=cast.people["nora"]).update(turned_at=datetime.now(UTC) - 16 * M)

    def visit(_: int) -> tuple[bool, str]:
        own = with_key(key)
        try:
            return is_in(own), cookie(own)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(10) as pool:
        seen = list(pool.map(visit, range(20)))

    assert {inside for inside, _ in seen} == {True}
    assert len({held for _, held in seen} - {key}) == 1
    assert is_in(with_key(next(held for _, held in seen if held != key)))


def test_old_rows_are_swept(cast: Cast, clock: Any) -> None:
    cast.browser("nora")
    visitor = SessionStore()
    visitor.save()
    counts = []
    for days in (0, 1, 30 + 179, 30 + 180):
        clock.move_to(NOON + timedelta(days=days))
        SessionStore.clear_expired()
        counts.append((UserSession.objects.filter(user=None).count(), len(rows_of(cast, "nora"))))

    assert counts == [(1, 1), (0, 1), (0, 1), (0, 0)]


def test_a_request_asks_once_for_session_and_person(cast: Cast, django_assert_num_queries: Any) -> None:
    browser = cast.browser("nora")
    is_in(browser)
    with django_assert_num_queries(1):
        assert is_in(browser)


def test_an_answer_under_the_old_key_does_not_take_the_new_one_back(cast: Cast, clock: Any) -> None:
    """It changes the session too, and arrives last: were its cookie set, the next request would look stolen."""
    browser = cast.browser("nora")
    late = with_key(cookie(browser))
    clock.move_to(NOON + 15 * M)
    is_in(browser)
    answer = late.post("/people/seat/", {"seat": f"{cast.larkspur.pk}/"})

    assert (answer.status_code, "sid" in answer.cookies) == (302, False)


def test_what_was_under_way_cannot_revive_an_ended_session(cast: Cast, clock: Any) -> None:
    store = SessionStore(cookie(cast.browser("nora")))
    store["draft"] = "under way"
    end_others(user_id=cast.people["nora"].pk, keep=None, reason="by_admin", now=NOON)
    with pytest.raises(UpdateError):
        store.save()


def test_administrators_sign_their_people_out(cast: Cast) -> None:
    """An owner reaches the viewer of her client; the viewer's admin would not reach the owner."""
    vi, hannah = cast.people["vi"], cast.people["hannah"]
    lost, home = cast.browser("vi"), cast.browser("hannah")
    with platform_scope(PlatformUse.PROVISION):
        Membership.unscoped.filter(user=vi).update(role="client_admin")
    admin, team = cast.browser("vi"), "/people/clients/brightside-dental/team"
    over_owner = admin.post(f"{team}/{hannah.pk}/sign-out/").status_code
    still = home.get("/portal/").status_code
    page = home.post(f"{team}/{vi.pk}/sign-out/", follow=True).content.decode()
    with platform_scope(PlatformUse.AUDIT):
        event = AuditEvent.unscoped.get(event_type="sessions_ended")

    assert (over_owner, still) == (403, 200)
    assert "Vi is signed out everywhere." in page
    assert [each.get("/portal/").status_code for each in (lost, admin, home)] == [302, 302, 200]
    assert (event.actor_id, event.target, event.details) == (hannah.pk, "vi@example.test", {"ended": 2})
    assert event.client_id == cast.brightside.client.pk


def test_signing_oneself_out_everywhere_keeps_this_session(cast: Cast) -> None:
    here, there = cast.browser("nora"), cast.browser("nora")
    here.post(f"/people/team/{cast.people['nora'].pk}/sign-out/")

    assert (is_in(here), is_in(there)) == (True, False)


def test_the_hourly_sweep_clears(cast: Cast, clock: Any) -> None:
    SessionStore().save()
    clock.move_to(NOON + timedelta(days=1))
    clear_sessions()

    assert UserSession.objects.filter(user=None).count() == 0
