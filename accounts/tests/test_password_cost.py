"""A refusal costs the same for everybody: counted in runs of the hashers, which a clock would only guess at."""

from collections import Counter
from typing import Any

import bcrypt
import pytest
from django.contrib.auth.hashers import Argon2PasswordHasher, make_password
from django.core.cache import cache
from django.test import Client as Browser

from accounts.hashers import ImportedBcryptHasher
from accounts.models import User
from accounts.password_cost import imported_rounds
from conftest import PASSWORD, Cast

RUNS: Counter[str] = Counter()
HERE = "accounts.tests.test_password_cost"
PBKDF2 = "django.contrib.auth.hashers.PBKDF2PasswordHasher"


class CountedArgon2(Argon2PasswordHasher):
    time_cost, memory_cost, parallelism = 1, 8, 1

    def encode(self, password: str, salt: Any) -> str:
        RUNS["argon2"] += 1
        return str(super().encode(password, salt))

    def verify(self, password: str, encoded: str) -> bool:
        RUNS["argon2"] += 1
        return bool(super().verify(password, encoded))


class CountedBcrypt(ImportedBcryptHasher):
    def encode(self, password: str, salt: Any) -> str:
        RUNS[f"bcrypt {salt[4:6].decode()}"] += 1
        return super().encode(password, salt)


@pytest.fixture
def people(cast: Cast, settings: Any) -> dict[str, User]:
    """One of each kind of password. Hannah's and Vi's came from elsewhere, Vi's login is off, Rafael has none."""
    settings.PASSWORD_HASHERS = [f"{HERE}.CountedArgon2", f"{HERE}.CountedBcrypt", PBKDF2]
    ours = make_password(PASSWORD)
    kept = {
        "nora": ours,
        "theo": ours,
        "hannah": foreign(),
        "vi": foreign(),
        "rafael": "!",
        "otto": "nonsense",
        "petra": make_password(PASSWORD, hasher="pbkdf2_sha256"),
    }
    for name, password in kept.items():
        off = name in ("theo", "vi")
        User.objects.filter(pk=cast.people[name].pk).update(password=password, is_active=not off)
    cache.clear()
    return cast.people


def foreign() -> str:
    return "bcrypt$" + bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(5)).decode()


def runs(name: str, password: str = "wrong") -> dict[str, int]:
    imported_rounds()
    RUNS.clear()
    answer = Browser().post("/accounts/login/", {"login": f"{name}@example.test", "password": password})
    assert answer.status_code == 200, name
    return dict(RUNS)


REFUSED = [("nobody", "wrong"), ("nora", "wrong"), ("hannah", "wrong"), ("vi", "wrong"), ("rafael", "wrong"),
           ("otto", "wrong"), ("theo", "wrong"), ("petra", "wrong"), ("theo", PASSWORD), ("vi", PASSWORD)]  # fmt: skip


@pytest.mark.parametrize(("name", "password"), REFUSED)
def test_each_refusal_runs_both_hashers_once(people: dict[str, User], name: str, password: str) -> None:
    assert runs(name, password) == {"argon2": 1, "bcrypt 05": 1}


@pytest.mark.parametrize("name", ["nobody", "nora", "rafael", "otto"])
def test_once_nobodys_is_from_elsewhere_ours_is_enough(people: dict[str, User], name: str) -> None:
    User.objects.filter(password__startswith="bcrypt").update(password="!")

    assert runs(name) == {"argon2": 1}


def test_a_right_password_lets_in_and_makes_the_last_one_ours(people: dict[str, User]) -> None:
    for name in ("nora", "hannah"):
        answer = Browser().post("/accounts/login/", {"login": f"{name}@example.test", "password": PASSWORD})
        assert answer.status_code == 302

    people["hannah"].refresh_from_db()
    assert people["hannah"].password.startswith("argon2")


@pytest.mark.parametrize(
    ("kept", "rounds"),
    [("bcrypt$$2b$12$x", 12), ("bcrypt_sha256$$2a$10$x", 10), ("bcrypt$$2b$31$x", 14), ("bcrypt$$2b$00$x", 4),
     ("bcrypt$x", 0), ("argon2$$2b$12$x", 0)],
)  # fmt: skip
def test_imported_rounds(cast: Cast, kept: str, rounds: int) -> None:
    cache.clear()
    User.objects.filter(pk=cast.people["nora"].pk).update(password=kept)

    assert (imported_rounds(), imported_rounds()) == (rounds, rounds)
