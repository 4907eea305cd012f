"""Mailed links: they work once, for one purpose, for a while, and looking at them changes nothing."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from django.db import connections, transaction

from accounts.models import ActionToken, AuditEvent, User
from accounts.scope import NOBODY, PlatformUse, platform_scope, scoped
from accounts.services import action_tokens
from accounts.services.action_tokens import LinkRefused, life_of
from accounts.services.audit import Origin
from conftest import NOON, Cast

RESET = ActionToken.Purpose.PASSWORD_RESET
INVITE = ActionToken.Purpose.INVITE


def make(cast: Cast, purpose: str = RESET) -> tuple[ActionToken, str]:
    nora = cast.people["nora"]
    return action_tokens.issue(purpose=purpose, email=nora.email, user_id=nora.pk, now=NOON)


def outcome(purpose: str, secret: str, now: datetime) -> str:
    try:
        action_tokens.consume(purpose=purpose, secret=secret, now=now)
    except LinkRefused as refusal:
        return refusal.reason
    return "let in"


def test_only_the_hash_is_stored(cast: Cast) -> None:
    token, secret = make(cast)
    with platform_scope(PlatformUse.ADMIN):
        row = ActionToken.unscoped.filter(pk=token.pk).values().get()

    assert len(secret) == 43
    assert secret not in str(row)


@pytest.mark.parametrize("purpose", list(ActionToken.Purpose))
def test_link_works_until_the_moment_it_ends(cast: Cast, purpose: str) -> None:
    life = life_of(purpose)
    _, first = make(cast, purpose)
    _, second = make(cast, purpose)

    assert outcome(purpose, first, NOON + life - timedelta(microseconds=1)) == "let in"
    assert outcome(purpose, second, NOON + life) == "too old"


def test_looking_never_uses_it_up(cast: Cast) -> None:
    _, secret = make(cast)
    for _ in range(3):
        action_tokens.find(purpose=RESET, secret=secret, now=NOON)

    assert [outcome(RESET, secret, NOON) for _ in range(2)] == ["let in", "used"]


def test_altered_and_foreign_links_are_unknown(cast: Cast) -> None:
    _, secret = make(cast)
    swapped = ("B" if secret[0] == "A" else "A") + secret[1:]
    tried = (swapped, secret[:-1], secret + "A", "", "\x00", "\ud800", secret.swapcase())

    assert {outcome(RESET, each, NOON) for each in tried} == {"unknown"}
    assert outcome(INVITE, secret, NOON) == "unknown"
    assert outcome(RESET, secret, NOON) == "let in"


def test_renewed_link_kills_the_old_and_lives_from_anew(cast: Cast) -> None:
    token, old = make(cast)
    later = NOON + timedelta(hours=3)
    new = action_tokens.renew(token=token, now=later, created_by=None)

    assert outcome(RESET, old, later) == "unknown"
    assert outcome(RESET, new, later + timedelta(minutes=59)) == "let in"
    with pytest.raises(LinkRefused, match="used"):
        action_tokens.renew(token=token, now=later, created_by=None)


def test_links_of_a_person_are_taken_back_by_purpose(cast: Cast) -> None:
    _, reset = make(cast)
    _, invite = make(cast, INVITE)
    action_tokens.revoke_of_person(user_id=cast.people["nora"].pk, purpose=RESET, now=NOON)

    assert (outcome(RESET, reset, NOON), outcome(INVITE, invite, NOON)) == ("taken back", "let in")


def test_refusal_is_written_where_the_agency_sees_it(cast: Cast) -> None:
    token, secret = action_tokens.issue(
        purpose=INVITE, email="x@example.test", agency_id=cast.larkspur.pk, now=NOON
    )
    for reason, row in (("too old", token), ("unknown", None)):
        action_tokens.refused(
            refusal=LinkRefused(reason, row), purpose=INVITE, now=NOON, origin=Origin("192.0.2.7")
        )
    with platform_scope(PlatformUse.ADMIN):
        found = list(
            AuditEvent.unscoped.filter(event_type="link_refused").values_list(
                "agency_id", "failure_reason", "target", "success"
            )
        )
        told = str(list(AuditEvent.unscoped.values()))

    assert set(found) == {
        (cast.larkspur.pk, "too old", "x@example.test", False),
        (None, "unknown", "", False),
    }
    assert secret not in told


@pytest.mark.django_db(transaction=True)
def test_of_fifty_who_try_at_once_one_is_let_in() -> None:
    nora = User.objects.create(email="nora@example.test", password="!")
    _, secret = action_tokens.issue(purpose=RESET, email=nora.email, user_id=nora.pk, now=NOON)

    def attempt(_: int) -> str:
        try:
            with scoped(NOBODY), transaction.atomic():
                return outcome(RESET, secret, NOON)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(50) as pool:
        found = Counter(pool.map(attempt, range(50)))

    assert found == {"let in": 1, "used": 49}
