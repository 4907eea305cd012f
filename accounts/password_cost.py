"""A refused sign-in costs the same, whosever password was tried and whatever it is kept as.

As long as there are passwords from elsewhere (`accounts.hashers`), a refusal runs both their hasher and ours: else the
time it takes would tell who is here, and who has not come since the move.
"""

import bcrypt
from django.contrib.auth.hashers import (
    get_hasher,
    get_hashers_by_algorithm,
    identify_hasher,
    is_password_usable,
)
from django.core.cache import cache

from accounts.models import User

IMPORTED = "bcrypt"
ROUNDS_KEY, ROUNDS_KEPT_S = "accounts.imported_rounds", 300
FORM = r"^bcrypt(_sha256)?\$\$2[aby]\$[0-9]{2}\$"  # of a hash that bcrypt itself made
NONE_LEFT, FEWEST_ROUNDS, MOST_ROUNDS = 0, 4, 14


def even_out(password: str, kept: str | None, *, right: bool) -> None:
    """Run the hashers that a refused try at ``kept`` has not run; None is the password of nobody.

    ``right``: it was somebody's whose login is off.
    """
    run = _run_for(kept, right=right)
    ours = get_hasher()
    if ours.algorithm not in run:
        ours.encode(password, ours.salt())
    theirs, rounds = get_hashers_by_algorithm().get(IMPORTED), imported_rounds()
    if theirs and rounds and IMPORTED not in run:
        theirs.encode(password, bcrypt.gensalt(rounds))  # type: ignore[arg-type]  # a salt in bytes


def _run_for(kept: str | None, *, right: bool) -> set[str]:
    """What Django has run: of a hash that cannot be checked, and after a right one of another kind, ours."""
    ours = str(get_hasher().algorithm)
    if kept is None:
        return set()
    try:
        own = str(identify_hasher(kept).algorithm) if is_password_usable(kept) else ours
    except ValueError:
        own = ours
    run = IMPORTED if own.startswith(IMPORTED) else own
    return {run, ours} if right else {run}


def imported_rounds() -> int:
    """bcrypt's cost in the passwords that still wait for their person; 0 when none do. Up to five minutes old."""
    known: int | None = cache.get(ROUNDS_KEY)
    if known is None:
        known = _rounds_in_use()
        cache.set(ROUNDS_KEY, known, ROUNDS_KEPT_S)
    return known


def _rounds_in_use() -> int:
    kept = User.objects.filter(password__regex=FORM).order_by("pk")
    found = kept.values_list("password", flat=True).first()
    return min(max(int(found.split("$")[3]), FEWEST_ROUNDS), MOST_ROUNDS) if found else NONE_LEFT
