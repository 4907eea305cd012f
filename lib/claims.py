"""Work that is due is a row; whoever locks it first has it."""

import secrets
from typing import Any

from django.db import transaction
from django.db.models import QuerySet


def claim(queryset: QuerySet[Any], limit: int) -> list[Any]:
    """Lock and return up to ``limit`` rows of ``queryset`` in its order, passing over rows that others hold.

    The claim lasts as long as the caller's transaction; without one it raises `TransactionManagementError`.
    """
    if not transaction.get_connection(queryset.db).in_atomic_block:
        raise transaction.TransactionManagementError("A claim holds only inside a transaction.")
    return list(queryset.select_for_update(skip_locked=True, of=("self",))[:limit])


def backoff_s(attempt: int, *, base: float = 5, cap: float = 3600, jitter: float = 0.2) -> float:
    """Seconds to wait after the ``attempt``-th failure (from 1): doubling from ``base`` up to ``cap``, give or take
    ``jitter``.
    """
    wait = min(cap, base * 2 ** min(attempt - 1, 30))
    return wait * (1 - jitter + 2 * jitter * secrets.randbelow(1001) / 1000)
