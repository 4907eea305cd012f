"""Programs: a token that changes with each use, and what two holders of one get."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connections, transaction
from django.test import Client as Browser
from django.utils import timezone

from accounts.models import User, UserSession
from accounts.services.audit import NOWHERE
from accounts.services.programs import TokenRefused, Tokens, authenticate, connect_program, refresh_tokens
from accounts.services.sessions import end_others
from conftest import NOON, Cast, make_cast

S = timedelta(seconds=1)


@pytest.fixture
def token(cast: Cast) -> str:
    return connect_program(user_id=cast.people["nora"].pk, name="Report", origin=NOWHERE, now=NOON)


def exchange(token: str, now: Any = NOON) -> Tokens:
    return refresh_tokens(refresh=token, origin=NOWHERE, now=now)


def refused(token: str, now: Any = NOON) -> str:
    with pytest.raises(TokenRefused) as why:
        exchange(token, now)
    return why.value.code


def email(access: str, now: Any = NOON) -> str:
    principal = authenticate(access=access, now=now)
    return principal.user.email if principal else "nobody"


def test_access_lasts_a_quarter_of_an_hour(token: str) -> None:
    tokens = exchange(token)
    later = exchange(tokens.refresh, NOON + timedelta(minutes=10))

    assert tokens.expires_at == NOON + timedelta(minutes=15)
    assert email(later.access, NOON + timedelta(minutes=25) - S) == "nora@example.test"
    assert email(later.access, NOON + timedelta(minutes=25)) == "nobody"
    assert email(tokens.access, NOON + timedelta(minutes=10)) == "nobody"


def test_a_token_used_twice_ends_the_session_of_both(token: str) -> None:
    tokens = exchange(token)

    assert refused(token) == "token_reused"
    assert (refused(tokens.refresh), refused(token), email(tokens.access)) == (
        "session_over",
        "session_over",
        "nobody",
    )


@pytest.mark.parametrize("offered", ["", "x", "ü", "A" * 64, "\x00"])
def test_nonsense_is_refused(token: str, offered: str) -> None:
    assert refused(offered) == "unknown_token"
    assert email(offered) == "nobody"


def test_tokens_serve_one_purpose(token: str) -> None:
    tokens = exchange(token)

    assert (refused(tokens.access), email(tokens.refresh)) == ("unknown_token", "nobody")


def test_programs_end_with_the_person(cast: Cast, token: str) -> None:
    tokens = exchange(token)
    User.objects.filter(pk=cast.people["nora"].pk).update(is_active=False)

    assert (email(tokens.access), refused(tokens.refresh)) == ("nobody", "session_over")


def test_programs_end_with_the_password(cast: Cast, token: str) -> None:
    tokens = exchange(token)
    end_others(user_id=cast.people["nora"].pk, keep=None, reason="password_change", now=NOON)

    assert (email(tokens.access), refused(tokens.refresh)) == ("nobody", "session_over")


def test_programs_end_after_thirty_quiet_days(token: str) -> None:
    tokens = exchange(token, NOON + timedelta(days=30) - S)

    assert refused(tokens.refresh, NOON + timedelta(days=60)) == "session_over"


def test_the_exchange_looks_at_the_row_itself(token: str, django_assert_num_queries: Any) -> None:
    """A sub-select would be answered from before the wait for the row, and two at once would both get a token."""
    with django_assert_num_queries(2) as asked:
        exchange(token)

    assert "SELECT" not in asked.captured_queries[-1]["sql"]


@pytest.mark.django_db(transaction=True)
def test_fifty_at_once_get_one_new_token_and_an_ended_session() -> None:
    with transaction.atomic():
        nora = make_cast().people["nora"]
        token = connect_program(user_id=nora.pk, name="Report", origin=NOWHERE, now=NOON)

    def ask(_: int) -> str:
        try:
            return exchange(token).refresh
        except TokenRefused as why:
            return why.code
        finally:
            connections.close_all()

    with ThreadPoolExecutor(25) as pool:
        answers = list(pool.map(ask, range(50)))
    new = [each for each in answers if len(each) > 40]
    row = UserSession.objects.get(kind="api")

    assert (len(new), {each for each in answers if each not in new} - {"session_over"}) == (
        1,
        {"token_reused"},
    )
    assert row.revoked_reason == "reuse_detected"
    assert refused(new[0]) == "session_over"


# The pages


def post(token: object) -> Any:
    return Browser().post("/api/v1/token/", {"refresh": token}, content_type="application/json")


def test_a_program_is_connected_used_and_disconnected(cast: Cast) -> None:
    browser = cast.browser("hannah")
    page = browser.post("/people/security/programs/", {"name": "Report"})
    text = page.content.decode()
    token = text[text.index('value="', text.index("input-mono") - 10) :].split('"')[1]
    tokens: dict[str, str] = post(token).json()
    me = Browser(headers={"authorization": f"Bearer {tokens['access']}"}).get("/api/v1/me/").json()
    [row] = UserSession.objects.filter(kind="api")
    browser.post(f"/people/security/sessions/{row.pk}/end/")
    over = post(tokens["refresh"])

    assert token not in browser.get("/people/security/").content.decode()
    assert me == {
        "id": str(cast.people["hannah"].pk),
        "email": "hannah@example.test",
        "seats": [{"seat": f"{cast.larkspur.pk}/{cast.brightside.client.pk}", "name": "Brightside Dental"}],
    }
    assert (over.status_code, over.headers["Content-Type"]) == (401, "application/problem+json")
    assert "session has ended" in over.json()["detail"]


@pytest.mark.parametrize("body", ["", "[]", '"x"', '{"refresh"', "{}", "\x00", "[" * 5000])
def test_a_bad_body_is_told_so(cast: Cast, body: str) -> None:
    answer = Browser().post("/api/v1/token/", body, content_type="application/json")

    assert (answer.status_code, answer.json()["title"]) == (400, "Bad request")


def test_a_token_of_another_kind_is_refused(cast: Cast) -> None:
    assert [post(each).status_code for each in (None, 7, ["x"], {"a": 1})] == [401] * 4


def test_sessions_are_listed_and_ended(cast: Cast) -> None:
    here, there = cast.browser("nora"), cast.browser("nora")
    stranger = cast.browser("otto")
    there_row = UserSession.objects.get(key_hash=_hash(there))
    page = here.get("/people/security/").content.decode()
    foreign = stranger.post(f"/people/security/sessions/{there_row.pk}/end/").status_code
    still = there.get("/inbox/").status_code
    here.post(f"/people/security/sessions/{there_row.pk}/end/")

    assert (page.count("This one"), page.count("Unknown browser")) == (1, 3)
    assert (foreign, still, there.get("/inbox/").status_code) == (404, 200, 302)
    assert here.get("/inbox/").status_code == 200


def test_ending_all_others_tells_how_many(cast: Cast) -> None:
    here = cast.browser("nora")
    others = [cast.browser("nora"), cast.browser("nora")]
    token = connect_program(user_id=cast.people["nora"].pk, name="Report", origin=NOWHERE, now=timezone.now())
    page = here.post("/people/security/sessions/end-others/", follow=True).content.decode()

    assert "3 other sessions ended." in page
    assert [each.get("/inbox/").status_code for each in (here, *others)] == [200, 302, 302]
    assert refused(token, timezone.now()) == "session_over"


def test_the_list_asks_the_same_for_one_row_and_three(cast: Cast, django_assert_num_queries: Any) -> None:
    browser = cast.browser("nora")
    browser.get("/people/security/")
    for _ in range(2):
        with django_assert_num_queries(6):
            browser.get("/people/security/")
        cast.browser("nora"), cast.browser("nora")


def test_time_does_not_stand_still_for_tokens(cast: Cast) -> None:
    """Skew of a program's clock changes nothing: only ours is asked."""
    with time_machine.travel(NOON, tick=False):
        token = connect_program(user_id=cast.people["nora"].pk, name="Report", origin=NOWHERE, now=NOON)

    assert refused(token, NOON + timedelta(days=90)) == "session_over"


def _hash(browser: Browser) -> str:
    from hashlib import sha256

    return sha256(browser.cookies["sid"].value.encode()).hexdigest()
