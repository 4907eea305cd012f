"""What passwords are kept as, and how those of another system become ours."""

from hashlib import sha256
from typing import Any

import bcrypt
import pytest
from django.contrib.auth.hashers import get_hashers, make_password
from django.test import Client as Browser

from accounts.models import User
from conftest import PASSWORD, Cast

LONG = "a horse of eighty characters " * 4
# A hash as bcrypt itself has printed it elsewhere, of "correct horse battery".
FOREIGN = "$2b$10$hskfwhQ0HrXeJfnsHCwSgew9RGqa8ubqPneR27D8fKV4ZQi5rKOcy"


def foreign(password: str, prefix: bytes = b"2b") -> str:
    return "bcrypt$" + bcrypt.hashpw(password.encode()[:72], bcrypt.gensalt(4, prefix)).decode()


def sign_in(user: User, kept: str, password: str) -> int:
    User.objects.filter(pk=user.pk).update(password=kept)
    answer = Browser().post("/accounts/login/", {"login": user.email, "password": password})
    user.refresh_from_db()
    return answer.status_code


def test_argon2id_comes_first(db: None) -> None:
    user = User.objects.create_user("nora@example.test", PASSWORD)

    assert user.password.startswith("argon2$argon2id$")
    assert [each.algorithm for each in get_hashers()] == [
        "argon2",
        "bcrypt_sha256",
        "bcrypt",
        "pbkdf2_sha256",
    ]


@pytest.mark.parametrize(
    "kept",
    [
        "bcrypt$" + FOREIGN,
        foreign(PASSWORD),
        foreign(PASSWORD, b"2a"),
        make_password(PASSWORD, hasher="bcrypt_sha256"),
        make_password(PASSWORD, hasher="pbkdf2_sha256"),
    ],
    ids=["foreign", "2b", "2a", "bcrypt_sha256", "pbkdf2"],
)
def test_other_hashes_let_in_and_become_argon2(cast: Cast, kept: str) -> None:
    nora = cast.people["nora"]
    wrong = sign_in(nora, kept, "wrong password")
    unchanged = nora.password

    assert (wrong, unchanged) == (200, kept)
    assert sign_in(nora, kept, PASSWORD) == 302
    assert nora.password.startswith("argon2$argon2id$")
    assert nora.check_password(PASSWORD)


def test_long_password_of_a_foreign_hash_is_no_error(cast: Cast) -> None:
    """bcrypt's package raises where bcrypt cuts off; what is kept afterwards is the whole password."""
    nora = cast.people["nora"]

    assert sign_in(nora, foreign(LONG), LONG) == 302
    assert not nora.check_password(LONG[:80])


@pytest.mark.parametrize(
    "kept", ["", "!", "bcrypt$", "bcrypt$$2b$99$x", "bcrypt$nonsense", "nonsense$x", FOREIGN]
)
def test_broken_hash_lets_nobody_in(cast: Cast, kept: str, caplog: Any) -> None:
    assert sign_in(cast.people["nora"], kept, sha256(b"x").hexdigest()) == 200
