"""Second factors asked and answered: codes guessed, replayed, mixed up, late, and sent twice."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.core import mail
from django.db import connections, transaction

from accounts.models import AuditEvent, MFAChallenge, User
from accounts.scope import PlatformUse, platform_scope
from accounts.services.audit import Origin
from accounts.services.challenges import AskedTooOften, ChallengeOver, answer, ask
from accounts.services.factors import enrol_totp, make_backup_codes
from conftest import NOON, Cast, make_cast

HERE = Origin("203.0.113.9", "Firefox")
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
M = timedelta(minutes=1)


@pytest.fixture
def hannah(cast: Cast) -> User:
    return cast.people["hannah"]


@pytest.fixture
def sent(django_capture_on_commit_callbacks: Any) -> Any:
    """Ask for a code and return the challenge and the code of the mail."""

    def send(user: User, now: datetime = NOON) -> tuple[MFAChallenge, str]:
        with django_capture_on_commit_callbacks(execute=True):
            challenge = ask(user=user, method="email_otp", why="new_device", now=now, origin=HERE)
        return challenge, code_in(mail.outbox[-1])

    return send


def code_in(message: Any) -> str:
    found = re.search(r"\b\d{6}\b", str(message.subject))
    assert found
    return str(found.group())


def reply(user: User, challenge: MFAChallenge, given: str, now: datetime = NOON) -> bool:
    return answer(
        user=user,
        challenge_id=challenge.pk,
        method=challenge.challenge_type,
        given=given,
        now=now,
        origin=HERE,
    )


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 10**6:06d}"


def totp_at(moment: datetime) -> str:
    return str(format_hotp_value(hotp_value(SECRET, int(moment.timestamp()) // 30)))


def events(user: User) -> list[tuple[str, bool]]:
    with platform_scope(PlatformUse.ADMIN):
        rows = AuditEvent.unscoped.filter(actor=user, category="mfa").order_by("seq")
        return [(row.event_type, row.success) for row in rows]


def test_a_mailed_code_works_once(hannah: User, sent: Any) -> None:
    challenge, code = sent(hannah)
    first = reply(hannah, challenge, f" {code[:3]} {code[3:]} ")
    with pytest.raises(ChallengeOver):
        reply(hannah, challenge, code)

    assert (first, mail.outbox[-1].to) == (True, ["hannah@example.test"])
    challenge.refresh_from_db()
    assert (challenge.verified_at, challenge.attempts) == (NOON, 1)
    assert code not in str(challenge.__dict__)
    assert events(hannah) == [("mfa_challenge", True), ("mfa_success", True)]


def test_no_code_reaches_the_log(hannah: User, sent: Any) -> None:
    challenge, code = sent(hannah)
    reply(hannah, challenge, wrong(code))
    reply(hannah, challenge, code)
    with platform_scope(PlatformUse.ADMIN):
        told = str(list(AuditEvent.unscoped.filter(actor=hannah).values()))

    assert code not in told
    assert wrong(code) not in told


@pytest.mark.parametrize(("seconds", "works"), [(599, True), (600, False), (601, False)])
def test_a_mailed_code_lives_ten_minutes(hannah: User, sent: Any, seconds: int, works: bool) -> None:
    challenge, code = sent(hannah)
    later = NOON + timedelta(seconds=seconds)
    if works:
        assert reply(hannah, challenge, code, later)
    else:
        with pytest.raises(ChallengeOver):
            reply(hannah, challenge, code, later)


def test_five_wrong_codes_end_a_challenge(hannah: User, sent: Any) -> None:
    challenge, code = sent(hannah)
    wrongs = [reply(hannah, challenge, wrong(code)) for _ in range(5)]
    with pytest.raises(ChallengeOver):
        reply(hannah, challenge, code)

    assert wrongs == [False] * 5
    assert events(hannah)[-1] == ("mfa_failed", False)


def test_three_spent_challenges_in_an_hour_are_enough(hannah: User, sent: Any) -> None:
    for minutes in (0, 2, 4):
        challenge, code = sent(hannah, NOON + minutes * M)
        for _ in range(5):
            reply(hannah, challenge, wrong(code), NOON + minutes * M)
    with pytest.raises(AskedTooOften) as refused:
        sent(hannah, NOON + 6 * M)

    assert refused.value.until == NOON + 60 * M
    sent(hannah, NOON + 60 * M)


def test_a_code_asked_for_twice_is_sent_once_a_minute_and_the_newest_counts(hannah: User, sent: Any) -> None:
    first, old = sent(hannah)
    again, _ = sent(hannah, NOON + timedelta(seconds=59))
    newer, new = sent(hannah, NOON + M)

    assert (first.pk == again.pk, newer.pk == first.pk, len(mail.outbox)) == (True, False, 2)
    with pytest.raises(ChallengeOver):
        reply(hannah, first, old, NOON + M)
    assert reply(hannah, newer, new, NOON + M)


def test_ten_mails_an_hour_are_enough(hannah: User, sent: Any) -> None:
    for minutes in range(10):
        sent(hannah, NOON + minutes * M)
    with pytest.raises(AskedTooOften):
        sent(hannah, NOON + 11 * M)


def test_a_code_of_somebody_else_is_none(cast: Cast, hannah: User, sent: Any) -> None:
    rafael = cast.people["rafael"]
    theirs, code = sent(rafael)
    mine, _ = sent(hannah)
    with pytest.raises(ChallengeOver):
        reply(hannah, theirs, code)

    assert not reply(hannah, mine, code)
    theirs.refresh_from_db()
    assert theirs.attempts == 0


@pytest.mark.parametrize("given", ["", "000", "١٢٣٤٥٦", "12345\x00", "' OR 1=1", "9" * 5000, "-1"])
def test_nonsense_is_a_wrong_code(hannah: User, sent: Any, given: str) -> None:
    challenge, _ = sent(hannah)
    app = ask(user=hannah, method="totp", why="step_up", now=NOON, origin=HERE)
    key = ask(user=hannah, method="webauthn", why="step_up", now=NOON, origin=HERE)

    assert [reply(hannah, each, given) for each in (challenge, app, key)] == [False] * 3


def enrolled(user: User, now: datetime) -> list[str]:
    with time_machine.travel(now, tick=False):
        codes = enrol_totp(user=user, secret=SECRET, code=totp_at(now), now=now, origin=HERE)
    assert codes is not None
    return codes


def test_an_apps_code_counts_once_and_in_its_own_half_minute(hannah: User) -> None:
    enrolled(hannah, NOON)
    later, outcomes = NOON + 5 * M, []
    challenge = ask(user=hannah, method="totp", why="new_device", now=later, origin=HERE)
    for moment, code in (
        (later, totp_at(later - timedelta(seconds=30))),
        (later, totp_at(later + timedelta(seconds=30))),
        (later, totp_at(later)),
    ):
        with time_machine.travel(moment, tick=False):
            outcomes.append(reply(hannah, challenge, code, later))
    again = ask(user=hannah, method="totp", why="new_device", now=later, origin=HERE)
    with time_machine.travel(later, tick=False):
        outcomes.append(reply(hannah, again, totp_at(later), later))

    assert outcomes == [False, False, True, False]


def test_the_code_that_sets_up_an_app_is_used_up_by_it(hannah: User) -> None:
    enrolled(hannah, NOON)
    challenge = ask(user=hannah, method="totp", why="new_device", now=NOON, origin=HERE)
    with time_machine.travel(NOON, tick=False):
        assert not reply(hannah, challenge, totp_at(NOON))


def test_tries_of_an_app_are_shared_by_all_sign_ins(hannah: User) -> None:
    enrolled(hannah, NOON)
    one = ask(user=hannah, method="totp", why="new_device", now=NOON, origin=HERE)
    other = ask(user=hannah, method="totp", why="new_ip", now=NOON + M, origin=HERE)

    assert one.pk == other.pk


def test_a_backup_code_works_once_and_dies_with_the_next_ten(hannah: User) -> None:
    codes = enrolled(hannah, NOON)
    with time_machine.travel(NOON, tick=False):
        outcomes = []
        for given in (codes[0], codes[0], codes[1]):
            challenge = ask(user=hannah, method="backup_code", why="new_device", now=NOON, origin=HERE)
            outcomes.append(reply(hannah, challenge, given))
        make_backup_codes(user=hannah, now=NOON, origin=HERE)
        challenge = ask(user=hannah, method="backup_code", why="new_device", now=NOON, origin=HERE)
        outcomes.append(reply(hannah, challenge, codes[2]))

    assert (len(set(codes)), outcomes) == (10, [True, False, True, False])


def test_secrets_are_sealed_for_their_person_and_kind(cast: Cast, hannah: User) -> None:
    enrolled(hannah, NOON)
    totp, codes = Authenticator.objects.filter(user=hannah).order_by("-type")
    rafael = cast.people["rafael"]
    Authenticator.objects.create(user=rafael, type="totp", data=totp.data)
    challenge = ask(user=rafael, method="totp", why="new_device", now=NOON, origin=HERE)

    assert SECRET not in str(totp.data)
    assert (totp.data["secret"][:3], codes.data["seed"][:3]) == ("v1.", "v1.")
    with time_machine.travel(NOON, tick=False):
        assert not reply(rafael, challenge, totp_at(NOON))  # right, but the seed was moved and does not open


def test_no_secret_is_sealed_for_nobody(hannah: User) -> None:
    from allauth.mfa.totp.internal.auth import TOTP

    with pytest.raises(LookupError):
        TOTP.activate(hannah, SECRET)


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_fifty_guesses_at_once_are_five(settings: Any) -> None:
    with transaction.atomic():
        hannah = make_cast().people["hannah"]
        challenge = ask(user=hannah, method="email_otp", why="new_device", now=NOON, origin=HERE)
    code = code_in(mail.outbox[-1])

    def guess(_: int) -> str:
        try:
            return str(reply(hannah, challenge, wrong(code)))
        except ChallengeOver:
            return "over"
        finally:
            connections.close_all()

    with ThreadPoolExecutor(50) as pool:
        outcomes = list(pool.map(guess, range(50)))
    challenge.refresh_from_db()

    assert (outcomes.count("False"), outcomes.count("over"), challenge.attempts) == (5, 45, 5)


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_sign_ins_at_once_share_one_mail_and_its_tries() -> None:
    with transaction.atomic():
        hannah = make_cast().people["hannah"]

    def begin(_: int) -> str:
        try:
            return str(ask(user=hannah, method="email_otp", why="new_device", now=NOON, origin=HERE).pk)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(10) as pool:
        begun = set(pool.map(begin, range(10)))

    assert (len(begun), len(mail.outbox)) == (1, 1)
