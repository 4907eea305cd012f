"""The simulator's own time, which tests may push forward."""

import time


class Clock:
    def __init__(self) -> None:
        self._ahead_s = 0.0

    def now(self) -> float:
        """Seconds since 1970, UTC."""
        return time.time() + self._ahead_s

    def advance(self, seconds: float) -> None:
        self._ahead_s += seconds

    def rewind(self) -> None:
        self._ahead_s = 0.0
