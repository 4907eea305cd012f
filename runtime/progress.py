"""Lines that tell a person at a terminal what is going on."""

import os
import time

# Handed on through exec, so that the seconds count from the moment the command was typed.
_started_at = float(os.environ.setdefault("SWITCHBOARD_STARTED_AT", str(time.time())))


class Failure(Exception):
    """Something only the person at the terminal can put right, told in one sentence."""


def say(message: str) -> None:
    print(f"{time.time() - _started_at:6.1f} s  {message}", flush=True)
