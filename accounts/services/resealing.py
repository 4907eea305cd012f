"""Sealing secrets anew under the newest key, while everything runs.

Whatever reads meanwhile finds the old text or the new one; both open, as long as both keys are on the ring.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from allauth.mfa.models import Authenticator
from django.db import transaction
from django.db.models import QuerySet

from accounts.scope import PlatformUse, platform_scope
from accounts.sealing import place_of, ring
from lib.encryption import KeyRing, Undecryptable

BATCH = 200
SEALED_IN = {Authenticator.Type.TOTP: "secret", Authenticator.Type.RECOVERY_CODES: "seed"}


@dataclass(frozen=True, slots=True)
class Sealed:
    """One kind of rows that carry a sealed value.

    ``seal_anew`` writes one of them if an older key sealed it, and says whether; it raises `Undecryptable`.
    """

    what: str
    rows: Callable[[], QuerySet[Any]]
    seal_anew: Callable[[Any, KeyRing, datetime], bool]


@dataclass(slots=True)
class Outcome:
    """``unopened`` says of each value that no key opens its row's id and why. Such a value is left as it is."""

    what: str
    resealed: int = 0
    as_they_were: int = 0
    unopened: list[str] = field(default_factory=list)


def reseal(kind: Sealed, *, now: datetime, batch: int = BATCH) -> Outcome:
    """Go through all rows of ``kind``, a batch a transaction. After an interruption it is simply run again.

    Rows that somebody else holds are left out of their batch and waited for one by one afterwards, so that nobody waits
    for us who holds what we wait for.
    """
    outcome, last = Outcome(kind.what), None
    while ids := _ids(kind, last, batch):
        seen = _reseal_rows(kind, ids, outcome, now, skip_locked=True)
        for each in sorted(set(ids) - seen):
            _reseal_rows(kind, [each], outcome, now, skip_locked=False)
        last = ids[-1]
    return outcome


def _ids(kind: Sealed, after: Any, batch: int) -> list[Any]:
    with transaction.atomic(), platform_scope(PlatformUse.RESEAL):
        rows = kind.rows() if after is None else kind.rows().filter(pk__gt=after)
        return list(rows.order_by("pk").values_list("pk", flat=True)[:batch])


def _reseal_rows(
    kind: Sealed, ids: Sequence[Any], outcome: Outcome, now: datetime, *, skip_locked: bool
) -> set[Any]:
    """Seal anew what of ``ids`` is there and free, and return those; the outcome counts what was committed."""
    keys, verdicts, seen = ring(), [], set()
    unopened: list[str] = []
    with transaction.atomic(), platform_scope(PlatformUse.RESEAL):
        held = kind.rows().select_for_update(skip_locked=skip_locked, of=("self",), no_key=True)
        for row in held.filter(pk__in=ids).order_by("pk"):
            seen.add(row.pk)
            try:
                verdicts.append(kind.seal_anew(row, keys, now))
            except Undecryptable as trouble:
                unopened.append(f"{row.pk}: {trouble}")
    outcome.resealed += sum(verdicts)
    outcome.as_they_were += len(verdicts) - sum(verdicts)
    outcome.unopened += unopened
    return seen


def _seal_factor_anew(row: Authenticator, keys: KeyRing, _: datetime) -> bool:
    name, place = SEALED_IN[row.type], place_of(row.user_id, row.type)
    sealed = str(row.data.get(name, ""))
    plain = keys.decrypt(sealed, aad=place)
    if not keys.needs_rotation(sealed):
        return False
    row.data[name] = keys.encrypt(plain, aad=place)
    row.save(update_fields=["data"])
    return True


def _factors() -> QuerySet[Any]:
    rows: QuerySet[Any] = Authenticator.objects.filter(type__in=SEALED_IN)
    return rows


FACTORS = Sealed("second factors", _factors, _seal_factor_anew)
