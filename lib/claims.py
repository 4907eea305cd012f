"""Work that is due is a row; whoever locks it first has it."""

from collections.abc import Callable
from random import SystemRandom
from typing import TypeVar

from django.db import models

Row = TypeVar("Row", bound=models.Model)
_draw = SystemRandom().random


def claim(queryset: "models.QuerySet[Row]", limit: int) -> list[Row]:
    """Lock and return up to ``limit`` rows of ``queryset`` in its order, passing over rows that others hold.

    The claim lasts as long as the caller's transaction; without one Django raises
    `TransactionManagementError`.
    """
    return list(queryset.select_for_update(skip_locked=True, of=("self",))[:limit])


def backoff_s(
    attempt: int,
    *,
    base: float = 5,
    cap: float = 3600,
    jitter: float = 0.2,
    draw: Callable[[], float] = _draw,
) -> float:
    """Seconds to wait after the ``attempt``-th failure (from 1): doubling from ``base`` up to ``cap``.

    Up to the share ``jitter`` is taken off, by ``draw`` (0 to 1), so that those who failed together come back apart.
    """
    wait = min(cap, base * 2.0 ** min(max(attempt - 1, 0), 30))
    return wait * (1 - jitter * draw())
