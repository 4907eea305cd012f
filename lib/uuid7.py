"""UUID version 7: identifiers that sort by the time they were made."""

import os
import threading
import time
import uuid

TAIL_BITS = 74  # what RFC 9562 leaves beside time, version and variant
_lock = threading.Lock()
_last_ms = 0
_tail = 0


def uuid7(unix_ms: int | None = None) -> uuid.UUID:
    """Return an identifier greater than every earlier one of this process, even within a millisecond or when the clock
    is set back.

    With ``unix_ms`` (milliseconds since 1970) it carries that time instead and is ordered by it alone.
    Source: RFC 9562, section 6.2, method 2.
    """
    global _last_ms, _tail
    noise = int.from_bytes(os.urandom(10), "big")
    if unix_ms is not None:
        if not 0 <= unix_ms < 1 << 48:
            raise ValueError(f"{unix_ms} ms lies outside the years that a UUID can hold.")
        return _uuid(unix_ms, noise >> 6)
    now = time.time_ns() // 1_000_000
    with _lock:
        if now > _last_ms:
            _last_ms, _tail = now, noise >> 7  # the top bit is left clear, so that there is room to count
        else:
            _tail += 1 + (noise & 0xFFFFFFFF)  # a random step: the next identifier can't be guessed
            if _tail >> TAIL_BITS:
                _last_ms, _tail = _last_ms + 1, noise >> 7
        return _uuid(_last_ms, _tail)


def _uuid(unix_ms: int, tail: int) -> uuid.UUID:
    high, low = tail >> 62, tail & ((1 << 62) - 1)
    return uuid.UUID(int=unix_ms << 80 | 0x7 << 76 | high << 64 | 0b10 << 62 | low)
