"""Changing keys while everything runs: what an older key sealed is sealed anew, and nobody ever fails to read."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import astuple
from io import StringIO
from threading import Event
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from allauth.mfa.utils import decrypt
from django.conf import settings as project
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection, connections, transaction
from django.utils import timezone

from accounts.models import User
from accounts.scope import PlatformUse, agency_scope, platform_scope
from accounts.sealing import secrets_of
from conftest import NOON, Cast, make_cast
from crm.models import DigestKey
from crm.services.digests import digest
from integrations.models import Credential
from integrations.services.vault import open_credential, store_credential
from lib.encryption import KeyRing, Undecryptable, generate_key
from portal.resealing import EVERYTHING, reseal_everything

SEED = "JBSWY3DPEHPK3PXP"
KEPT = {"access_key": "a", "secret_key": "s"}  # in the cast's credentials for CTM
TOKEN = {"token": "t"}  # in those for GoHighLevel


@pytest.fixture
def keys(settings: Any) -> dict[str, str]:
    """What goes into ENCRYPTION_KEYS: the key that sealed everything, then both, then the new one alone."""
    old, new = settings.ENCRYPTION_KEYS, f"new:{generate_key()}"
    return {"old": old, "both": f"{new},{old}", "new": new}


@pytest.fixture
def people(cast: Cast) -> list[User]:
    return enrol(cast)


def enrol(cast: Cast) -> list[User]:
    """Give two people an app and backup codes; one of them also has a passkey, which holds no secret."""
    people = [cast.people[name] for name in ("nora", "hannah")]
    for user in people:
        with secrets_of(user.pk, "totp"):
            TOTP.activate(user, SEED)
        with secrets_of(user.pk, "recovery_codes"):
            RecoveryCodes.activate(user)
    Authenticator.objects.create(user=people[0], type="webauthn", data={"name": "Laptop", "credential": {}})
    digest("email", "ann@example.test")  # makes the key, if nobody has
    return people


def run() -> str:
    told = StringIO()
    call_command("reseal", stdout=told, stderr=told)
    return told.getvalue()


def credentials() -> list[Credential]:
    with transaction.atomic(), platform_scope(PlatformUse.ADMIN):
        return list(Credential.unscoped.order_by("pk"))


def factors() -> list[Authenticator]:
    return list(Authenticator.objects.exclude(type="webauthn").order_by("pk"))


def opened_factor(row: Authenticator) -> str:
    with secrets_of(row.user_id, row.type):
        return str(decrypt(row.data.get("secret") or row.data["seed"]))


def everything_opened() -> list[Any]:
    opened = [open_credential(each) for each in credentials()] + [opened_factor(each) for each in factors()]
    return [*opened, digest("email", "ann@example.test")]


def sealing_keys() -> set[str]:
    texts = [each.payload for each in credentials()]
    texts += [each.data.get("secret") or each.data["seed"] for each in factors()]
    texts.append(DigestKey.objects.get().sealed)
    return {text.split(".")[1] for text in texts}


def test_everything_comes_under_the_new_key_and_the_old_one_may_go(
    cast: Cast, people: list[User], settings: Any, keys: dict[str, str]
) -> None:
    before = everything_opened()
    settings.ENCRYPTION_KEYS = keys["both"]
    first, second = run(), run()
    settings.ENCRYPTION_KEYS = keys["new"]

    assert everything_opened() == before
    assert [before.count(each) for each in (KEPT, TOKEN, SEED)] == [3, 3, 2]
    assert len(before) == 11
    assert first.splitlines() == [
        "credentials: 6 sealed anew under 'new', 0 were so already, 0 cannot be opened",
        "second factors: 4 sealed anew under 'new', 0 were so already, 0 cannot be opened",
        "the key of digests: 1 sealed anew under 'new', 0 were so already, 0 cannot be opened",
    ]
    assert second.splitlines() == [
        "credentials: 0 sealed anew under 'new', 6 were so already, 0 cannot be opened",
        "second factors: 0 sealed anew under 'new', 4 were so already, 0 cannot be opened",
        "the key of digests: 0 sealed anew under 'new', 1 were so already, 0 cannot be opened",
    ]
    assert not any(secret in first + second for secret in (SEED, "secret_key"))


def test_every_place_that_seals_is_sealed_anew() -> None:
    """A new kind of secret gets its `Sealed`, or it is lost with the key: it joins ``EVERYTHING`` and this list."""
    sealing = {
        str(path.relative_to(project.BASE_DIR))
        for app in ("accounts", "notifications", "integrations", "crm", "portal")
        for path in (project.BASE_DIR / app).rglob("*.py")
        if "tests" not in path.parts and ".encrypt(" in path.read_text()
    }
    assert sealing == {
        "accounts/sealing.py",  # second factors
        "accounts/services/resealing.py",
        "accounts/totp_setup.py",  # lives in a session until its first code
        "crm/services/digests.py",
        "integrations/services/vault.py",
    }
    assert [each.what for each in EVERYTHING] == ["credentials", "second factors", "the key of digests"]


def test_only_what_was_sealed_anew_is_written(
    cast: Cast, people: list[User], settings: Any, keys: dict[str, str]
) -> None:
    settings.ENCRYPTION_KEYS = keys["both"]
    own = {"agency_id": cast.larkspur.pk, "client_id": cast.brightside.client.pk, "provider": "ctm"}
    with agency_scope(cast.larkspur.pk):
        fresh = store_credential(**own, label="webhook", secrets=KEPT, hint="", now=NOON)  # type: ignore[arg-type]

    list(reseal_everything(now=NOON))

    rotated = {each.pk: each.last_rotated_at for each in credentials()}
    untouched = next(each for each in credentials() if each.pk == fresh.pk)
    assert rotated.pop(fresh.pk) is None
    assert (set(rotated.values()), untouched.payload) == ({NOON}, fresh.payload)
    passkey = Authenticator.objects.get(type="webauthn")
    assert passkey.data == {"name": "Laptop", "credential": {}}


def test_what_no_key_opens_is_named_and_left(
    cast: Cast, people: list[User], settings: Any, keys: dict[str, str]
) -> None:
    """Sealed by a key that is gone, altered, moved to another's row, and in clear; under the new key as well."""
    gone, moved, *_ = credentials()
    clear, altered, *_ = factors()
    settings.ENCRYPTION_KEYS = keys["both"]
    payloads = {
        gone.pk: KeyRing.parse(f"lost:{generate_key()}").encrypt("{}", aad="anything"),
        moved.pk: KeyRing.parse(keys["new"]).encrypt("{}", aad="another row"),
    }
    with platform_scope(PlatformUse.ADMIN):
        for pk, payload in payloads.items():
            Credential.unscoped.filter(pk=pk).update(payload=payload)
    clear.data, altered.data = {"secret": SEED}, {**altered.data, "seed": "v1.test.AAAA"}
    for each in (clear, altered):
        each.save()
    told = StringIO()

    with pytest.raises(CommandError, match="4 cannot be opened and were left as they are"):
        call_command("reseal", stdout=told, stderr=told)

    assert told.getvalue().splitlines() == [
        "credentials: 4 sealed anew under 'new', 0 were so already, 2 cannot be opened",
        f"  credentials {gone.pk}: the key is not on the ring (key lost)",
        f"  credentials {moved.pk}: the text was altered or belongs elsewhere (key new)",
        "second factors: 2 sealed anew under 'new', 0 were so already, 2 cannot be opened",
        f"  second factors {clear.pk}: not a sealed text (key unknown)",
        f"  second factors {altered.pk}: the text was altered or belongs elsewhere (key test)",
        "the key of digests: 1 sealed anew under 'new', 0 were so already, 0 cannot be opened",
    ]
    assert {each.pk: each.payload for each in credentials() if each.pk in payloads} == payloads
    assert [each.data for each in factors()[:2]] == [clear.data, altered.data]


@pytest.fixture
def committed(transactional_db: None, settings: Any, keys: dict[str, str]) -> Cast:
    with transaction.atomic():
        cast = make_cast()
        enrol(cast)
    settings.ENCRYPTION_KEYS = keys["both"]
    return cast


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(4) as threads:
        yield threads


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_nobody_fails_to_read_meanwhile(committed: Cast, pool: ThreadPoolExecutor, settings: Any) -> None:
    expected, over = everything_opened(), Event()

    def read() -> tuple[int, list[Any]]:
        times, wrong = 0, list[Any]()
        try:
            while not over.is_set() or not times:
                found = everything_opened()
                times += 1
                if found != expected:
                    wrong.append(found)
        except Undecryptable as trouble:
            wrong.append(trouble)
        finally:
            connections.close_all()
        return times, wrong

    readers = [pool.submit(read) for _ in range(3)]
    try:
        for number in range(10):
            settings.ENCRYPTION_KEYS = f"round{number}:{generate_key()},{settings.ENCRYPTION_KEYS}"
            list(reseal_everything(now=NOON, batch=1))
    finally:
        over.set()

    outcomes = [each.result() for each in readers]
    assert [wrong for _, wrong in outcomes] == [[]] * 3
    assert min(times for times, _ in outcomes) > 1
    assert sealing_keys() == {"round9"}


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_row_that_is_being_written_is_waited_for_and_not_overwritten(
    committed: Cast, pool: ThreadPoolExecutor
) -> None:
    own = {"agency_id": committed.larkspur.pk, "client_id": committed.brightside.client.pk, "provider": "ctm"}

    def reseal_here() -> list[tuple[Any, ...]]:
        try:
            return [astuple(each) for each in reseal_everything(now=NOON)]
        finally:
            connections.close_all()

    with transaction.atomic(), agency_scope(committed.larkspur.pk):
        store_credential(**own, label="main", secrets={"access_key": "b"}, hint="b", now=timezone.now())  # type: ignore[arg-type]
        running = pool.submit(reseal_here)
        until_waiting()

    assert running.result(timeout=30) == [
        ("credentials", 5, 1, []),
        ("second factors", 4, 0, []),
        ("the key of digests", 1, 0, []),
    ]
    assert [each for each in everything_opened() if "access_key" in each].count({"access_key": "b"}) == 1


def until_waiting() -> None:
    """Until a statement on another connection waits for a lock of ours."""
    with connection.cursor() as cursor:
        for _ in range(600):
            cursor.execute("SELECT count(*), pg_sleep(0.05)::text FROM pg_locks WHERE NOT granted")
            if cursor.fetchone()[0]:
                return
    pytest.fail("nobody waits")


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_after_an_interruption_it_goes_on(committed: Cast, pool: ThreadPoolExecutor) -> None:
    """The second of six rows is held, and who waits for it is cut off: the first one stays done."""
    held, go_on = Event(), Event()
    second = credentials()[1].pk

    def hold() -> None:
        with transaction.atomic(), platform_scope(PlatformUse.ADMIN):
            Credential.unscoped.select_for_update().get(pk=second)
            held.set()
            go_on.wait(30)
        connections.close_all()

    holding = pool.submit(hold)
    assert held.wait(30)
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = '100ms'")
    with pytest.raises(OperationalError, match="lock timeout"):
        list(reseal_everything(now=NOON, batch=1))
    done = [each.payload.split(".")[1] for each in credentials()]
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = 0")
    go_on.set()
    holding.result()

    rest = [astuple(each) for each in reseal_everything(now=NOON)]

    assert done == ["new", *["test"] * 5]
    assert rest == [
        ("credentials", 5, 1, []),
        ("second factors", 4, 0, []),
        ("the key of digests", 1, 0, []),
    ]
