"""The suite runs on several processes: what they collect must be the same in each, names included."""

import os
import subprocess
import sys

import pytest
from django.conf import settings


@pytest.mark.slow
def test_every_process_collects_the_same() -> None:
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider"]
    collected = [
        subprocess.run(
            command,
            cwd=settings.BASE_DIR,
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout.splitlines()[:-2]
        for seed in ("1", "2")
    ]

    assert len(collected[0]) > 1000
    assert collected[0] == collected[1]
