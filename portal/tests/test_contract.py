"""Who may import whom is written in pyproject.toml; this makes it part of the tests."""

import subprocess
import sys
from pathlib import Path

from django.conf import settings

LINTER = Path(sys.executable).with_name("lint-imports")


def test_imports_keep_the_contract() -> None:
    done = subprocess.run(
        [LINTER, "--no-logo", "--no-cache"],
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout
